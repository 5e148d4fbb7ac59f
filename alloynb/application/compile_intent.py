"""Compile accepted intent into artifacts on the shelf; records that are used for the first time become active."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alloynb.application.brief_ledger import BriefState
from alloynb.application.brief_lifecycle import CLOSED, standing_of, take_step
from alloynb.application.contradictions import preserved_conflicts
from alloynb.application.decide_intent import full_id
from alloynb.application.external_references import ResolvedReferences, resolve_references
from alloynb.application.read_intent import survey_intent
from alloynb.application.workspace import COMPILER_VERSION, Workspace
from alloynb.archaeology.checkout import resolve_revision
from alloynb.compiler.formation import CompiledFormation, CompileFormation, compile_formation
from alloynb.compiler.refusal import CompilationRefused
from alloynb.compiler.selection import Selection, select_ids, select_records
from alloynb.errors import AlloyError, Refused
from alloynb.intent.errors import BrokenFiles
from alloynb.intent.record import IntentRecord
from alloynb.intent.store import StrategyStore
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.envelope import Artifact, Throttle, format_timestamp
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY, OverlayGate
from runtime_artifacts.prompt_pack import PROMPT_PACK

if TYPE_CHECKING:
    from alloynb.compiler.difference import FormationContents


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
        revision: commit that the brief is pinned to; None for whichever a request names.
        gates: further gates, beside those that the records' evidence becomes.
    """

    template: str = "validate"
    record_ids: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    objective: str = ""
    throttle: Throttle | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    manifest: CapabilityManifest | None = None
    revision: str | None = None
    gates: tuple[OverlayGate, ...] = ()


@dataclass(frozen=True)
class CompiledIntent:
    """The four artifacts, and the records that their use made active."""

    formation: CompiledFormation
    activated: tuple[str, ...]


@dataclass(frozen=True)
class CreatedBrief:
    """A brief laid down to be looked at; no record was made active, and no request can be made of it yet.

    Attributes:
        state: `reviewable`, or `draft` when something is missing.
        lacks: what is missing, one sentence for each record.
    """

    formation: CompiledFormation
    state: BriefState
    lacks: tuple[str, ...]


def preview_brief(
    workspace: Workspace, command: CompileIntent, tell: Callable[[str], None] = lambda told: None
) -> CompiledFormation:
    """Compile without writing anything: what would stand on the shelf, with its digests.

    Args:
        tell: is told what a person should know: systems that could not be asked.

    Raises:
        BrokenFiles: records cannot be read, or their relationships do not hold.
        CompilationRefused: what is missing, and the next step.
    """
    return compile_formation(compile_command(workspace, command, tell))


def compile_intent(
    workspace: Workspace, command: CompileIntent, tell: Callable[[str], None] = lambda told: None
) -> CompiledIntent:
    """Compile and lay the artifacts on the shelf. The same records give the same artifacts, laid once.

    Raises:
        BrokenFiles: records cannot be read, or their relationships do not hold.
        CompilationRefused: what is missing, and the next step.
        NotReadyForUse: a record that would become active lacks something for it.
        MissingAuthority: the principal may not compile.
        ShelfConflict: an artifact on the shelf was changed by hand.
    """
    workspace.authority.require(workspace.principal, "compile_brief", workspace.settings.project)
    formation = preview_brief(workspace, command, tell)
    _refuse_unready(workspace, formation.brief)
    _lay_down(workspace, formation, (), "compiled at once")
    return CompiledIntent(formation, _finish(workspace, formation.brief, "compiled"))


def create_brief(workspace: Workspace, command: CompileIntent, why: str = "to be looked at") -> CreatedBrief:
    """Lay a brief and its artifacts on the shelf for review; `compile_brief` makes it ready to run.

    Raises:
        BrokenFiles, CompilationRefused, MissingAuthority, ShelfConflict: as `compile_intent`.
        IllegalBriefStep: the same brief was rejected, cancelled or archived.
    """
    workspace.authority.require(workspace.principal, "compile_brief", workspace.settings.project)
    formation = preview_brief(workspace, command)
    lacks = lacks_for_use(workspace, formation.brief)
    _lay_down(workspace, formation, lacks, why)
    state = standing_of(workspace.alloy_dir, formation.brief.id).brief
    return CreatedBrief(formation, state or "draft", lacks)


