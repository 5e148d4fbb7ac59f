"""What becomes of a brief on its way to one target: each gate of its overlay, its agent pattern (spec 3.6, 5.5).

| the target                                                          | a gate of the overlay becomes |
| ------------------------------------------------------------------- | ----------------------------- |
| resolves overlays                                                   | `overlay`: run as it is       |
| resolves gates, and the revision's gate file has the same gate      | `repository`: run from there  |
| anything else                                                       | `checklist`: advice to people |

The same gate: its name, its command from the root of the tree, and no less required. What is advisory may become
advice; a required gate that would not run is a reason not to run at all.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from alloynb.compiler.lowering import GATE_FILE, Lowering, gate_command, lower
from alloynb.compiler.refusal import RequiredGateLost
from alloynb.compiler.target import readable_schemas
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.formation_brief import FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY, GateMode, GateOverlay, OverlayGate

GateForm = Literal["overlay", "repository", "checklist"]


@dataclass(frozen=True)
class GateFate:
    """What becomes of one gate.

    Attributes:
        why: what keeps it from being run as it is; empty when nothing does.
    """

    gate: str
    evidence_id: str | None
    mode: GateMode
    becomes: GateForm
    why: str = ""

    @property
    def is_required_and_lost(self) -> bool:
        """Whether the run could not show what it has to show."""
        return self.becomes == "checklist" and self.mode != "advisory"


@dataclass(frozen=True)
class PatternFate:
    """Whether the agent pattern of a brief shapes its run, or is advice.

    Attributes:
        why: why it is only advice; empty when it is not.
    """

    pattern: str
    honoured: bool
    why: str = ""


@dataclass(frozen=True)
class Translation:
    """How a brief reaches one target, and what is lost on the way.

    Attributes:
        target: the target and its version, in words.
    """

    target: str
    lowering: Lowering
    gates: tuple[GateFate, ...]
    pattern: PatternFate

    @property
    def lost_required(self) -> tuple[GateFate, ...]:
        """Required gates that would not run."""
        return tuple(each for each in self.gates if each.is_required_and_lost)

    @property
    def kept_by_repository(self) -> frozenset[str]:
        """Names of the gates that the repository's own gate file runs."""
        return frozenset(each.gate for each in self.gates if each.becomes == "repository")

    @property
    def told(self) -> tuple[str, ...]:
        """What is different from the brief, one sentence each; empty when nothing is."""
        said = []
        kept = sorted(self.kept_by_repository)
        if kept:
            said.append(
                f"{self.target} takes no gate overlay; run from {GATE_FILE} instead: {', '.join(kept)}"
            )
        said += [
            f"gate {each.gate} is only advice now, nobody runs it: {each.why}"
            for each in self.gates
            if each.becomes == "checklist"
        ]
        if not self.pattern.honoured:
            said.append(f"the agent pattern {self.pattern.pattern} is only advice: {self.pattern.why}")
        if self.lowering.traces == "by_hand":
            said.append(f"{self.target} exports no trace; take it in by hand: alloynb trace ingest")
        return tuple(said)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return {
            "target": self.target,
            "briefs": self.lowering.briefs,
            "traces": self.lowering.traces,
            "gates": [asdict(each) for each in self.gates],
            "pattern": asdict(self.pattern),
            "told": list(self.told),
        }


def translate(
    manifest: CapabilityManifest | None,
    brief: FormationBrief,
    overlay: GateOverlay,
    gate_file: bytes | None,
    *,
    by_request: bool,
) -> Translation:
    """Say how a brief reaches a target; pure.

    Args:
        manifest: what the target says of itself; None for one that cannot be asked.
        gate_file: the repository's own gates at the revision of the run; None when it has none.
        by_request: the target takes an execution request, and with it the overlay that the request names.
    """
    lowering = lower(manifest, brief.foundry)
    if (
        by_request
        and manifest is not None
        and manifest.resolves_gate_overlays
        and GATE_OVERLAY.schema in readable_schemas(manifest)
    ):
        lowering = replace(lowering, gates="native")
    target = f"Foundry {manifest.foundry_version}" if manifest is not None else "the existing Foundry"
    return Translation(
        target,
        lowering,
        gate_fates(overlay, gate_file, lowering, target),
        pattern_fate(manifest, brief, target),
    )


