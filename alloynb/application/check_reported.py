"""What a runner reports, held against the request that it was given: it tells of its own run, and of nothing else.

A runner is let in to execute. What it sends becomes part of the audit, so it must not be able to speak of approvals,
waivers or requests, of other runs or projects, nor to contradict what the request says or what it says itself. That it
tells the truth about its own gates nobody can see from here; `alloynb verify` holds result and journal against each
other, and whom one trusts with a repository is decided at the registration (spec 3.7, 5.3, 5.6).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from alloynb.errors import AlloyError
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.evidence_observation import EvidenceObservation
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.gate_overlay import GateOverlay, OverlayGate
from runtime_artifacts.journal import Fact
from runtime_artifacts.request_life import LeaseTaken
from runtime_artifacts.run_result import GateReport, RunResult

KINDS_OF_A_RUN = frozenset(
    {
        "run_started",
        "run_resumed",
        "run_finished",
        "event",
        "block_started",
        "block_finished",
        "gate_started",
        "gate_finished",
        "cancel_requested",
    }
)
"""What the journal of a run holds; all other facts are for Alloy to record."""

_RENAMED = "overlay:"
"""Before the name of an overlay gate whose name the repository has taken."""


class FactsRefused(AlloyError):
    """What was sent are not the next facts of the run's journal."""


def fact_of_run(
    document: Mapping[str, object], request: Artifact[ExecutionRequest], lease: LeaseTaken, attempt: int
) -> Fact:
    """Read one line of a run's journal.

    Raises:
        FactsRefused: it is no fact, not one that a run writes, or speaks of something else.
    """
    try:
        fact = Fact.model_validate_json(json.dumps(document), strict=True)
    except (ValidationError, ValueError) as error:
        raise FactsRefused(f"not a fact: {str(error).splitlines()[0][:200]}") from error
    if fact.kind not in KINDS_OF_A_RUN:
        raise FactsRefused(f"a run writes no {fact.kind[:40]!r} fact")
    if fact.run_id != lease.run_id:
        raise FactsRefused(f"a fact of run {str(fact.run_id)[:40]}, and the lease is of {lease.run_id}")
    if not fact.fact_id.startswith(f"{lease.run_id}/"):
        raise FactsRefused(f"{fact.fact_id[:80]!r} cannot be the id of a fact of {lease.run_id}")
    expected = {
        "attempt": attempt,
        "request_id": request.id,
        "project_id": request.content.project_id,
        "brief_id": request.content.brief.id,
        "brief_digest": request.content.brief.digest,
        "correlation_id": request.content.correlation_id,
        "revision": request.content.repo.revision,
        "principal": None,
    }
    for name, value in expected.items():
        said = getattr(fact, name)
        if said is not None and said != value:
            raise FactsRefused(f"a fact says {name} {str(said)[:80]!r}, and the request {str(value)!r}")
    return fact


def why_not_its_result(
    request: Artifact[ExecutionRequest], run_id: str, overlay: GateOverlay, result: RunResult
) -> str | None:
    """Say why a result cannot be one of a request that ran as `run_id`; None when it can."""
    return next(_faults(request, run_id, overlay, result), None)


def _faults(
    request: Artifact[ExecutionRequest], run_id: str, overlay: GateOverlay, result: RunResult
) -> Iterator[str]:
    asked = request.content
    expected: dict[str, Any] = {
        "run_request_id": request.id,
        "request_digest": request.digest,
        "idempotency_key": asked.idempotency_key,
        "correlation_id": asked.correlation_id,
        "project_id": asked.project_id,
        "revision_before": asked.repo.revision,
        "throttle": asked.foundry.throttle,
        "entry_event": asked.foundry.entry_event,
        "foundry_run_id": run_id,
    }
    for name, value in expected.items():
        if getattr(result, name) != value:
            yield f"the result says {name} {getattr(result, name)[:80]}, and {value} is meant"
    if result.brief.digest != asked.brief.digest:
        yield "the result is of another brief"
    moved = result.commits or result.revision_after != result.revision_before
    if moved and asked.foundry.throttle != "full":
        yield f"the result tells of commits, and the throttle was {asked.foundry.throttle}"
    known = {gate.name: gate for gate in overlay.gates}
    last: dict[str, GateReport] = {}
    for report in result.gates:
        last[report.name] = report
        yield from _gate_faults(report, known)
    for report in last.values():
        if report.status not in {"passed", "skipped"} and _forbids(report, result):
            yield f"the result says {result.status}, and that gate {report.name[:80]} {report.status}"
    for observation in result.evidence_observations:
        yield from _observation_faults(observation, request, run_id, overlay, last)


def _gate_faults(report: GateReport, known: Mapping[str, OverlayGate]) -> Iterator[str]:
    if report.source != "overlay":
        if report.evidence_id is not None:
            yield f"gate {report.name[:80]} of the repository is told as evidence"
        return
    gate = known.get(report.name.removeprefix(_RENAMED))
    if gate is None:
        yield f"the overlay has no gate {report.name[:80]!r}"
    elif (report.mode, report.evidence_id) != (gate.mode, gate.evidence_id):
        yield f"gate {report.name[:80]} is told as {report.mode}, and the overlay says {gate.mode}"


def _forbids(report: GateReport, result: RunResult) -> bool:
    """Whether a run cannot have this status when this gate did not pass."""
    if result.status == "completed":
        return True
    binds = report.mode == "required_for_mutation" and result.throttle != "dry_run"
    return result.status == "completed_with_findings" and report.source == "overlay" and binds


def _observation_faults(
    seen: EvidenceObservation,
    request: Artifact[ExecutionRequest],
    run_id: str,
    overlay: GateOverlay,
    last: Mapping[str, GateReport],
) -> Iterator[str]:
    asked, named = request.content, f"observation of {seen.evidence_id[:120]}"
    pinned = {
        "project_id": asked.project_id,
        "foundry_run_id": run_id,
        "brief_digest": asked.brief.digest,
        "revision": asked.repo.revision,
    }
    for name, value in pinned.items():
        said = getattr(seen, name)
        if said is not None and said != value:
            yield f"the {named} says {name} {said[:80]}, and {value} is meant"
    gates = [gate for gate in overlay.gates if gate.evidence_id == seen.evidence_id]
    if not gates:
        yield f"the {named} is of no gate of the request"
    reports = [each for each in last.values() if each.evidence_id == seen.evidence_id]
    if seen.status in {"satisfied", "partially_satisfied", "waived"} and (
        not reports or any(each.status != "passed" for each in reports)
    ):
        yield f"the {named} says {seen.status}, and no gate of the result says so"
