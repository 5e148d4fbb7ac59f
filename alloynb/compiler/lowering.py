"""Compiling down: what a target cannot take becomes files that any Foundry, or a person, can use (spec 3.6, 5.2).

| the target lacks      | what it gets instead                                                            |
| --------------------- | ------------------------------------------------------------------------------- |
| briefs, prompt packs  | files: the brief for people, a prompt for each phase, a generated charter       |
| gate overlays         | a gate file in the repository's own form, if it resolves gates; else a checklist |
| exported traces       | instructions for taking the trace in by hand                                    |
| the event or throttle | nothing: that is refused, and says what is missing                              |
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from alloynb.compiler.difference import FormationContents
from alloynb.compiler.formation import RESERVED_IN_PAYLOAD, request_payload
from alloynb.compiler.refusal import TargetCannotServe
from alloynb.compiler.target import CROSSING_SCHEMAS, readable_schemas
from alloynb.compiler.wording import one_line, sentence
from runtime_artifacts.capability_manifest import CapabilityManifest, FormationCapability
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.formation_brief import FormationBrief, FoundryControls
from runtime_artifacts.gate_overlay import GateOverlay, OverlayGate
from runtime_artifacts.prompt_pack import Prompt, PromptPack

GATE_EVENT = "gate_resolution_completed"
GATE_FILE = ".hone-gates.json"
"""The repository's own gates, as every Foundry reads them."""


@dataclass(frozen=True)
class Lowering:
    """How a brief reaches one target.

    Attributes:
        briefs: the target resolves briefs and prompt packs by itself, or is given files.
        gates: it resolves overlays, or reads a gate file, or people check.
        traces: it exports them, or they are taken in by hand.
        missing: what nothing makes up for; empty when the target can serve the brief.
    """

    briefs: Literal["native", "files"]
    gates: Literal["native", "gate_file", "checklist"]
    traces: Literal["exported", "by_hand"]
    missing: tuple[str, ...] = ()

    @property
    def is_native(self) -> bool:
        """Whether nothing has to be compiled down."""
        return (self.briefs, self.gates, self.traces) == ("native", "native", "exported")


PROJECTION = Lowering("files", "gate_file", "by_hand")
"""For a target of which nothing is known but that people run it (mode 0)."""


def lower(manifest: CapabilityManifest | None, controls: FoundryControls) -> Lowering:
    """Choose the highest form that a target can take.

    Args:
        manifest: what the target says of itself; None when it cannot be asked.
    """
    if manifest is None:
        return PROJECTION
    missing = []
    if controls.entry_event not in manifest.entry_events:
        offered = ", ".join(sorted(manifest.entry_events)) or "none"
        missing.append(f"the entry event {controls.entry_event} (it accepts: {offered})")
    if controls.throttle not in manifest.throttles:
        offered = ", ".join(manifest.throttles) or "none"
        missing.append(f"the throttle {controls.throttle} (it offers: {offered})")
    reads = readable_schemas(manifest)
    native = (
        manifest.resolves_briefs and manifest.resolves_prompt_packs and reads.issuperset(CROSSING_SCHEMAS)
    )
    resolves_gates = not manifest.blocks or any(GATE_EVENT in block.emits for block in manifest.blocks)
    return Lowering(
        "native" if native else "files",
        "native"
        if native and manifest.resolves_gate_overlays
        else "gate_file"
        if resolves_gates
        else "checklist",
        "exported" if manifest.exports_traces else "by_hand",
        tuple(missing),
    )


def refuse_unreachable(lowering: Lowering, foundry_version: str) -> None:
    """Refuse what cannot be compiled down either.

    Raises:
        TargetCannotServe: names everything that is missing.
    """
    if lowering.missing:
        raise TargetCannotServe(
            f"Foundry {foundry_version} lacks {'; '.join(lowering.missing)}, and nothing makes up for it",
            next_step="choose another template, throttle or target",
        )


