"""What the last run of a revision says of one evidence definition (spec 6.4)."""

from __future__ import annotations

from alloynb.interpretation.detection import Look
from runtime_artifacts.run_result import GateReport


def last_report(look: Look) -> GateReport | None:
    """The last report of the gate that observes the definition, in the run of this very revision; None without."""
    if look.witnesses.run is None:
        return None
    reports = [
        (gate.phase == "verify", gate.attempt, number, gate)
        for number, gate in enumerate(look.witnesses.run.result.gates)
        if gate.evidence_id == look.evidence_id
    ]
    return max(reports, key=lambda each: each[:3])[-1] if reports else None


def failure_of(report: GateReport, look: Look) -> str:
    """Say in one sentence which gate failed, in which run."""
    assert look.witnesses.run is not None  # it gave the report
    code = f" with exit code {report.exit_code}" if report.exit_code is not None else ""
    run = look.witnesses.run.result.foundry_run_id
    return f"gate {report.name} failed{code} in {run}; {look.definition.description}"