def refuse_lost_gates(translation: Translation, brief_id: str) -> None:
    """Refuse a run that could not show what it has to show.

    Raises:
        RequiredGateLost: names every required gate that the target would not run, and why.
    """
    if lost := translation.lost_required:
        by_reason: dict[str, list[str]] = {}
        for each in lost:
            by_reason.setdefault(each.why, []).append(each.gate)
        named = "; ".join(f"{', '.join(gates)} ({why})" for why, gates in by_reason.items())
        raise RequiredGateLost(
            f"{translation.target} would not run what {brief_id} requires: {named}",
            next_step=f"alloynb brief materialize {brief_id} writes .alloy/gates/overlay.hone-gates.json: add its "
            f"gates to {GATE_FILE}, commit, and run again; or choose a target that resolves gate overlays",
        )


def gate_fates(
    overlay: GateOverlay, gate_file: bytes | None, lowering: Lowering, target: str
) -> tuple[GateFate, ...]:
    """Say of each gate of an overlay in which form the target runs it."""
    if lowering.gates == "native":
        return tuple(GateFate(each.name, each.evidence_id, each.mode, "overlay") for each in overlay.gates)
    standing = _standing(gate_file) if lowering.gates == "gate_file" else None
    return tuple(_fate(each, standing, target) for each in overlay.gates)


def pattern_fate(manifest: CapabilityManifest | None, brief: FormationBrief, target: str) -> PatternFate:
    """Say whether the formations of the brief's entry event can be shaped by its pattern."""
    pattern = brief.agent_formation.pattern
    if pattern == "no_agent":
        return PatternFate(pattern, honoured=True)
    serving = [
        each
        for each in (manifest.formations if manifest is not None else ())
        if each.entry_event == brief.foundry.entry_event
    ]
    if serving and all(pattern in each.agent_patterns for each in serving):
        return PatternFate(pattern, honoured=True)
    named = ", ".join(each.name for each in serving)
    why = (
        f"{target} has its own order of agents in {named}"
        if serving
        else f"{target} does not say how its agents work together"
    )
    return PatternFate(pattern, honoured=False, why=why)


def _fate(gate: OverlayGate, standing: Mapping[str, Any] | None, target: str) -> GateFate:
    def lost(why: str) -> GateFate:
        return GateFate(gate.name, gate.evidence_id, gate.mode, "checklist", why)

    if standing is None:
        return lost(f"{target} resolves no gates")
    if gate.working_directory != "." or gate.environment:
        return lost(f"{GATE_FILE} can say neither a working directory nor variables")
    entry = standing.get(gate.name)
    if entry is None:
        return lost(f"{target} takes no gate overlay, and the committed {GATE_FILE} has no such gate")
    if _text_of(entry.get("command")) != gate_command(gate):
        return lost(f"the gate of that name in {GATE_FILE} runs something else")
    if gate.mode != "advisory" and entry.get("required", True) is not True:
        return lost(f"the gate of that name in {GATE_FILE} is not required")
    return GateFate(gate.name, gate.evidence_id, gate.mode, "repository", f"{target} takes no gate overlay")


def _standing(gate_file: bytes | None) -> dict[str, dict[str, Any]]:
    """Gates of the repository by name; of a file that cannot be read, none: Foundry will say what is wrong with it."""
    if gate_file is None:
        return {}
    try:
        said = parse_json(gate_file, Path(GATE_FILE))
    except ArtifactError:
        return {}
    listed = said.get("gates") if isinstance(said, dict) else None
    return {
        each["name"]: each
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and isinstance(each.get("name"), str)
    }


def _text_of(command: Any) -> str | None:
    if isinstance(command, list) and all(isinstance(each, str) for each in command):
        return shlex.join(command)
    return command if isinstance(command, str) else None
