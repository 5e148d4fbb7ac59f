"""Compiling intent into a formation: brief, prompt pack, gate overlay and evidence plan, without side effects (spec 3).

The same records, template and command give the same digests, byte for byte, in whatever order the records come.
Nothing is read but the templates that ship with this package; time and author stand in the envelopes alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alloynb.compiler.brief import BriefMaterial, BriefSections, assemble_brief, write_sections
from alloynb.compiler.evidence_plan import plan_evidence
from alloynb.compiler.fitness import refuse_unfit, settled_conflicts
from alloynb.compiler.formation_template import FormationTemplate, load_template
from alloynb.compiler.gates import CHECKER_READS, overlay_gates
from alloynb.compiler.prompt_context import prompt_context
from alloynb.compiler.prompts import compile_prompts
from alloynb.compiler.refusal import MissingStrategy, ReservedPayload
from alloynb.compiler.selection import SelectedIntent, Selection, select_records
from alloynb.compiler.target import refuse_unservable
from alloynb.intent.evidence_definition import EvidenceKind
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.envelope import Artifact, Throttle, seal
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN, EvidencePlan
from runtime_artifacts.formation_brief import FORMATION_BRIEF, ExternalReference, FormationBrief, Identity
from runtime_artifacts.gate_overlay import GATE_OVERLAY, GateOverlay, OverlayGate
from runtime_artifacts.prompt_pack import PROMPT_PACK, Phase, PromptPack

RESERVED_IN_PAYLOAD = "alloy"


@dataclass(frozen=True)
class CompileFormation:
    """What to compile.

    Attributes:
        records: the whole graph, or any part of it; `selection` says what the run is about.
        project_id: project of the records, as Alloy knows it.
        target_project: project as Foundry knows it.
        created_at: aware time, for the envelopes.
        compiler_version: name and version of this program, for the envelopes.
        template, template_version: recipe; None takes the version that is installed.
        title, objective: the template's own when empty.
        throttle: the template's own when None.
        payload: for the entry event; `alloy` is reserved.
        strategies: shared strategies that records lean on.
        references: product and design intent, with a snapshot of the values that are needed.
        unresolved: questions about product and design intent that could not be had.
        past_failures: by record id, in Alloy's own words (names and counts from traces), never as output was printed.
        manifest: what the target can do; None when it is not known yet, and nothing is checked.
        version: revision of the brief for this project and template; part of the content.
        token_budgets: by phase, where they shall differ from the phase's own.
        checker_reads: kinds of evidence that `alloynb check` can decide.
        answered_conflicts: by the id of a conflict, how a human said that it is to be lived with.
        revision: full commit hash that the brief is pinned to, or None.
        gates: further gates, beside those that evidence becomes.
    """

    records: Sequence[IntentRecord]
    project_id: str
    target_project: str
    created_at: datetime
    created_by: str
    compiler_version: str
    template: str = "validate"
    template_version: int | None = None
    title: str = ""
    objective: str = ""
    throttle: Throttle | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    strategies: Sequence[Strategy] = ()
    references: Sequence[ExternalReference] = ()
    unresolved: Sequence[str] = ()
    past_failures: Mapping[str, Sequence[str]] = field(default_factory=dict)
    manifest: CapabilityManifest | None = None
    version: int = 1
    token_budgets: Mapping[Phase, int] = field(default_factory=dict)
    checker_reads: frozenset[EvidenceKind] = CHECKER_READS
    answered_conflicts: Mapping[str, str] = field(default_factory=dict)
    revision: str | None = None
    gates: Sequence[OverlayGate] = ()


@dataclass(frozen=True)
class CompiledFormation:
    """The four artifacts of one compilation; the brief refers to the other three by digest."""

    brief: Artifact[FormationBrief]
    prompt_pack: Artifact[PromptPack]
    gate_overlay: Artifact[GateOverlay]
    evidence_plan: Artifact[EvidencePlan]


def compile_formation(command: CompileFormation) -> CompiledFormation:
    """Compile records into a brief and the artifacts that it refers to.

    Raises:
        CompilationRefused: what is missing or wrong, and the next step; see `alloynb.compiler.refusal`.
        ArtifactError: the payload or a text holds something that an artifact cannot carry.

    Spec: 3.2 to 3.5.
    """
    template = load_template(command.template, command.template_version)
    _refuse_reserved(command.payload)
    selected = select_records(command.records, command.selection)
    refuse_unfit(selected, command.answered_conflicts)
    strategies = _strategies_of(selected, command.strategies)
    throttle = command.throttle or template.throttle

    overlay = overlay_gates(command.project_id, selected.constraints, command.checker_reads)
    overlay = GateOverlay(project_id=overlay.project_id, gates=(*overlay.gates, *command.gates))
    gate_names = {gate.evidence_id: gate.name for gate in overlay.gates if gate.evidence_id is not None}
    plan = plan_evidence(command.project_id, selected.constraints, gate_names)
    if command.manifest is not None:
        refuse_unservable(
            command.manifest,
            entry_event=template.entry_event,
            throttle=throttle,
        )
    material = BriefMaterial(
        identity=_identity(command, template, selected, strategies),
        template=template,
        objective=command.objective.strip() or template.objective,
        throttle=throttle,
        payload=command.payload,
        references=tuple(command.references),
        unresolved=tuple(command.unresolved),
        selected=selected,
        strategies=strategies,
        conflicts=settled_conflicts(selected.constraints, command.answered_conflicts),
        past_failures=command.past_failures,
    )
    sections = write_sections(material, plan, overlay)
    context = prompt_context(sections, selected, plan, overlay)
    pack = compile_prompts(sections, context, command.token_budgets)
    return _seal_all(command, sections, plan, overlay, pack)


def request_payload(brief: Artifact[FormationBrief]) -> dict[str, Any]:
    """Payload of the entry event for a request: the brief's own, and the references by which the run finds it.

    A brief cannot hold its own digest, so the request adds them under `alloy` (spec 5.2, mode 3).
    """
    return {
        **brief.content.foundry.payload,
        RESERVED_IN_PAYLOAD: {
            "brief_id": brief.id,
            "brief_digest": brief.digest,
            "prompt_pack_id": brief.content.prompt_pack.id,
            "evidence_plan_id": brief.content.evidence_plan.id,
        },
    }


def source_graph_version(records: Sequence[IntentRecord], strategies: Mapping[str, Strategy]) -> str:
    """Digest over id, version and content of everything that shapes a brief, in order of id."""
    named = [[record.id, record.version, record.content_digest()] for record in records]
    named += [[strategy.id, 1, _strategy_digest(strategy)] for strategy in strategies.values()]
    return digest_of(sorted(named, key=lambda each: str(each[0])))


def _strategy_digest(strategy: Strategy) -> str:
    return digest_of(
        strategy.model_dump(mode="json", exclude_none=True, exclude={"created_at", "updated_at"})
    )


def _refuse_reserved(payload: Mapping[str, Any]) -> None:
    if RESERVED_IN_PAYLOAD in payload:
        raise ReservedPayload(
            f"the payload uses {RESERVED_IN_PAYLOAD!r}, where the request refers to the brief",
            next_step="name it otherwise",
        )


def _strategies_of(selected: SelectedIntent, given: Sequence[Strategy]) -> dict[str, Strategy]:
    """Shared strategies that the guiding records lean on, by id."""
    by_id = {strategy.id: strategy for strategy in given}
    needed: dict[str, Strategy] = {}
    for record in selected.constraints:
        if record.strategy_ref is None:
            continue
        if record.strategy_ref not in by_id:
            raise MissingStrategy(
                f"{record.id} leans on {record.strategy_ref}, which is not there",
                next_step="write the strategy, or remove strategy_ref from the record",
            )
        needed[record.strategy_ref] = by_id[record.strategy_ref]
    return dict(sorted(needed.items()))


def _identity(
    command: CompileFormation,
    template: FormationTemplate,
    selected: SelectedIntent,
    strategies: Mapping[str, Strategy],
) -> Identity:
    return Identity(
        project_id=command.project_id,
        title=command.title.strip() or template.title,
        version=command.version,
        source_graph_version=source_graph_version([*selected.constraints, *selected.questions], strategies),
        target_project=command.target_project,
        template=template.label,
        revision=command.revision,
    )


def _seal_all(
    command: CompileFormation,
    sections: BriefSections,
    plan: EvidencePlan,
    overlay: GateOverlay,
    pack: PromptPack,
) -> CompiledFormation:
    at, by, compiler = command.created_at, command.created_by, command.compiler_version
    sealed_plan = seal(EVIDENCE_PLAN, plan, created_at=at, created_by=by, compiler_version=compiler)
    sealed_overlay = seal(GATE_OVERLAY, overlay, created_at=at, created_by=by, compiler_version=compiler)
    sealed_pack = seal(PROMPT_PACK, pack, created_at=at, created_by=by, compiler_version=compiler)
    brief = assemble_brief(
        sections,
        evidence_plan=sealed_plan.ref,
        gate_overlay=sealed_overlay.ref,
        prompt_pack=sealed_pack.ref,
    )
    return CompiledFormation(
        brief=seal(FORMATION_BRIEF, brief, created_at=at, created_by=by, compiler_version=compiler),
        prompt_pack=sealed_pack,
        gate_overlay=sealed_overlay,
        evidence_plan=sealed_plan,
    )
