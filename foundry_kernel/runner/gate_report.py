"""From a journal's facts to what each gate said, and what that means as evidence (spec 3.7). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runtime_artifacts.evidence_observation import EvidenceObservation, ObservationStatus
from runtime_artifacts.gate_overlay import GateOverlay
from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import GateReport

_OBSERVED: Mapping[str, ObservationStatus] = {"passed": "satisfied", "failed": "unsatisfied"}
_WHY_UNKNOWN = {
    "timed_out": "the gate ran out of time, so nothing is known",
    "cannot_start": "the gate could not start, so nothing is known",
    "cancelled": "the gate was ended before it could say anything",
    "skipped": "the gate was skipped",
}


def gate_reports(facts: Sequence[Fact]) -> tuple[GateReport, ...]:
    """Report every gate once for each phase and try; a gate that started and has no end was `cancelled`."""
    found: dict[tuple[str, str, int], GateReport] = {}
    resolved: dict[str, dict[str, Any]] = {}
    for fact in facts:
        if fact.event_type == "gate_resolution_completed" and fact.kind == "event":
            resolved = {each["name"]: each for each in fact.payload.get("gates", ())}
        elif fact.kind in {"gate_started", "gate_finished"} and fact.gate:
            report = _report(fact, resolved.get(fact.gate, {}))
            key = (report.phase, report.name, report.attempt)
            if fact.kind == "gate_finished" or key not in found:
                found[key] = report
    return tuple(found.values())


def observations(
    facts: Sequence[Fact],
    overlay: GateOverlay,
    *,
    project_id: str,
    run_id: str,
    brief_digest: str,
    revision: str,
    observed_at: str,
) -> tuple[EvidenceObservation, ...]:
    """Say what was seen for each evidence definition that a gate observes.

    Passed is `satisfied`, failed is `unsatisfied`; a gate that could not start, ran out of time, was ended or never ran
    leaves `unknown` with the reason. The last try of the last phase counts.

    Args:
        observed_at: for gates that never ran.
    """
    finished_at = {
        fact.gate: fact.recorded_at for fact in facts if fact.kind == "gate_finished" and fact.gate
    }
    last: dict[str, GateReport] = {}
    for report in gate_reports(facts):
        if report.evidence_id:
            last[report.evidence_id] = report
    found = [
        _observation(
            report.evidence_id or "",
            report.applies_to,
            _OBSERVED.get(report.status, "unknown"),
            _notes(report),
            f"gate {report.name}",
            project_id=project_id,
            foundry_run_id=run_id,
            brief_digest=brief_digest,
            revision=revision,
            observed_at=finished_at.get(report.name, observed_at),
            supporting_artifacts=_support(report, run_id),
        )
        for report in last.values()
    ]
    found += [
        _observation(
            gate.evidence_id,
            gate.applies_to,
            "unknown",
            "the gate did not run",
            f"gate {gate.name}",
            project_id=project_id,
            foundry_run_id=run_id,
            brief_digest=brief_digest,
            revision=revision,
            observed_at=observed_at,
        )
        for gate in overlay.gates
        if gate.evidence_id and gate.evidence_id not in last
    ]
    return tuple(found)


def not_passed(reports: Iterable[GateReport]) -> list[GateReport]:
    """Gates whose last try did not pass, one report each."""
    last = {(report.phase, report.name): report for report in reports}
    return [report for report in last.values() if report.status not in {"passed", "skipped"}]


def _report(fact: Fact, resolved: Mapping[str, Any]) -> GateReport:
    """Report as the gate's own fact carries it whole; of a gate without an end, what its start and resolution say."""
    if fact.kind == "gate_finished":
        known = {name: fact.payload[name] for name in GateReport.model_fields if name in fact.payload}
        return GateReport.model_validate(known)
    return GateReport(
        name=fact.gate or "",
        phase="verify" if fact.phase == "verify" else "preflight",
        status="cancelled",
        required=bool(resolved.get("required")),
        mode=resolved.get("mode", "advisory"),
        source=resolved.get("source", "repository"),
        attempt=int(fact.payload.get("gate_attempt") or 1),
        duration_ms=0,
        details="it was ended with the run, before it could say anything",
        evidence_id=resolved.get("evidence_id"),
        applies_to=tuple(resolved.get("applies_to", ())),
    )


def _notes(report: GateReport) -> str:
    if report.status in _OBSERVED:
        return "" if report.status == "passed" else _last_lines(report.details)
    return _WHY_UNKNOWN[report.status]


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-5:])[:1000]


def _support(report: GateReport, run_id: str) -> tuple[str, ...]:
    files = [name for name in (report.output_file, *report.report_files) if name]
    return (f"trace://{run_id}/gates/{report.name}", *(f"run://{run_id}/{name}" for name in files))


def _observation(
    evidence_id: str,
    record_ids: tuple[str, ...],
    status: ObservationStatus,
    notes: str,
    by: str,
    **known: Any,
) -> EvidenceObservation:
    return EvidenceObservation(
        evidence_id=evidence_id, record_ids=record_ids, status=status, notes=notes, observed_by=by, **known
    )
