"""Compile accepted intent into artifacts on the shelf; records that are used for the first time become active."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from alloynb.application.decide_intent import full_id
from alloynb.application.read_intent import scan_intent
from alloynb.application.workspace import COMPILER_VERSION, Workspace
from alloynb.compiler.formation import CompiledFormation, CompileFormation, compile_formation
from alloynb.compiler.selection import Selection
from alloynb.errors import AlloyError, Refused
from alloynb.intent.errors import BrokenFiles
from alloynb.intent.record import IntentRecord
from alloynb.intent.store import StrategyStore
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.envelope import Throttle
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.prompt_pack import PROMPT_PACK


class NotReadyForUse(AlloyError):
    """An accepted record lacks what an active one must have."""


@dataclass(frozen=True)
class CompileIntent:
    """Please compile.

    Attributes:
        template: name of the formation template.
        record_ids: only these records; ids or slugs.
        paths: only records that govern one of these paths. All accepted and active ones when neither is named.
        objective: what the run is for; empty takes the project's own.
        manifest: what the target can do, or None when that is not known.
    """

    template: str = "validate"
    record_ids: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    objective: str = ""
    throttle: Throttle | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    manifest: CapabilityManifest | None = None


@dataclass(frozen=True)
class CompiledIntent:
    """The four artifacts, and the records that their use made active."""

    formation: CompiledFormation
    activated: tuple[str, ...]


def preview_brief(workspace: Workspace, command: CompileIntent) -> CompiledFormation:
    """Compile without writing anything: what would stand on the shelf, with its digests.

    Raises:
        BrokenFiles: records cannot be read, or their relationships do not hold.
        CompilationRefused: what is missing, and the next step.
    """
    return compile_formation(_command(workspace, command))


def compile_intent(workspace: Workspace, command: CompileIntent) -> CompiledIntent:
    """Compile and lay the artifacts on the shelf. The same records give the same artifacts, laid once.

    Raises:
        BrokenFiles: records cannot be read, or their relationships do not hold.
        CompilationRefused: what is missing, and the next step.
        NotReadyForUse: a record that would become active lacks something for it.
        MissingAuthority: the principal may not compile.
        ShelfConflict: an artifact on the shelf was changed by hand.
    """
    workspace.authority.require(workspace.principal, "compile_brief", workspace.settings.project)
    formation = preview_brief(workspace, command)
    _refuse_unready(workspace, formation)
    # The brief comes last: whoever finds it on the shelf finds what it refers to.
    workspace.shelf.put(EVIDENCE_PLAN, formation.evidence_plan)
    workspace.shelf.put(GATE_OVERLAY, formation.gate_overlay)
    workspace.shelf.put(PROMPT_PACK, formation.prompt_pack)
    brief = workspace.shelf.put(FORMATION_BRIEF, formation.brief)
    return CompiledIntent(formation, _activate(workspace, formation, brief.id))


def compare_with(workspace: Workspace, earlier: str, later: str | None = None) -> tuple[str, ...]:
    """Say in plain sentences what changed from one brief to another.

    Args:
        earlier, later: ids or digests of briefs, or beginnings of them; None for what would be compiled now.

    Raises:
        NotOnShelf: no such brief.
        CompilationRefused: nothing can be compiled now.
    """
    from alloynb.compiler.difference import FormationContents, compare_formations

    def contents_of(brief_id: str) -> FormationContents:
        brief = workspace.shelf.find(FORMATION_BRIEF, brief_id).content
        return FormationContents(
            brief=brief,
            evidence_plan=workspace.shelf.get(EVIDENCE_PLAN, brief.evidence_plan.digest).content,
            gate_overlay=workspace.shelf.get(GATE_OVERLAY, brief.gate_overlay.digest).content,
            prompt_pack=workspace.shelf.get(PROMPT_PACK, brief.prompt_pack.digest).content,
        )

    def contents_now() -> FormationContents:
        now = preview_brief(workspace, CompileIntent())
        return FormationContents(
            now.brief.content, now.evidence_plan.content, now.gate_overlay.content, now.prompt_pack.content
        )

    after = contents_of(later) if later else contents_now()
    return tuple(each.sentence for each in compare_formations(contents_of(earlier), after))


def _command(workspace: Workspace, command: CompileIntent) -> CompileFormation:
    settings = workspace.settings
    return CompileFormation(
        records=_sound_records(workspace),
        strategies=StrategyStore(workspace.alloy_dir).load_all(),
        project_id=settings.project,
        target_project=settings.target_project,
        created_at=workspace.clock(),
        created_by=workspace.principal.name,
        compiler_version=COMPILER_VERSION,
        template=command.template,
        objective=command.objective or settings.objective,
        throttle=command.throttle,
        payload=command.payload,
        selection=Selection(
            record_ids=tuple(full_id(workspace, each) for each in command.record_ids), paths=command.paths
        ),
        manifest=command.manifest,
    )


def _sound_records(workspace: Workspace) -> tuple[IntentRecord, ...]:
    scan, graph_faults = scan_intent(workspace)
    if scan.faults or graph_faults:
        raise BrokenFiles((*scan.faults, *graph_faults))
    return scan.models


def _refuse_unready(workspace: Workspace, formation: CompiledFormation) -> None:
    """Look before anything is written: every record of the brief must be able to become active by it."""
    for record in _to_activate(workspace, formation):
        if missing := record.missing_for("active"):
            raise NotReadyForUse(
                f"{record.id} cannot be used yet; it lacks: {', '.join(missing)}",
                file=workspace.intent.file_of(record.id),
                next_step=f"alloynb intent edit {record.slug}",
            )


def _activate(workspace: Workspace, formation: CompiledFormation, brief_id: str) -> tuple[str, ...]:
    accepted = _to_activate(workspace, formation)
    return tuple(record.id for record in accepted if _made_active(workspace, record.id, brief_id))


def _to_activate(workspace: Workspace, formation: CompiledFormation) -> list[IntentRecord]:
    used = {snapshot.record_id for snapshot in formation.brief.content.relevant_intent.records}
    return [each for each in workspace.intent.load_all() if each.status == "accepted" and each.id in used]


def _made_active(workspace: Workspace, record_id: str, brief_id: str) -> bool:
    """Take the step, unless somebody who compiles at the same moment took it first."""
    try:
        workspace.registrar.move(
            record_id,
            "active",
            workspace.principal,
            "first used by a brief",
            workspace.clock(),
            brief_id=brief_id,
        )
    except Refused:
        if workspace.intent.get(record_id).model.status != "active":
            raise
        return False
    return True
