"""What was seen for one item of an evidence plan, from every source that may speak about it (spec 3.7, 6.3).

| observed by | who may speak | `satisfied` when |
| --- | --- | --- |
| gate | the gate's last report | it passed (only partially, if the tests should run `without` something) |
| reading | the gate's last report, a drift report of the same revision | no finding but allowed exceptions |
| trace | the run, by a named condition | the condition holds |
| metric | a drift report of the same revision, observations that are handed in | they say so |
| human | a drift report that read the answers, observations that are handed in | the latest says so and counts still |

A gate that did not finish, and a checker that could not check, say nothing: `unknown`. Of several that speak, the
worst counts; what is known counts more than what is not. Observations of another revision, of the future, or that
claim a waiver, are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alloynb.interpretation.trace_conditions import judge_condition
from runtime_artifacts.envelope import parse_timestamp
from runtime_artifacts.evidence_observation import EvidenceObservation, ObservationStatus
from runtime_artifacts.evidence_plan import EvidencePlanItem
from runtime_artifacts.run_result import GateReport, RunResult

if TYPE_CHECKING:
    from alloynb.interpretation.drift import DriftReport
    from alloynb.interpretation.finding import DriftFinding

WORST_FIRST: tuple[ObservationStatus, ...] = (
    "unsatisfied",
    "partially_satisfied",
    "satisfied",
    "unknown",
    "waived",
)
_ANSWERED_BY_LOOKING = frozenset({"reading", "metric", "human", "trace"})
"""Observers of evidence that a look for drift proves by itself; what a gate observes, only a run proves."""

_NOT_CHECKED_EXIT_CODES = frozenset({2, 3, 4})


@dataclass(frozen=True)
class Seen:
    """What one source saw.

    Attributes:
        by: gate, checker, condition or person.
        excepted: ids of findings that are allowed for now.
    """

    status: ObservationStatus
    reason: str
    by: str
    at: str | None = None
    links: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sources:
    """Everything that may speak about evidence.

    Attributes:
        findings: settled findings that belong to `drift`, so that exceptions are known.
        observations: of humans, metrics and other programs.
        request_digest: digest of the request that was sent.
        now: aware moment of judging.
        gates_of_repository: gates of the overlay that the repository's own gate file has too, by name.
    """

    result: RunResult | None
    drift: DriftReport | None
    findings: Sequence[DriftFinding]
    observations: Sequence[EvidenceObservation]
    request_digest: str | None
    now: datetime
    gates_of_repository: frozenset[str] = frozenset()

    @property
    def revision(self) -> str | None:
        """The revision that is judged: what the run left, else what was read."""
        if self.result is not None:
            return self.result.revision_after
        return self.drift.revision if self.drift is not None else None


def look_at(item: EvidencePlanItem, sources: Sources) -> Seen:
    """Bring together what was seen for one item; `unknown` with a reason when nobody spoke."""
    seen = [*_from_run(item, sources), *_from_drift(item, sources), *_handed_in(item, sources)]
    if not seen:
        return Seen("unknown", _why_nobody_spoke(item, sources), "nobody")
    if any(each.excepted and each.status == "satisfied" for each in seen):
        deciding = [each for each in seen if not each.by.startswith("gate ")]  # a gate knows no exceptions
    else:
        deciding = seen
    first = min(deciding, key=lambda each: WORST_FIRST.index(each.status))
    told = "; ".join(
        dict.fromkeys(each.reason for each in [first, *(each for each in seen if each is not first)])
    )
    links = tuple(dict.fromkeys(link for each in [first, *seen] for link in each.links))
    return Seen(first.status, told, first.by, first.at, links, first.excepted)


def _from_run(item: EvidencePlanItem, sources: Sources) -> Iterable[Seen]:
    result = sources.result
    if result is None or item.observed_by in {"human", "metric"}:
        return
    report = _last_report(item, result, sources.gates_of_repository)
    if report is not None:
        yield _from_gate(item, report, result)
    if item.observed_by == "trace" and isinstance(name := item.definition.get("condition"), str):
        answer = judge_condition(name, result, sources.request_digest)
        yield Seen(answer.status, answer.reason, f"condition {name}", result.finished_at, answer.links)
    for observation in result.evidence_observations:
        repeats_the_report = report is not None and observation.observed_by.startswith("gate ")
        if observation.evidence_id == item.evidence_id and not repeats_the_report:
            yield _from_observation(observation)


def _last_report(
    item: EvidencePlanItem, result: RunResult, gates_of_repository: frozenset[str]
) -> GateReport | None:
    """The last word of the gate that observes an item: of the overlay's, else of the same gate of the repository."""
    reports = [
        (
            gate.evidence_id == item.evidence_id or gate.source == "overlay",
            gate.phase == "verify",
            gate.attempt,
            at,
        )
        for at, gate in enumerate(result.gates)
        if gate.evidence_id == item.evidence_id
        or (gate.name == item.gate and (gate.source == "overlay" or gate.name in gates_of_repository))
    ]
    return result.gates[max(reports)[-1]] if reports else None