def compile_brief(workspace: Workspace, brief_id: str) -> tuple[Artifact[FormationBrief], tuple[str, ...]]:
    """Make a brief that was reviewed ready to run, exactly as it was reviewed.

    Returns:
        The brief, and the records that its use made active.

    Raises:
        NotOnShelf: no such brief.
        IntentChanged: records changed since it was laid down; says which and how.
        NotReadyForUse: a record that would become active lacks something for it.
        IllegalBriefStep: it was rejected, cancelled or archived.
    """
    from alloynb.application.source_changes import refuse_changed_source

    workspace.authority.require(workspace.principal, "compile_brief", workspace.settings.project)
    brief = workspace.shelf.find(FORMATION_BRIEF, brief_id)
    refuse_changed_source(workspace, brief)
    _refuse_unready(workspace, brief)
    _step(workspace, brief, "draft", "laid down")
    if standing_of(workspace.alloy_dir, brief.id).brief == "draft":
        _step(workspace, brief, "reviewable", "nothing is missing any more")
    return brief, _finish(workspace, brief, "compiled as it was reviewed")


def _lay_down(workspace: Workspace, formation: CompiledFormation, lacks: tuple[str, ...], why: str) -> None:
    """The ledger comes first, the brief last: whoever finds it on the shelf finds its state, and what it refers to."""
    refuse_closed(workspace, formation.brief)
    _step(workspace, formation.brief, "draft", why)
    workspace.shelf.put(EVIDENCE_PLAN, formation.evidence_plan)
    workspace.shelf.put(GATE_OVERLAY, formation.gate_overlay)
    workspace.shelf.put(PROMPT_PACK, formation.prompt_pack)
    workspace.shelf.put(FORMATION_BRIEF, formation.brief)
    if not lacks and standing_of(workspace.alloy_dir, formation.brief.id).brief == "draft":
        _step(workspace, formation.brief, "reviewable", "nothing is missing")


def refuse_closed(workspace: Workspace, brief: Artifact[FormationBrief]) -> None:
    """Refuse a brief that a human closed.

    Raises:
        IllegalBriefStep: it was rejected, cancelled or archived; says by whom and why.
    """
    standing = standing_of(workspace.alloy_dir, brief.id)
    if standing.brief in CLOSED:
        standing.after({"state": "compiled"})


def _finish(workspace: Workspace, brief: Artifact[FormationBrief], why: str) -> tuple[str, ...]:
    activated = _activate(workspace, brief)
    _step(workspace, brief, "compiled", why)
    return activated


def _step(workspace: Workspace, brief: Artifact[FormationBrief], state: BriefState, why: str) -> None:
    identity = brief.content.identity
    take_step(
        workspace.alloy_dir,
        brief.id,
        state,
        at=format_timestamp(workspace.clock()),
        by=workspace.principal.name,
        why=why,
        unless_taken=True,
        brief_digest=brief.digest,
        template=identity.template if state == "draft" else None,
        source_graph_version=identity.source_graph_version if state == "draft" else None,
        revision=identity.revision if state == "draft" else None,
    )


def compare_with(workspace: Workspace, earlier: str, later: str | None = None) -> tuple[str, ...]:
    """Say in plain sentences what changed from one brief to another.

    Args:
        earlier, later: ids or digests of briefs, or beginnings of them; None for what would be compiled now.

    Raises:
        NotOnShelf: no such brief.
        CompilationRefused: nothing can be compiled now.
    """
    from alloynb.compiler.difference import FormationContents, compare_formations

    before = workspace.shelf.find(FORMATION_BRIEF, earlier)
    if later:
        after = contents_of(workspace, workspace.shelf.find(FORMATION_BRIEF, later))
    else:
        now = preview_brief(workspace, again(before.content))
        after = FormationContents(
            now.brief.content, now.evidence_plan.content, now.gate_overlay.content, now.prompt_pack.content
        )
    return tuple(each.sentence for each in compare_formations(contents_of(workspace, before), after))


def contents_of(workspace: Workspace, brief: Artifact[FormationBrief]) -> FormationContents:
    """Take the contents of a brief and of what it names from the shelf.

    Raises:
        NotOnShelf, DigestMismatch: an artifact is missing, or was changed.
    """
    from alloynb.compiler.difference import FormationContents

    content, shelf = brief.content, workspace.shelf
    return FormationContents(
        brief=content,
        evidence_plan=shelf.get(EVIDENCE_PLAN, content.evidence_plan.digest).content,
        gate_overlay=shelf.get(GATE_OVERLAY, content.gate_overlay.digest).content,
        prompt_pack=shelf.get(PROMPT_PACK, content.prompt_pack.digest).content,
    )


