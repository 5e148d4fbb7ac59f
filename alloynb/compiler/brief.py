"""The sections of a Formation Brief, each filled from the selected records (spec 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alloynb.compiler.agent_formation import FormationInputs, Risk, choose_formation
from alloynb.compiler.formation_template import FormationTemplate
from alloynb.compiler.selection import SelectedIntent, scope_values
from alloynb.compiler.wording import moves_against, one_line, sentence
from alloynb.intent.evidence_definition import HumanReviewEvidence
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from runtime_artifacts.envelope import ArtifactRef, Throttle
from runtime_artifacts.evidence_plan import EvidencePlan
from runtime_artifacts.formation_brief import (
    AcceptedTradeoff,
    AgentFormation,
    ExternalReference,
    FeedbackHooks,
    FormationBrief,
    FoundryControls,
    Identity,
    IntentSnapshot,
    KnownConflict,
    Mission,
    PreferredStrategy,
    ProtectedCapability,
    RelevantIntent,
    SuspiciousMove,
    ThreatToWatch,
)
from runtime_artifacts.gate_overlay import GateOverlay

_FEW_PLACES = 6


@dataclass(frozen=True)
class BriefSections:
    """Everything of a brief but its references to the other artifacts; prompts are views of this."""

    identity: Identity
    mission: Mission
    relevant_intent: RelevantIntent
    protected_capabilities: tuple[ProtectedCapability, ...]
    threats_to_watch: tuple[ThreatToWatch, ...]
    strategies: tuple[PreferredStrategy, ...]
    suspicious_moves: tuple[SuspiciousMove, ...]
    tradeoffs: tuple[AcceptedTradeoff, ...]
    agent_formation: AgentFormation
    foundry: FoundryControls
    feedback_hooks: FeedbackHooks


@dataclass(frozen=True)
class BriefMaterial:
    """What the sections are made of.

    Attributes:
        strategies: shared strategies by id.
        conflicts: conflicts among the selected records, each resolved by a human.
        unresolved: questions about references that could not be resolved.
        past_failures: by record id, how it failed before, as traces tell.
    """

    identity: Identity
    template: FormationTemplate
    objective: str
    throttle: Throttle
    payload: Mapping[str, Any]
    references: tuple[ExternalReference, ...]
    unresolved: tuple[str, ...]
    selected: SelectedIntent
    strategies: Mapping[str, Strategy]
    conflicts: tuple[KnownConflict, ...]
    past_failures: Mapping[str, Sequence[str]]


def write_sections(material: BriefMaterial, plan: EvidencePlan, overlay: GateOverlay) -> BriefSections:
    """Fill every section; lists are ordered by record id."""
    template, guiding = material.template, material.selected.constraints
    return BriefSections(
        identity=material.identity,
        mission=Mission(
            objective=material.objective,
            references=material.references,
            definition_of_done=template.definition_of_done,
            stop_conditions=template.stop_conditions,
        ),
        relevant_intent=RelevantIntent(
            records=tuple(snapshot_of(record) for record in _by_id([*guiding, *material.selected.questions])),
            known_conflicts=material.conflicts,
            open_questions=_open_questions(material, plan),
        ),
        protected_capabilities=tuple(_capability(record) for record in guiding if record.capability),
        threats_to_watch=tuple(
            _threat(record, material.past_failures.get(record.id, ())) for record in guiding if record.threat
        ),
        strategies=tuple(_strategy(record, material.strategies) for record in guiding if record.strategy),
        suspicious_moves=tuple(
            move for record in guiding for move in _moves(record, material.strategies, overlay)
        ),
        tradeoffs=tuple(
            AcceptedTradeoff(record_id=record.id, statement=one_line(record.tradeoff))
            for record in guiding
            if record.tradeoff
        ),
        agent_formation=_agents(material, plan),
        foundry=FoundryControls(
            entry_event=template.entry_event,
            throttle=material.throttle,
            payload=dict(material.payload),
            max_iterations=template.limits.max_iterations,
            gate_profile=template.limits.gate_profile,
            chain_maintenance=template.limits.chain_maintenance,
            commit_allowed=template.limits.commit_allowed,
            push_allowed=template.limits.push_allowed,
        ),
        feedback_hooks=FeedbackHooks(
            trace_events=template.feedback.trace_events,
            observation_updates=tuple(f"{item.evidence_id} -> {item.record_id}" for item in plan.items),
            contradictions_to_humans=tuple(_contradiction_hook(record) for record in guiding),
        ),
    )


def _agents(material: BriefMaterial, plan: EvidencePlan) -> AgentFormation:
    """The pattern that the template fixes, or the one that what is at stake asks for."""
    fixed = material.template.agent_formation
    if fixed.pattern != "chosen":
        return AgentFormation(pattern=fixed.pattern, roles=fixed.roles, reasons=fixed.reasons)
    guiding = material.selected.constraints
    required = [item for item in plan.items if item.need == "required"]
    observed = sum(item.gate is not None for item in required)
    chosen = choose_formation(
        FormationInputs(
            criticality=max((record.severity for record in guiding), key=("low", "medium", "high").index),
            confidence=min(record.confidence for record in guiding),
            code_risk=_code_risk(guiding),
            capabilities=sum(record.capability is not None for record in guiding),
            ambiguity=len(_open_questions(material, plan)) + len(material.conflicts),
            past_failures=sum(len(material.past_failures.get(record.id, ())) for record in guiding),
            evidence_strength=observed / len(required) if required else 0.0,
            writes=fixed.writes,
        )
    )
    return chosen.model_copy(update={"reasons": (*chosen.reasons, *fixed.reasons)})


def _code_risk(records: Sequence[IntentRecord]) -> Risk:
    """How much code records open: `high` when one names no place, `medium` when together they name many."""
    places = [len(record.scope.paths) + len(record.scope.modules) for record in records]
    if not all(places):
        return "high"
    return "medium" if sum(places) > _FEW_PLACES else "low"


def assemble_brief(
    sections: BriefSections,
    *,
    evidence_plan: ArtifactRef,
    gate_overlay: ArtifactRef,
    prompt_pack: ArtifactRef,
) -> FormationBrief:
    """Put the sections and the references to the three other artifacts together."""
    return FormationBrief(
        **vars(sections), evidence_plan=evidence_plan, gate_overlay=gate_overlay, prompt_pack=prompt_pack
    )


def _by_id(records: Sequence[IntentRecord]) -> list[IntentRecord]:
    return sorted(records, key=lambda record: record.id)


def snapshot_of(record: IntentRecord) -> IntentSnapshot:
    """The record's values in this brief.

    A guiding record is `active` here: being used by a brief is what makes it active (spec 2.2), and so the first use
    does not change the digest of the second compilation.
    """
    return IntentSnapshot(
        record_id=record.id,
        version=record.version,
        digest=record.content_digest(),
        title=one_line(record.title),
        status="active" if record.guides_runs else record.status,
        capability=record.capability or "",
        threat=record.threat or "",
        expectation=record.expectation or "",
        strategy=record.strategy or "",
        tradeoff=record.tradeoff or "",
        severity=record.severity,
        confidence=record.confidence,
        scope=scope_values(record.scope),
        sources=tuple(f"{source.source_type}: {one_line(source.ref)}" for source in record.sources),
        role="constraint" if record.guides_runs else "question",
    )


def _capability(record: IntentRecord) -> ProtectedCapability:
    return ProtectedCapability(
        record_id=record.id,
        statement=one_line(record.capability or ""),
        severity=record.severity,
        scope=scope_values(record.scope),
        evidence_required=tuple(
            definition.global_id(record.id) for definition in record.evidence if definition.required
        ),
    )


def _threat(record: IntentRecord, past_failures: Sequence[str]) -> ThreatToWatch:
    return ThreatToWatch(
        record_id=record.id,
        risk=one_line(record.threat or ""),
        patterns=tuple(move for definition in record.evidence for move in moves_against(definition)),
        past_failures=tuple(one_line(failure) for failure in past_failures),
    )


def _strategy(record: IntentRecord, shared: Mapping[str, Strategy]) -> PreferredStrategy:
    """The strategy in the record's words, with what is known about it where it is shared."""
    local = one_line(record.strategy or "")
    if record.strategy_ref is None:
        return PreferredStrategy(record_id=record.id, name=one_line(record.title), definition=local)
    strategy = shared[record.strategy_ref]
    return PreferredStrategy(
        record_id=record.id,
        name=one_line(strategy.name),
        definition=f"{local} Here {one_line(strategy.name)} means: {one_line(strategy.definition)}",
        examples=tuple(map(one_line, strategy.examples)),
        exceptions=tuple(map(one_line, strategy.exceptions)),
        failure_modes=tuple(map(one_line, strategy.failure_modes)),
    )


