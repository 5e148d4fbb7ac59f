"""What a gate that did not pass means for the run (spec 3.5, 4.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from foundry_kernel.events.payloads.validation import Gate, GateOutcome
from runtime_artifacts.envelope import Throttle

Weight = Literal["fails", "finding"]


def weigh(gate: Gate, throttle: Throttle) -> Weight:
    """Say what it means if the gate does not pass: it fails, times out, cannot start or is cancelled.

    ===================================  ==================  ==================
    gate                                 dry_run             full, audit_only
    ===================================  ==================  ==================
    repository, required                 fails               fails
    repository, not required             finding             finding
    overlay, advisory                    finding             finding
    overlay, required_for_dry_run        finding (*)         finding (*)
    overlay, required_for_mutation       finding             fails
    ===================================  ==================  ==================

    (*) and the run does not count as a sufficient dry run. `fails` makes a validation fail, ends an iteration before
    it starts, and asks for another attempt after an execution; a `finding` makes a completed run
    `completed_with_findings`.
    """
    if gate.source == "repository":
        return "fails" if gate.required else "finding"
    if gate.mode == "required_for_mutation" and throttle != "dry_run":
        return "fails"
    return "finding"


@dataclass(frozen=True)
class GateCounts:
    """What the gates of one phase come to, see `GateTally`."""

    gates_total: int
    failed_required: int
    failed_advisory: int
    dry_run_sufficient: bool


def count(outcomes: Iterable[GateOutcome]) -> GateCounts:
    """Count outcomes by weight. A dry run is not sufficient when a gate that it needs did not pass."""
    listed = tuple(outcomes)
    bad = [each for each in listed if each.status not in ("passed", "skipped")]
    failed = sum(1 for each in bad if each.weight == "fails")
    needed = any(each.mode == "required_for_dry_run" for each in bad)
    return GateCounts(len(listed), failed, len(bad) - failed, dry_run_sufficient=not failed and not needed)
