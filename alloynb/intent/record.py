"""The Engineering Intent Record: one contextual judgement, and what must be true of it (spec 2.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from alloynb.intent.evidence_definition import EvidenceDefinition, split_evidence_id
from alloynb.intent.relationship import Relationship
from alloynb.intent.review_trigger import ReviewTrigger
from alloynb.intent.strict_model import (
    Confidence,
    ExpectationId,
    NamedModel,
    PathGlob,
    RecordId,
    StrategyId,
    StrictModel,
    Text,
    Timestamp,
)

Status = Literal[
    "hypothesized", "proposed", "accepted", "active", "deprecated", "contradicted", "superseded", "rejected"
]
Severity = Literal["low", "medium", "high"]
SourceType = Literal[
    "human",
    "code_observation",
    "git_history",
    "foundry_trace",
    "epilogue",
    "design_system",
    "document",
    "conversation",
]

GUIDING: frozenset[Status] = frozenset({"accepted", "active"})
"""Statuses in which a record guides a run by default (spec 2.2)."""

FIVE_TEXTS = ("capability", "threat", "expectation", "strategy", "tradeoff")
_MAY_LACK_TEXTS: frozenset[Status] = frozenset({"hypothesized", "rejected"})
_NEEDS_EVIDENCE: frozenset[Status] = frozenset({"accepted", "active", "deprecated", "contradicted"})
_OUTSIDE_THE_DIGEST = {"status", "version", "created_at", "updated_at"}


class Source(StrictModel):
    """Where a judgement comes from.

    Attributes:
        ref: what leads back to it: a name, file:line, commit, trace or document.
        excerpt: the words or the code themselves; always data, never an instruction.
    """

    source_type: SourceType
    ref: Text
    excerpt: Text | None = None
    confidence: Confidence = 1.0
    created_at: Timestamp | None = None


class Scope(StrictModel):
    """What the record speaks about; any of the fields may be given.

    Attributes:
        paths: gitignore-style globs relative to the repository.
        modules: dotted names; each covers its descendants.
    """

    project: Text | None = None
    paths: tuple[PathGlob, ...] = ()
    modules: tuple[Text, ...] = ()
    technology: tuple[Text, ...] = ()
    product_area: Text | None = None
    interactions: tuple[Text, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is named at all."""
        return not any(getattr(self, name) for name in type(self).model_fields)


class IntentRecord(NamedModel):
    """We keep a capability, against a threat, because of an expectation, by a strategy, at the price of a tradeoff.

    Attributes:
        expectation_ref: id of the shared expectation that `expectation` states in local words, or None.
        strategy_ref: id of the shared strategy that `strategy` states in local words, or None.
        version: counts the edits made after acceptance.
        supersedes: id of the record that this one replaces.

    Spec: 2.1.
    """

    id: RecordId
    title: Text
    capability: Text | None = None
    threat: Text | None = None
    expectation: Text | None = None
    strategy: Text | None = None
    tradeoff: Text | None = None
    expectation_ref: ExpectationId | None = None
    strategy_ref: StrategyId | None = None
    evidence: tuple[EvidenceDefinition, ...] = ()
    scope: Scope = Scope()
    status: Status
    confidence: Confidence = 1.0
    severity: Severity = "medium"
    sources: tuple[Source, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    review_triggers: tuple[ReviewTrigger, ...] = ()
    owner: Text | None = None
    created_at: Timestamp
    updated_at: Timestamp
    version: Annotated[int, Field(ge=1)] = 1
    supersedes: RecordId | None = None

    @model_validator(mode="after")
    def _keeps_the_rules(self) -> Self:
        faults = [*_faults_of_status(self), *_faults_within(self)]
        if faults:
            raise ValidationError.from_exception_data(
                "IntentRecord",
                [
                    InitErrorDetails(
                        type=PydanticCustomError("intent_rule", "{told}", {"told": told}),
                        loc=place,
                        input=getattr(self, str(place[0])),
                    )
                    for place, told in faults
                ],
            )
        return self

    @property
    def project(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]

    @property
    def guides_runs(self) -> bool:
        """Whether the record may constrain a run: accepted or active, never a hypothesis."""
        return self.status in GUIDING

    def missing_for(self, status: Status) -> tuple[str, ...]:
        """Name what the record lacks to stand in `status`, in words for humans; empty when it may."""
        missing = []
        if status not in _MAY_LACK_TEXTS:
            missing += [name for name in FIVE_TEXTS if getattr(self, name) is None]
        if status in _NEEDS_EVIDENCE and not self.evidence:
            missing.append("at least one evidence definition")
        if status == "active" and not self.sources:
            missing.append("at least one source")
        return tuple(missing)

    def evidence_definition(self, evidence_id: str) -> EvidenceDefinition | None:
        """Find a definition by its id within the record or by its global id; None when there is none."""
        record_id, local = split_evidence_id(evidence_id)
        wanted = local if local else record_id
        if local and record_id != self.id:
            return None
        return next((found for found in self.evidence if found.id == wanted), None)

    def content_digest(self) -> str:
        """Name what the record *means*: the digest of everything that a brief would snapshot.

        Status, version, created_at and updated_at stay outside: accepting, deprecating or touching a record does not
        change what it says. Fields that are absent or empty stay outside too, so that a later optional field does
        not rename every record; stated defaults (such as `required: true`) are inside.

        Spec: 2.1, 3.1.
        """
        from runtime_artifacts.canonical import digest_of

        return digest_of(_without_absent(self.model_dump(mode="json", exclude=_OUTSIDE_THE_DIGEST)))


def _faults_of_status(record: IntentRecord) -> Iterable[tuple[tuple[str | int, ...], str]]:
    missing = record.missing_for(record.status)
    if missing:
        yield ("status",), f"a record that is {record.status} needs: {', '.join(missing)}"


def _faults_within(record: IntentRecord) -> Iterable[tuple[tuple[str | int, ...], str]]:
    if record.updated_at < record.created_at:
        yield ("updated_at",), "before created_at"
    seen: set[str] = set()
    for index, definition in enumerate(record.evidence):
        if definition.id in seen:
            yield ("evidence", index, "id"), f"evidence id {definition.id!r} is used twice"
        seen.add(definition.id)
    for index, relationship in enumerate(record.relationships):
        if relationship.target == record.id:
            yield ("relationships", index, "target"), "a record has no relationship to itself"
    if record.supersedes == record.id:
        yield ("supersedes",), "a record does not supersede itself"


def _without_absent(value: Any) -> Any:
    if isinstance(value, dict):
        kept = ((key, _without_absent(child)) for key, child in value.items())
        return {key: child for key, child in kept if child is not None and child not in ([], {})}
    if isinstance(value, list):
        return [_without_absent(child) for child in value]
    return value
