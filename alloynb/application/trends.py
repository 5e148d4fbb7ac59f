"""How things went over the last runs, for the charts of a report: plain numbers from the evidence store (spec 6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.workspace import Workspace

MOST_RUNS = 20
MOST_GATES = 12
MOST_BLOCKS = 12


@dataclass(frozen=True)
class RunPoint:
    """One run on the axis of time.

    Attributes:
        at: when it ended, in words.
        verdicts: number of records by verdict.
        drifted: findings that stood then and that nobody allowed.
        allowed: findings and evidence that somebody allowed then.
    """

    run_id: str
    at: str
    verdicts: dict[str, int]
    drifted: int
    allowed: int


@dataclass(frozen=True)
class GateTrend:
    """How one gate did.

    Attributes:
        flaky_at: number of revisions at which it both passed and failed.
    """

    gate: str
    results: int
    passed: int
    flaky_at: int
    median_ms: float


@dataclass(frozen=True)
class BlockTrend:
    """How long one block takes."""

    block: str
    executions: int
    median_ms: float
    longest_ms: float


@dataclass(frozen=True)
class Trends:
    """Runs oldest first; gates that fail most first; blocks that take longest first."""

    runs: tuple[RunPoint, ...]
    gates: tuple[GateTrend, ...]
    blocks: tuple[BlockTrend, ...]


def trends_of(workspace: Workspace) -> Trends:
    """Ask the store how the last runs of this project went.

    Raises:
        StoreUnavailable: the store cannot be opened.
    """
    project = workspace.settings.project
    ask = workspace.warehouse.query
    runs = ask(_RUNS, [project, MOST_RUNS]).as_dicts()
    gates = ask(_GATES, [project, MOST_GATES]).as_dicts()
    blocks = ask(_BLOCKS, [project, MOST_BLOCKS]).as_dicts()
    return Trends(
        tuple(
            RunPoint(
                row["run_id"],
                f"{row['finished_at']:%m-%d %H:%M}",
                dict(zip(row["verdicts"], row["counts"], strict=True)),
                row["drifted"],
                row["allowed"],
            )
            for row in reversed(runs)
        ),
        tuple(GateTrend(**row) for row in gates),
        tuple(BlockTrend(**row) for row in blocks),
    )


_RUNS = """
    WITH latest AS (
        SELECT run_id, finished_at FROM runs
        WHERE project_id = $1 AND finished_at IS NOT NULL
          AND run_id IN (SELECT DISTINCT run_id FROM intent_satisfaction_history WHERE project_id = $1)
        ORDER BY finished_at DESC LIMIT $2
    ),
    verdicts AS (
        SELECT run_id, record_id, arg_max(status, row(observed_at, recorded_at, seq)) AS verdict
        FROM intent_satisfaction_history WHERE project_id = $1 GROUP BY run_id, record_id
    ),
    counted AS (
        SELECT run_id, list(verdict ORDER BY verdict) AS verdicts, list(number ORDER BY verdict) AS counts
        FROM (SELECT run_id, verdict, count(*) AS number FROM verdicts GROUP BY run_id, verdict) GROUP BY run_id
    ),
    standing AS (
        SELECT latest.run_id AS run_id, finding_id, arg_max(status, row(observed_at, recorded_at, seq)) AS status
        FROM latest JOIN finding_history ON observed_at <= finished_at + INTERVAL 10 MINUTES
        WHERE project_id = $1
        GROUP BY latest.run_id, finding_id
    ),
    drift AS (
        SELECT run_id, count(*) FILTER (status IN ('new', 'known', 'regressed')) AS drifted
        FROM standing GROUP BY run_id
    ),
    leniencies AS (
        SELECT latest.run_id AS run_id, count(*) AS allowed
        FROM latest JOIN (
            SELECT granted_at, until FROM waivers WHERE project_id = $1 AND status = 'granted'
            UNION ALL SELECT granted_at, until FROM exceptions WHERE project_id = $1 AND status = 'granted'
        ) AS given ON given.granted_at <= finished_at + INTERVAL 10 MINUTES AND given.until > finished_at
        GROUP BY latest.run_id
    )
    SELECT latest.run_id AS run_id, finished_at, verdicts, counts, coalesce(drifted, 0) AS drifted,
           coalesce(allowed, 0) AS allowed
    FROM latest JOIN counted USING (run_id) LEFT JOIN drift USING (run_id) LEFT JOIN leniencies USING (run_id)
    ORDER BY finished_at DESC
"""

_GATES = """
    SELECT
        rated.gate AS gate, rated.results AS results, rated.passed AS passed, coalesce(flaky.revisions, 0) AS flaky_at,
        rated.median_ms AS median_ms
    FROM (
        SELECT
            gate, count(*) AS results, count(*) FILTER (status = 'passed') AS passed,
            coalesce(median(duration_ms), 0) AS median_ms
        FROM gate_results
        WHERE project_id = $1 AND status IN ('passed', 'failed', 'timed_out', 'cannot_start')
        GROUP BY gate
    ) AS rated
    LEFT JOIN (
        SELECT gate, count(*) AS revisions FROM flaky_gates WHERE project_id = $1 GROUP BY gate
    ) AS flaky ON flaky.gate = rated.gate
    ORDER BY rated.passed / rated.results, flaky_at DESC, gate LIMIT $2
"""

_BLOCKS = """
    SELECT block, executions, coalesce(median_ms, 0) AS median_ms, coalesce(longest_ms, 0) AS longest_ms
    FROM block_durations WHERE project_id = $1 ORDER BY total_ms DESC NULLS LAST, block LIMIT $2
"""
