"""What prompts are made of: the brief's content by record, ranked, and observed repository text (spec 3.3)."""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from alloynb.compiler.brief import BriefSections
from alloynb.compiler.selection import SelectedIntent
from alloynb.compiler.untrusted import fence
from alloynb.compiler.wording import observation_words, one_line
from alloynb.intent.evidence_definition import (
    EvidenceDefinition,
    GateEvidence,
    HumanReviewEvidence,
    TestEvidence,
)
from alloynb.intent.record import FIVE_TEXTS, IntentRecord, Scope
from runtime_artifacts.evidence_plan import EvidencePlan
from runtime_artifacts.formation_brief import (
    ExternalReference,
    FoundryControls,
    Identity,
    KnownConflict,
    Mission,
    PreferredStrategy,
    SuspiciousMove,
)
from runtime_artifacts.gate_overlay import GateOverlay, OverlayGate

Part = Literal["intent", "reference", "question", "observed"]
_SEVERITY = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True)
class EvidenceView:
    """One evidence definition as a prompt shows it.

    Attributes:
        how: how it is observed, in words.
        gate: name of the gate that observes it, or empty.
        asks: role that a human review asks, or empty.
    """

    evidence_id: str
    description: str
    need: str
    how: str
    gate: str
    mode: str
    asks: str = ""


@dataclass(frozen=True)
class RecordView:
    """One guiding record as prompts show it; every text is one line.

    Attributes:
        where: its scope in words.
        paths: its path globs, or its modules when it names no path.
        moves: what breaks it in particular, and known ways in which its strategy fails.
        guards: its tests and gates, which nobody may weaken.
    """

    record_id: str
    title: str
    severity: str
    capability: str
    threat: str
    expectation: str
    tradeoff: str
    strategy: PreferredStrategy | None
    where: str
    paths: tuple[str, ...]
    evidence: tuple[EvidenceView, ...]
    moves: tuple[SuspiciousMove, ...]
    guards: tuple[str, ...]
    past_failures: tuple[str, ...]


@dataclass(frozen=True)
class QuotedText:
    """Text that nobody here vouches for, already fenced.

    Attributes:
        record_id: the record, or the reference, that it belongs to.
        caused_by: for a reference, the records that refer to it.
    """

    record_id: str
    title: str
    fenced: str
    caused_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContextPiece:
    """One piece of context that is in a prompt as a whole, or not at all.

    Attributes:
        words: what it is, for the list of what was left out.
    """

    record_id: str
    part: Part
    view: RecordView | QuotedText
    words: str


@dataclass(frozen=True)
class PromptContext:
    """All that a phase may show.

    Attributes:
        pieces: ranked, the most important first; records before references before questions before observed text.
    """

    identity: Identity
    mission: Mission
    foundry: FoundryControls
    pieces: tuple[ContextPiece, ...]
    conflicts: tuple[KnownConflict, ...]
    open_questions: tuple[str, ...]

    @property
    def references(self) -> tuple[ExternalReference, ...]:
        """Product and design intent that the mission refers to."""
        return self.mission.references

    @property
    def records(self) -> list[RecordView]:
        """Guiding records in sight, ranked."""
        return [piece.view for piece in self.pieces if isinstance(piece.view, RecordView)]

    def quoted(self, part: Part) -> list[QuotedText]:
        """Fenced texts in sight: `reference`, `question` or `observed`."""
        return [
            piece.view for piece in self.pieces if piece.part == part and isinstance(piece.view, QuotedText)
        ]


def rank_records(
    records: Sequence[IntentRecord], selected: SelectedIntent, sections: BriefSections
) -> list[IntentRecord]:
    """Order records for prompts: severity, then how closely the scope meant them, then past failures, then id."""
    failures = {threat.record_id: len(threat.past_failures) for threat in sections.threats_to_watch}
    return sorted(
        records,
        key=lambda each: (
            _SEVERITY[each.severity],
            -selected.scope_match.get(each.id, 0),
            -failures.get(each.id, 0),
            each.id,
        ),
    )


def prompt_context(
    sections: BriefSections, selected: SelectedIntent, plan: EvidencePlan, overlay: GateOverlay
) -> PromptContext:
    """Arrange a brief's content for prompts."""
    guiding = rank_records(selected.constraints, selected, sections)
    asked = rank_records(selected.questions, selected, sections)
    views = _record_views(guiding, sections, plan, overlay)
    pieces = [ContextPiece(view.record_id, "intent", view, "the record") for view in views]
    pieces += [
        ContextPiece(f"{each.system}:{each.ref}", "reference", _said(each), "what it says")
        for each in sections.mission.references
        if each.snapshot.get("values")
    ]
    pieces += [ContextPiece(record.id, "question", _hypothesis(record), "the hypothesis") for record in asked]
    pieces += [
        ContextPiece(record.id, "observed", excerpts, "its observed text")
        for record in guiding
        if (excerpts := _excerpts(record)) is not None
    ]
    return PromptContext(
        identity=sections.identity,
        mission=sections.mission,
        foundry=sections.foundry,
        pieces=tuple(pieces),
        conflicts=sections.relevant_intent.known_conflicts,
        open_questions=sections.relevant_intent.open_questions,
    )