def lowered_files(
    brief: Artifact[FormationBrief],
    pack: Artifact[PromptPack],
    contents: FormationContents,
    lowering: Lowering,
    manifest: CapabilityManifest | None = None,
) -> dict[str, str]:
    """Write every file that the target needs, by path below `.alloy/`; the same brief gives the same bytes."""
    files = {f"briefs/{brief.id}.json": brief.to_bytes().decode()}
    files |= {f"prompts/{prompt.phase}.md": _prompt(prompt, brief, pack) for prompt in pack.content.prompts}
    files["projections/CHARTER.generated.md"] = charter_of(brief)
    if lowering.gates == "gate_file" and contents.gate_overlay.gates:
        files["gates/overlay.hone-gates.json"] = gate_file(contents.gate_overlay)
    checklist = _checklist(contents, by_hand=lowering.gates == "checklist")
    if checklist:
        files["gates/checklist.md"] = checklist
    formation = _formation_of(manifest, contents.brief.foundry.entry_event)
    if manifest is not None and formation is not None:
        files[f"formations/{formation_name(brief)}.toml"] = formation_file(brief, formation, manifest)
    files[f"briefs/{brief.id}.instructions.md"] = _instructions(brief, lowering, sorted(files))
    return dict(sorted(files.items()))


def gate_file(overlay: GateOverlay) -> str:
    """The overlay in the form of `.hone-gates.json`; `required` wherever it is more than advisory."""
    gates = [
        {
            "name": gate.name,
            "command": gate_command(gate),
            "required": gate.mode != "advisory",
            "timeout": max(1, round(gate.timeout_s)),
        }
        for gate in overlay.gates
        if gate.phase is None  # a gate file knows no phases, and such a gate cannot hold in all of them
    ]
    return _json({"gates": gates})


def charter_of(brief: Artifact[FormationBrief]) -> str:
    """What the repository is held to, for a Foundry that asks for a charter and knows no brief."""
    content = brief.content
    lines = [
        f"# What {content.identity.project_id} is held to",
        "",
        f"Generated from {brief.id} ({brief.digest}). Do not edit: change the records and compile again.",
        "",
        f"{sentence(content.mission.objective)}",
    ]
    for each in content.protected_capabilities:
        lines += ["", f"## {each.record_id}", "", f"{sentence(each.statement)} Severity {each.severity}.", ""]
        of_record = [it for it in content.suspicious_moves if it.record_id == each.record_id]
        lines += [f"- Do not {it.move}." for it in of_record if it.evidence_id is not None]
        lines += [
            f"- Accepted price: {it.statement}" for it in content.tradeoffs if it.record_id == each.record_id
        ]
    return "\n".join(lines) + "\n"


def formation_name(brief: Artifact[FormationBrief]) -> str:
    """Name of the formation that is compiled for a brief: lower case, digits and underscores."""
    return f"{brief.content.identity.template.partition('@')[0].replace('-', '_')}_{brief.id[-8:].lower()}"


def formation_file(
    brief: Artifact[FormationBrief], base: FormationCapability, manifest: CapabilityManifest
) -> str:
    """A formation of its own for this brief: the blocks that serve its entry event, begun by this brief alone.

    Closing events are those that a block of it emits, none of it acts on, and whose name says that something is over.
    """
    blocks = {block.name: block for block in manifest.blocks}
    taking_part = [blocks[name] for name in base.blocks if name in blocks]
    heard = {event for block in taking_part for event in block.sinks}
    closing = sorted(
        {event for block in taking_part for event in block.emits if event.endswith("_completed")} - heard
    )
    controls = brief.content.foundry
    pairs = [
        ("name", formation_name(brief)),
        ("about", f"{one_line(brief.content.mission.objective)} ({brief.id})"),
        ("entry_event", controls.entry_event),
        ("closing_events", closing),
        ("blocks", list(base.blocks)),
    ]
    lines = [f"# Compiled from {brief.id} {brief.digest}"]
    lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in pairs]
    lines += ["", "[when.alloy]", *(f"{name} = {json.dumps(value)}" for name, value in _alloy(brief).items())]
    return "\n".join(lines) + "\n"


def _formation_of(manifest: CapabilityManifest | None, entry_event: str) -> FormationCapability | None:
    found = [each for each in manifest.formations if each.entry_event == entry_event] if manifest else []
    return min(found, key=lambda each: (len(each.blocks), each.name), default=None)