def again(brief: FormationBrief) -> CompileIntent:
    """The command that would compile an instance of the same template for the same purpose, of all that guides now."""
    return CompileIntent(
        template=brief.identity.template.partition("@")[0],
        objective=brief.mission.objective,
        throttle=brief.foundry.throttle,
        payload=dict(brief.foundry.payload),
        revision=brief.identity.revision,
    )


def compile_command(
    workspace: Workspace, command: CompileIntent, tell: Callable[[str], None] = lambda told: None
) -> CompileFormation:
    """Turn what was asked, and what the workspace holds, into everything that the compiler needs.

    Raises:
        BrokenFiles, CompilationRefused: as `preview_brief`.
    """
    settings = workspace.settings
    selection = Selection(
        record_ids=tuple(full_id(workspace, each) for each in command.record_ids), paths=command.paths
    )
    records = _sound_records(workspace, selection)
    others = _references(workspace, records, selection, tell)
    own_objective = settings.objective if command.template == "validate" else ""
    return CompileFormation(
        records=records,
        references=others.references,
        unresolved=others.questions,
        strategies=StrategyStore(workspace.alloy_dir).load_all(),
        project_id=settings.project,
        target_project=settings.target_project,
        created_at=workspace.clock(),
        created_by=workspace.principal.name,
        compiler_version=COMPILER_VERSION,
        template=command.template,
        objective=command.objective or own_objective,
        throttle=command.throttle,
        payload=command.payload,
        selection=selection,
        manifest=command.manifest,
        revision=None if command.revision is None else resolve_revision(workspace.root, command.revision),
        answered_conflicts=preserved_conflicts(workspace, workspace.clock()),
        past_failures=_past_failures(records),
        gates=command.gates,
    )


def _past_failures(records: tuple[IntentRecord, ...]) -> dict[str, tuple[str, ...]]:
    """By record id, the runs that people or accepted proposals put down as its sources.

    What the store of one machine has seen is no input: the same records compile to the same brief everywhere.
    """
    told = {
        record.id: tuple(each.ref for each in record.sources if each.source_type == "foundry_trace")
        for record in records
    }
    return {record_id: refs for record_id, refs in told.items() if refs}


def _references(
    workspace: Workspace, records: tuple[IntentRecord, ...], selection: Selection, tell: Callable[[str], None]
) -> ResolvedReferences:
    if not workspace.settings.references:
        return ResolvedReferences((), (), ())
    found = resolve_references(workspace, select_records(records, selection).constraints)
    for caution in found.cautions:
        tell(caution)
    return found


def _sound_records(workspace: Workspace, selection: Selection) -> tuple[IntentRecord, ...]:
    """Hold all records against each other, and build those that the selection means."""
    survey, graph_faults = survey_intent(workspace)
    if survey.faults or graph_faults:
        raise BrokenFiles((*survey.faults, *graph_faults))
    try:
        wanted = select_ids(survey.models, selection)
    except CompilationRefused:
        return workspace.intent.load_all()  # the compiler refuses it too, in its own order
    return workspace.intent.records_of(survey, wanted)


def _refuse_unready(workspace: Workspace, brief: Artifact[FormationBrief]) -> None:
    """Look before anything is written: every record of the brief must be able to become active by it."""
    for record in _to_activate(workspace, brief):
        if missing := record.missing_for("active"):
            raise NotReadyForUse(
                f"{record.id} cannot be used yet; it lacks: {', '.join(missing)}",
                file=workspace.intent.file_of(record.id),
                next_step=f"alloynb intent edit {record.slug}",
            )


def lacks_for_use(workspace: Workspace, brief: Artifact[FormationBrief]) -> tuple[str, ...]:
    """What its records lack before the brief may make them active, one sentence for each."""
    return tuple(
        f"{record.id} lacks: {', '.join(missing)}"
        for record in _to_activate(workspace, brief)
        if (missing := record.missing_for("active"))
    )


def _activate(workspace: Workspace, brief: Artifact[FormationBrief]) -> tuple[str, ...]:
    accepted = _to_activate(workspace, brief)
    return tuple(record.id for record in accepted if _made_active(workspace, record.id, brief.id))


def _to_activate(workspace: Workspace, brief: Artifact[FormationBrief]) -> list[IntentRecord]:
    used = {each.record_id for each in brief.content.relevant_intent.records}
    survey = workspace.intent.survey()
    if survey.faults:
        raise BrokenFiles(survey.faults)
    wanted = {each.id for each in survey.models if each.status == "accepted" and each.id in used}
    found = workspace.intent.records_of(survey, wanted)
    return [each for each in found if each.status == "accepted"]  # one may have moved on meanwhile


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