def _record_views(
    records: Sequence[IntentRecord], sections: BriefSections, plan: EvidencePlan, overlay: GateOverlay
) -> list[RecordView]:
    strategies = {strategy.record_id: strategy for strategy in sections.strategies}
    failures = {threat.record_id: threat.past_failures for threat in sections.threats_to_watch}
    moves: dict[str, list[SuspiciousMove]] = defaultdict(list)
    for move in sections.suspicious_moves:
        moves[move.record_id].append(move)
    gates = {gate.name: gate for gate in overlay.gates}
    evidence = {item.evidence_id: item.gate for item in plan.items}
    guarded = {item.evidence_id for item in plan.items if item.kind in {"test", "gate"}}
    return [
        RecordView(
            record_id=record.id,
            title=one_line(record.title),
            severity=record.severity,
            capability=one_line(record.capability or ""),
            threat=one_line(record.threat or ""),
            expectation=one_line(record.expectation or ""),
            tradeoff=one_line(record.tradeoff or ""),
            strategy=strategies.get(record.id),
            where=scope_words(record.scope),
            paths=record.scope.paths or record.scope.modules,
            evidence=_evidence_views(record, evidence, gates),
            moves=tuple(move for move in moves[record.id] if move.evidence_id not in guarded),
            guards=tuple(guard for definition in record.evidence for guard in _guards(definition)),
            past_failures=failures.get(record.id, ()),
        )
        for record in records
    ]


def _evidence_views(
    record: IntentRecord, gate_of: Mapping[str, str | None], gates: Mapping[str, OverlayGate]
) -> tuple[EvidenceView, ...]:
    views = []
    for definition in record.evidence:
        evidence_id = definition.global_id(record.id)
        gate = gates.get(gate_of.get(evidence_id) or "")
        views.append(
            EvidenceView(
                evidence_id=evidence_id,
                description=one_line(definition.description),
                need="required" if definition.required else "suggested",
                how=observation_words(definition),
                gate=gate.name if gate else "",
                mode=gate.mode if gate else "",
                asks=one_line(definition.role) if isinstance(definition, HumanReviewEvidence) else "",
            )
        )
    return tuple(views)


def scope_words(scope: Scope) -> str:
    """Say a scope in one phrase; the whole project when it names nothing."""
    parts = [f"`{name}`" for name in scope.paths or scope.modules]
    if scope.technology:
        parts.append(f"technology {', '.join(scope.technology)}")
    if scope.product_area:
        parts.append(f"product area {one_line(scope.product_area)}")
    if scope.interactions:
        parts.append(f"interactions {', '.join(scope.interactions)}")
    return ", ".join(parts) or "the whole project"


def _hypothesis(record: IntentRecord) -> QuotedText:
    """A hypothesis was drawn from the repository by a machine: its texts are observed content."""
    texts = [f"{name}: {one_line(text)}" for name in FIVE_TEXTS if (text := getattr(record, name))]
    quoted = fence("\n".join([f"title: {one_line(record.title)}", *texts]))
    return QuotedText(record.id, f"confidence {record.confidence:g}", quoted)


def _said(reference: ExternalReference) -> QuotedText:
    """What another system intends is its own word: it is quoted, and orders nobody about."""
    values = reference.snapshot.get("values")
    lines = (
        [f"{name}: {_shown(value)}" for name, value in sorted(values.items())]
        if isinstance(values, dict)
        else []
    )
    records = tuple(each for each in reference.snapshot.get("records", ()) if isinstance(each, str))
    version = one_line(str(reference.snapshot.get("version", "")))
    title = f"{one_line(reference.title)}, version {version}" if reference.title else f"version {version}"
    return QuotedText(f"{reference.system}:{reference.ref}", title, fence("\n".join(lines)), records)


def _shown(value: object) -> str:
    """One value on one line: texts as they are, several of them with semicolons, what is nested as JSON."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "; ".join(map(one_line, value))
    return (
        one_line(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )


def _guards(definition: EvidenceDefinition) -> tuple[str, ...]:
    match definition:
        case TestEvidence():
            return definition.test.tests
        case GateEvidence():
            return (shlex.join(definition.gate.command),)
        case _:
            return ()


def _excerpts(record: IntentRecord) -> QuotedText | None:
    """Excerpts of a record's sources, each with its place; the place is observed content as well."""
    quotes = [f"from {source.ref}:\n{source.excerpt}" for source in record.sources if source.excerpt]
    return QuotedText(record.id, "", "\n".join(map(fence, quotes))) if quotes else None
