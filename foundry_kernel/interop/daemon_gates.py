"""What the existing daemon tells of gates: the `results` of its gate events, as reports that say who told them. Pure.

Read are the payloads of `preflight_completed` and `gate_verification_completed` (else of `validation_completed`), each
entry `{name, command, passed, required, output, exit_code, duration_ms?, fix_applied?}`. The daemon says only whether a
gate passed: one that ran out of time or could not start is told as failed, and is reported as that. It ran the gates of
the repository's own file in the user's checkout; nobody held a digest against what it ran. An entry without a name, or
whose `passed` is no boolean, says nothing and is passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from foundry_kernel.interop.daemon_files import DaemonEvent, DaemonTrace
from runtime_artifacts.run_result import GateReport

TOLD_BY = "foundryd"
MOST_GATES = 500
LONGEST_DETAILS = 16 * 1024
_PHASES: Mapping[str, Literal["preflight", "verify"]] = {
    "preflight_completed": "preflight",
    "gate_verification_completed": "verify",
}
_ELSE = "validation_completed"
_FIXED = "(the daemon mended it by the gate's own fix command, and it passed then)\n"


def gates_of(trace: DaemonTrace) -> tuple[tuple[DaemonEvent, GateReport], ...]:
    """Report every gate that a trace tells of, with the event that tells it, in order.

    A gate that is told again in the same phase is its next try: after a retry, or in a later part of the chain.
    """
    tries: Counter[tuple[str, str]] = Counter()
    found: list[tuple[DaemonEvent, GateReport]] = []
    for event, phase in _telling(trace):
        for said in _entries(event):
            name = said["name"]
            if len(found) == MOST_GATES:
                return tuple(found)
            tries[phase, name] += 1
            found.append((event, _report(said, phase, tries[phase, name])))
    return tuple(found)


def _telling(trace: DaemonTrace) -> Iterator[tuple[DaemonEvent, Literal["preflight", "verify"]]]:
    """Events that tell of gates; the end of a validation repeats what its preflight told, and counts without one."""
    told = [(event, _PHASES[event.event_type]) for event in trace.events if event.event_type in _PHASES]
    if any(_entries(event) for event, _ in told):
        yield from told
        return
    for event in trace.events:
        if event.event_type == _ELSE:
            yield event, "preflight"


def _entries(event: DaemonEvent) -> list[dict[str, Any]]:
    listed = event.payload.get("results") if isinstance(event.payload, dict) else None
    return [
        each
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
        and isinstance(each.get("name"), str)
        and 0 < len(each["name"].strip()) <= 200
        and isinstance(each.get("passed"), bool)
    ]


def _report(said: Mapping[str, Any], phase: Literal["preflight", "verify"], attempt: int) -> GateReport:
    required = said.get("required") is True
    output = said.get("output") if isinstance(said.get("output"), str) else ""
    return GateReport(
        name=said["name"],
        phase=phase,
        status="passed" if said["passed"] else "failed",
        required=required,
        mode="required_for_mutation" if required else "advisory",
        source="repository",
        attempt=attempt,
        exit_code=_whole(said.get("exit_code"), -(2**31), 2**31),
        duration_ms=_whole(said.get("duration_ms"), 0, 2**53) or 0,
        details=(_FIXED if said.get("fix_applied") is True else "") + str(output)[-LONGEST_DETAILS:],
        told_by=TOLD_BY,
    )


def _whole(value: Any, least: int, end: int) -> int | None:
    """A whole number within bounds; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and least <= value < end else None
