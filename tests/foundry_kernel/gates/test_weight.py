"""One table says what a gate that did not pass means (spec 3.5, 4.5)."""

from __future__ import annotations

from typing import Any

import pytest

from foundry_kernel.events.payloads.validation import Gate, GateOutcome
from foundry_kernel.gates.weight import GateCounts, count, weigh


@pytest.mark.parametrize(
    ("source", "required", "mode", "in_dry_run", "in_full"),
    [
        ("repository", True, "required_for_mutation", "fails", "fails"),
        ("repository", False, "advisory", "finding", "finding"),
        ("overlay", False, "advisory", "finding", "finding"),
        ("overlay", True, "required_for_dry_run", "finding", "finding"),
        ("overlay", True, "required_for_mutation", "finding", "fails"),
    ],
)
def test_the_table_holds(source: Any, required: bool, mode: Any, in_dry_run: str, in_full: str) -> None:
    gate = Gate(name="g", command="x", required=required, mode=mode, source=source, timeout_s=1)
    assert [weigh(gate, throttle) for throttle in ("dry_run", "full", "audit_only")] == [
        in_dry_run,
        in_full,
        in_full,
    ]


def an_outcome(status: Any, weight: Any, mode: Any = "advisory") -> GateOutcome:
    return GateOutcome(name="g", status=status, weight=weight, mode=mode, source="overlay", duration_ms=1)


def test_everything_but_passed_and_skipped_counts_as_not_passed() -> None:
    outcomes = [
        an_outcome(s, "finding")
        for s in ("passed", "skipped", "failed", "timed_out", "cannot_start", "cancelled")
    ]
    assert count(outcomes) == GateCounts(6, 0, 4, dry_run_sufficient=True)


@pytest.mark.parametrize(
    ("outcome", "sufficient"),
    [
        (an_outcome("passed", "finding", "required_for_dry_run"), True),
        (an_outcome("failed", "finding", "required_for_dry_run"), False),
        (an_outcome("failed", "finding", "advisory"), True),
        (an_outcome("failed", "fails", "required_for_mutation"), False),
    ],
)
def test_a_dry_run_is_sufficient_when_the_gates_that_it_needs_passed(
    outcome: GateOutcome, sufficient: bool
) -> None:
    assert count([outcome]).dry_run_sufficient is sufficient