def _moves(
    record: IntentRecord, shared: Mapping[str, Strategy], overlay: GateOverlay
) -> list[SuspiciousMove]:
    """Moves that break evidence (stopped by a gate where one enforces it), then ways in which the strategy fails."""
    enforced = {gate.evidence_id for gate in overlay.gates if gate.mode != "advisory"}
    moves = [
        SuspiciousMove(
            record_id=record.id,
            move=move,
            enforcement="gate" if definition.global_id(record.id) in enforced else "warning",
            evidence_id=definition.global_id(record.id),
        )
        for definition in record.evidence
        for move in moves_against(definition)
    ]
    if record.strategy_ref is not None:
        moves.extend(
            SuspiciousMove(record_id=record.id, move=one_line(mode))
            for mode in shared[record.strategy_ref].failure_modes
        )
    return moves


def _open_questions(material: BriefMaterial, plan: EvidencePlan) -> tuple[str, ...]:
    """What the run cannot answer: hypotheses, reviews that only a human can give, evidence without a checker."""
    questions = [
        f"Does the hypothesis {record.id} hold (confidence {record.confidence:g})?"
        for record in material.selected.questions
    ]
    unchecked = {
        item.evidence_id for item in plan.items if item.observed_by == "reading" and item.gate is None
    }
    for record in material.selected.constraints:
        for definition in record.evidence:
            evidence_id = definition.global_id(record.id)
            if isinstance(definition, HumanReviewEvidence):
                questions.append(
                    f"{one_line(definition.role)}: {one_line(definition.question)} ({evidence_id})"
                )
            elif evidence_id in unchecked:
                questions.append(
                    f"Nothing can check {definition.kind} evidence yet: who makes sure of this: "
                    f"{sentence(definition.description)} ({evidence_id})"
                )
    return (*questions, *material.unresolved)


def _contradiction_hook(record: IntentRecord) -> str:
    human = one_line(record.owner) if record.owner else "whoever may accept intent"
    return f"{record.id}: ask {human} when evidence disagrees with it"
