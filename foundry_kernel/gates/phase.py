"""What the gates of one phase say together: outcomes for the chain, reports for other tools (spec 4.5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from foundry_kernel import __version__
from foundry_kernel.events.payloads.validation import Gate, GateOutcome
from foundry_kernel.gates.reports import count_report, junit_of, sarif_of
from foundry_kernel.gates.run import GatePlace, run_gates
from foundry_kernel.gates.weight import weigh
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.shell import CancelToken
from runtime_artifacts.run_result import GateReport

DETAILS_CHARACTERS = 128 * 1024
"""Of all gates that did not pass, together; the reports in the journal say more."""


StartedRequired = Callable[[Gate, bool, int], None]
"""Told of each gate that starts: the gate, whether the run fails without it, and its process group."""


async def run_phase(
    gates: Sequence[Gate],
    place: GatePlace,
    gateways: GatewaySet,
    *,
    cancel: CancelToken | None = None,
    on_started: StartedRequired = lambda gate, required, group: None,
    on_finished: Callable[[GateReport], None] = lambda report: None,
    slots: int | None = None,
) -> tuple[GateOutcome, ...]:
    """Run the gates of one phase, leave reports for other tools, and say what each gate said, in their order.

    A gate that belongs to another phase is passed over.

    Raises:
        OSError: the run's folder cannot be written.
    """
    gates = [each for each in gates if each.phase in (None, place.phase)]
    reports = await run_gates(
        gates,
        place,
        gateways.shell,
        cancel=cancel,
        on_started=lambda gate, group: on_started(gate, weigh(gate, place.throttle) == "fails", group),
        on_finished=on_finished,
        slots=slots,
    )
    _leave_reports(gateways.files.write, place, reports)
    return tuple(
        _outcome(gate, report, place, DETAILS_CHARACTERS // len(reports))
        for gate, report in zip(gates, reports, strict=True)
    )


def failure_context(outcomes: Sequence[GateOutcome], most_characters: int = 20_000) -> str:
    """Write down what gates that did not pass said, for whoever has to mend it; required ones first."""
    bad = sorted(
        (each for each in outcomes if each.status not in ("passed", "skipped")),
        key=lambda each: each.weight != "fails",
    )
    share = most_characters // max(len(bad), 1)
    return "\n\n".join(
        f"gate {each.name}: {each.status.replace('_', ' ')}"
        f"{'' if each.weight == 'fails' else ' (not required)'}\n{each.details[-share:].strip()}"
        for each in bad
    )


def _leave_reports(
    write: Callable[[Path, bytes], None], place: GatePlace, reports: Sequence[GateReport]
) -> None:
    """Write what the gates said as JUnit XML and SARIF into `gates/` of the run's folder."""
    folder, stem = place.run_dir / "gates", f"{place.phase}-{place.attempt}"
    write(folder / f"{stem}.junit.xml", junit_of(reports, place.phase))
    sarif = json.dumps(sarif_of(reports, __version__), indent=2, ensure_ascii=False)
    write(folder / f"{stem}.sarif", sarif.encode() + b"\n")


def _outcome(gate: Gate, report: GateReport, place: GatePlace, most_characters: int) -> GateOutcome:
    passed = report.status in ("passed", "skipped")
    return GateOutcome(
        name=report.name,
        status=report.status,
        weight=weigh(gate, place.throttle),
        mode=report.mode,
        source=report.source,
        exit_code=report.exit_code,
        duration_ms=report.duration_ms,
        details="" if passed else report.details[-most_characters:],
        evidence_id=report.evidence_id,
        reports=tuple(count_report(place.run_dir / each) for each in report.report_files),
    )
