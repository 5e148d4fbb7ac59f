"""Strategies whose cost keeps showing, as far as the evidence store can tell (spec 6.3, 6.4)."""

from __future__ import annotations

from typing import Any

from alloynb.interpretation.contradiction import Asked, ContradictionDetector, IntentLook, question_of

DAYS = 90
RETRIED_RUNS = 3
"""So many runs in which a gate of the record passed only after a further try are a sign."""
REGRESSIONS = 2
"""So many findings of the record that came back, or were found anew after others were resolved, are a sign."""
GATE_SHARE = 0.5
"""A record whose gates take more than this part of all gate time, and …"""
GATE_MINUTES = 5.0
"""… more than this in the median run, is a sign."""
SIGNS = 2
"""One sign alone is an accident; so many are a cost."""

_SIGNS = """
WITH recent AS (
    SELECT run_id, evidence_id, split_part(evidence_id, '#', 1) AS record_id, gate, phase, status, duration_ms
    FROM gate_results
    WHERE project_id = $1 AND finished_at > $2::TIMESTAMPTZ - to_days($3::INTEGER)
),
retried AS (
    SELECT record_id, count(DISTINCT run_id) AS runs
    FROM (
        SELECT record_id, run_id, gate
        FROM recent
        WHERE phase = 'verify'
        GROUP BY ALL
        HAVING count(*) > 1 AND bool_or(status <> 'passed') AND bool_or(status = 'passed')
    )
    GROUP BY record_id
),
came_back AS (
    SELECT record_id, count(DISTINCT (finding_id, revision)) AS times
    FROM finding_history
    WHERE project_id = $1 AND status = 'regressed' AND observed_at > $2::TIMESTAMPTZ - to_days($3::INTEGER)
    GROUP BY record_id
),
spent AS (
    SELECT record_id, median(run_ms) / 60000 AS minutes, sum(run_ms) / nullif(any_value(total), 0) AS share
    FROM (
        SELECT record_id, run_id, sum(duration_ms) AS run_ms, (SELECT sum(duration_ms) FROM recent) AS total
        FROM recent
        GROUP BY record_id, run_id
    )
    GROUP BY record_id
)
SELECT
    record_id, coalesce(runs, 0) AS retried_runs, coalesce(times, 0) AS regressions,
    coalesce(minutes, 0)::DOUBLE AS minutes, coalesce(share, 0)::DOUBLE AS share
FROM retried FULL JOIN came_back USING (record_id) FULL JOIN spent USING (record_id)
WHERE record_id IS NOT NULL
ORDER BY record_id
"""


class CostlyStrategies:
    """Counts three signs within `DAYS`: gates that pass at a further try, findings that come back, time of gates."""

    reason = "costly_strategy"

    def ask(self, look: IntentLook) -> Asked:
        """Ask about each guiding record that shows `SIGNS` or more of the signs."""
        questions = []
        for row in look.ask_store(_SIGNS, [look.project, look.at.isoformat(), DAYS]):
            record = look.guiding.get(row["record_id"])
            signs = _signs(row)
            if record is None or len(signs) < SIGNS:
                continue
            shared = [record.strategy_ref] if record.strategy_ref else []
            questions.append(
                question_of(
                    self.reason,
                    {"record": record.id, "strategy": record.strategy, "signs": sorted(signs)},
                    [record.id],
                    f"The strategy of “{record.title}” keeps costing: {record.strategy} Simplify it, or preserve it "
                    f"because the price was accepted: {record.tradeoff}",
                    signs.values(),
                    about=shared,
                )
            )
        return Asked(tuple(questions))


def _signs(row: dict[str, Any]) -> dict[str, str]:
    found = {}
    if row["retried_runs"] >= RETRIED_RUNS:
        found["retries"] = (
            f"in {row['retried_runs']} runs of {DAYS} days its gates passed only after a further try"
        )
    if row["regressions"] >= REGRESSIONS:
        found["regressions"] = f"{row['regressions']} times in {DAYS} days a resolved finding came back"
    if row["share"] > GATE_SHARE and row["minutes"] > GATE_MINUTES:
        found["time"] = (
            f"its gates take {row['minutes']:.0f} minutes a run, {row['share']:.0%} of all gate time"
        )
    return found


DETECTOR: ContradictionDetector = CostlyStrategies()
