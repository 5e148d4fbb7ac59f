"""What changed in evidence and gates between two formations, in plain sentences (spec 3.4, 3.5)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from runtime_artifacts.evidence_plan import EvidencePlan, EvidencePlanItem
from runtime_artifacts.gate_overlay import GateOverlay, OverlayGate


@dataclass(frozen=True)
class Difference:
    """One change of meaning.

    Attributes:
        section: part of the formation that it belongs to.
        record_id: record that it concerns, or None.
    """

    section: str
    sentence: str
    record_id: str | None = None


def compare_plans(old: EvidencePlan, new: EvidencePlan) -> Iterable[Difference]:
    """Say which evidence is asked for, no longer asked for, or decided otherwise."""
    before = {item.evidence_id: item for item in old.items}
    after = {item.evidence_id: item for item in new.items}
    for id in sorted({*before, *after}):
        if id not in after:
            sentences = [f"Evidence {id} ({before[id].need}) is no longer asked for."]
        elif id not in before:
            sentences = [f"Evidence {id} is asked for ({after[id].need}): {after[id].description}"]
        else:
            sentences = _evidence_item(before[id], after[id])
        record_id = (after.get(id) or before[id]).record_id
        yield from (Difference("evidence_plan", sentence, record_id) for sentence in sentences)


def _evidence_item(old: EvidencePlanItem, new: EvidencePlanItem) -> list[str]:
    id = new.evidence_id
    said = []
    if old.need != new.need:
        said.append(f"Evidence {id} became {new.need}.")
    if old.observed_by != new.observed_by or (old.gate is None) != (new.gate is None):
        said.append(
            f"Evidence {id} is now observed by {f'the gate {new.gate}' if new.gate else new.observed_by}."
        )
    if _executable(old) != _executable(new):
        said.append(f"Evidence {id} is now decided by another {new.kind} definition.")
    if not said and old != new:
        said.append(f"Evidence {id} is described otherwise: {new.description}")
    return said


def _executable(item: EvidencePlanItem) -> dict[str, Any]:
    return {name: value for name, value in item.definition.items() if name not in {"description", "required"}}


def compare_overlays(old: GateOverlay, new: GateOverlay) -> Iterable[Difference]:
    """Say which gates came, went or changed."""
    before = {gate.name: gate for gate in old.gates}
    after = {gate.name: gate for gate in new.gates}
    for name in sorted({*before, *after}):
        record_id = next(iter((after.get(name) or before[name]).applies_to), None)
        if name not in after:
            yield Difference("gate_overlay", f"The gate {name} ({before[name].mode}) is gone.", record_id)
        elif name not in before:
            yield Difference("gate_overlay", f"The gate {name} was added ({after[name].mode}).", record_id)
        else:
            yield from (
                Difference("gate_overlay", sentence, record_id)
                for sentence in _gate(before[name], after[name])
            )


def _gate(old: OverlayGate, new: OverlayGate) -> Iterable[str]:
    if old.mode != new.mode:
        yield f"The gate {new.name} is {new.mode} instead of {old.mode}."
    if old.command != new.command:
        yield f"The gate {new.name} runs another command: {_command(new.command)}"
    if old.timeout_s != new.timeout_s:
        yield f"The gate {new.name} may take {new.timeout_s:g} s instead of {old.timeout_s:g} s."


def _command(command: tuple[str, ...] | str) -> str:
    return f"`{command if isinstance(command, str) else shlex.join(command)}`"