def _from_gate(item: EvidencePlanItem, report: GateReport, result: RunResult) -> Seen:
    links = (f"trace://{result.foundry_run_id}/gates/{report.name}",)
    status: ObservationStatus = "unknown"
    match report.status:
        case "passed":
            without = _without(item)
            status = "partially_satisfied" if without else "satisfied"
            reason = f"gate {report.name} passed"
            if without:
                reason += f", but nothing kept the tests from using {' and '.join(without)}"
        case "failed" if item.observed_by == "reading" and report.exit_code in _NOT_CHECKED_EXIT_CODES:
            reason = f"gate {report.name} could not check (exit code {report.exit_code})"
        case "failed" if report.told_by and report.exit_code is None:
            reason = f"gate {report.name} did not pass and left no exit code: it failed, or ran out of time"
        case "failed":
            status = "unsatisfied"
            reason = f"gate {report.name} failed"
        case _:
            reason = f"gate {report.name} gave no answer: {report.status.replace('_', ' ')}"
    if report.told_by:
        reason += f", as told by {report.told_by}"
    return Seen(status, reason, f"gate {report.name}", result.finished_at, links)


def _without(item: EvidencePlanItem) -> list[str]:
    test = item.definition.get("test")
    return [str(each) for each in test.get("without", ())] if isinstance(test, dict) else []


def _from_drift(item: EvidencePlanItem, sources: Sources) -> Iterable[Seen]:
    report = sources.drift
    if report is None or report.revision != sources.revision:
        return
    at = report.at.isoformat().replace("+00:00", "Z")
    for missed in report.could_not_check:
        if missed.evidence_id == item.evidence_id:
            yield Seen("unknown", f"could not be read: {'; '.join(missed.reasons)}", "reading", at)
    found = [
        each
        for each in (sources.findings or report.findings)
        if each.evidence_id == item.evidence_id
        and each.status != "resolved"
        and each.revision == report.revision
    ]
    broken = [each for each in found if each.status != "exception"]
    excepted = tuple(each.finding_id for each in found if each.status == "exception")
    project = sources.result.project_id if sources.result is not None else ""
    links = tuple(_place(each, project) for each in broken or found)
    if broken:
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        yield Seen("unsatisfied", f"{broken[0].message}{more}", "reading", at, links)
    elif item.evidence_id in report.checked and item.observed_by in _ANSWERED_BY_LOOKING:
        what = {"metric": "asking the store", "human": "the answer of a reviewer"}.get(item.observed_by)
        if what is not None:
            yield Seen("satisfied", f"{what} says that it holds", "reading", at)
            return
        allowed = f" but {len(excepted)} allowed for now" if excepted else ""
        yield Seen("satisfied", f"reading the code found nothing{allowed}", "reading", at, links, excepted)


def _place(finding: DriftFinding, project: str) -> str:
    line = f"#L{finding.lines[0]}" if finding.lines else ""
    return f"repo://{project}/{finding.revision}/{finding.path}{line}"


def _handed_in(item: EvidencePlanItem, sources: Sources) -> Iterable[Seen]:
    spoken = [each for each in sources.observations if _counts(each, item, sources)]
    latest = {
        each.observed_by: each for each in sorted(spoken, key=lambda each: parse_timestamp(each.observed_at))
    }
    if item.observed_by != "human":
        yield from (_from_observation(each) for each in latest.values())
        return
    if spoken:
        yield _from_human(item, max(spoken, key=lambda each: parse_timestamp(each.observed_at)), sources.now)


def _counts(observation: EvidenceObservation, item: EvidencePlanItem, sources: Sources) -> bool:
    of_now = parse_timestamp(observation.observed_at) <= sources.now
    bound = item.observed_by != "human" and observation.revision is not None and sources.revision is not None
    elsewhere = bound and observation.revision != sources.revision
    return observation.evidence_id == item.evidence_id and of_now and not elsewhere


def _from_human(item: EvidencePlanItem, answer: EvidenceObservation, now: datetime) -> Seen:
    seen = _from_observation(answer)
    days = item.definition.get("expires_days")
    if isinstance(days, int):
        ends = parse_timestamp(answer.observed_at) + timedelta(days=days)
        if now >= ends:
            told = f"the answer of {answer.observed_by} expired on {ends:%Y-%m-%d}"
            return Seen("unknown", told, answer.observed_by, answer.observed_at, seen.links)
    return seen


def _from_observation(observation: EvidenceObservation) -> Seen:
    claimed = observation.status == "waived"
    notes = observation.notes.strip() or f"seen by {observation.observed_by}"
    return Seen(
        "unknown" if claimed else observation.status,
        "an observation cannot waive; only a waiver does" if claimed else notes,
        observation.observed_by,
        observation.observed_at,
        observation.supporting_artifacts,
    )


def _why_nobody_spoke(item: EvidencePlanItem, sources: Sources) -> str:
    if item.observed_by == "human":
        return (
            f"{item.definition.get('role', 'nobody')} has not answered: {item.definition.get('question', '')}"
        )
    if item.observed_by in {"metric", "trace"} and isinstance(item.definition.get("condition"), dict):
        return "its SQL condition was not evaluated"
    if item.observed_by == "reading" and item.gate is None:
        return f"nothing checks {item.kind} evidence yet"
    if sources.result is None:
        return "no run has looked"
    return f"the run reported nothing of gate {item.gate}" if item.gate else "the run reported nothing"