def _prompt(prompt: Prompt, brief: Artifact[FormationBrief], pack: Artifact[PromptPack]) -> str:
    edits = [edit for edit in pack.content.human_edits if edit.phase == prompt.phase]
    header = [
        f"phase: {prompt.phase}",
        f"brief: {brief.id} {brief.digest}",
        f"prompt pack: {pack.id} {pack.digest}",
        f"records: {', '.join(prompt.record_ids) or 'none'}",
        *([f"references: {', '.join(prompt.references)}"] if prompt.references else []),
        f"template: {prompt.template}",
        *(f"edited by {edit.edited_by} at {edit.edited_at}: {one_line(edit.why)}" for edit in edits),
        *(f"left out: {each.record_id} ({each.reason})" for each in prompt.left_out),
    ]
    told = "\n".join(line.replace("--", "- -") for line in header)
    return f"<!--\n{told}\n-->\n\n{prompt.text.rstrip()}\n"


def _checklist(contents: FormationContents, *, by_hand: bool) -> str:
    """What no gate of the target will see: for a person to look at."""
    gates = {gate.name: gate for gate in contents.gate_overlay.gates}
    lines = []
    for item in contents.evidence_plan.items:
        gate = gates.get(item.gate or "")
        if gate is not None and not by_hand:
            continue
        how = f"run `{gate_command(gate)}`" if gate is not None else f"observed by {item.observed_by}"
        lines.append(f"- [ ] {sentence(item.description)} ({item.need}, {how}, `{item.evidence_id}`)")
    return "# To be looked at by a person\n\n" + "\n".join(lines) + "\n" if lines else ""


def _instructions(brief: Artifact[FormationBrief], lowering: Lowering, files: Sequence[str]) -> str:
    controls, identity = brief.content.foundry, brief.content.identity
    steps = [f"Check out revision {identity.revision}."] if identity.revision else []
    if "gates/overlay.hone-gates.json" in files:
        steps.append(
            "Add the gates of `.alloy/gates/overlay.hone-gates.json` to the repository's `.hone-gates.json`. Take none "
            "out, and loosen none."
        )
    if lowering.briefs == "files":
        steps.append("Give each phase its file of `.alloy/prompts/`, whole, header and all.")
    steps.append(f"Begin, without changing anything: `{shlex.join(emit_command(brief))}`")
    if controls.commit_allowed or any(role.access == "full" for role in brief.content.agent_formation.roles):
        steps.append("Only after somebody approved this brief for it: the same with `--throttle full`.")
    formation = next((file for file in files if file.startswith("formations/")), None)
    if formation is not None:
        steps.append(
            f"With the blocks of its own formation alone: the same with `--formation .alloy/{formation}`."
        )
    if "gates/checklist.md" in files:
        steps.append("Go through `.alloy/gates/checklist.md`, and say who looked.")
    if lowering.traces == "by_hand":
        steps.append("Look at the trace: `foundry trace EVENT_ID --verbose`.")
        steps.append(
            "Take it in, so that it is read through this brief: `alloynb trace ingest ~/.foundry/traces` (or wherever "
            "`FOUNDRY_TRACES_DIR` points). A run of foundry-kernel is taken in by alloynb evidence refresh, and read "
            "through the brief where it was begun with --artifacts .alloy/shelf."
        )
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    stops = "\n".join(f"- {each}" for each in brief.content.mission.stop_conditions)
    return (
        f"# How to run {brief.id}\n\n{sentence(brief.content.mission.objective)}\n\n{numbered}\n\n"
        f"Stop when:\n\n{stops}\n"
    )


def emit_command(brief: Artifact[FormationBrief], throttle: str | None = None) -> tuple[str, ...]:
    """The command line of the existing Foundry that begins a run of a brief (spec 5.2, mode 1)."""
    controls = brief.content.foundry
    return (
        "foundry",
        "emit",
        controls.entry_event,
        brief.content.identity.target_project,
        "--throttle",
        throttle or controls.throttle,
        "--payload",
        json.dumps(request_payload(brief), ensure_ascii=False, separators=(",", ":"), sort_keys=True),
    )


def _alloy(brief: Artifact[FormationBrief]) -> dict[str, str]:
    """References that the payload of a request carries, and by which a run of this brief is known."""
    found: dict[str, str] = request_payload(brief)[RESERVED_IN_PAYLOAD]
    return found


def gate_command(gate: OverlayGate) -> str:
    """A gate's command as one line for a shell, as the repository's own gate file has it."""
    return gate.command if isinstance(gate.command, str) else shlex.join(gate.command)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
