"""What would prove that a capability survived: the eight kinds of evidence definitions (spec 2.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from alloynb.intent.boundary_rule import ImportBoundaryRule
from alloynb.intent.strict_model import (
    EvidenceId,
    PathGlob,
    RepositoryPath,
    Slug,
    StrictModel,
    Text,
    Timestamp,
    text_or_mapping,
)

EvidenceKind = Literal[
    "gate", "import_boundary", "pattern", "test", "dependency", "trace", "metric", "human_review"
]
EvidenceStatus = Literal["proposed", "required", "passing", "failing", "waived", "obsolete", "unknown"]
EnforcementMode = Literal["advisory", "required_for_dry_run", "required_for_mutation"]


class EveryDays(StrictModel):
    """Look at the evidence again when this many days have passed."""

    every_days: int = Field(gt=0, description="days between two looks")


ReviewPolicy = Annotated[
    Annotated[Literal["every_run", "on_change"], Tag("(text)")] | Annotated[EveryDays, Tag("(mapping)")],
    Discriminator(text_or_mapping),
]


class GateCommand(StrictModel):
    """A command of the repository that Foundry runs.

    Attributes:
        command: argument list; no shell reads it.
        timeout_s: seconds after which the gate is ended.
        mode: how much hangs on it (spec 3.5).
    """

    name: Slug
    command: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)
    timeout_s: float = Field(default=600.0, gt=0, allow_inf_nan=False)
    mode: EnforcementMode = "required_for_dry_run"


class CodePattern(StrictModel):
    """A structural pattern that must, or must not, occur in the files that `paths` names.

    Attributes:
        language: python, javascript, typescript, tsx, go, rust or java.
        query: of the language's tree-sitter grammar; the capture `@place` decides where it occurs, else the outermost.
        spread: where it must occur: in `every_file` (what None means), or `somewhere` in them.
    """

    language: Slug
    must: Literal["occur", "not_occur"]
    query: Text
    paths: tuple[PathGlob, ...] = Field(min_length=1)
    spread: Literal["every_file", "somewhere"] | None = None

    @model_validator(mode="after")
    def _spreads_what_must_occur(self) -> Self:
        if self.spread is not None and self.must == "not_occur":
            raise ValueError("`spread` says where a pattern must occur; one that must not occurs nowhere")
        return self


class RequiredTests(StrictModel):
    """Tests that must exist and pass.

    Attributes:
        tests: node ids (`tests/x.py::test_y`) or paths.
        without: what the tests must not need.
    """

    tests: tuple[Text, ...] = Field(min_length=1)
    without: tuple[Literal["network", "database", "ui"], ...] = ()


class DependencyRule(StrictModel):
    """Packages that are allowed, or forbidden, in the manifests that `where` names.

    Attributes:
        allowed: when given, nothing else may be declared.
        forbidden: never declared.
        where: manifests; all manifests that the checker knows when empty.
        sections: only what stands there, such as `project.dependencies` or `project.optional-dependencies.*` (`*` is
            any number of characters); every section when empty.
    """

    allowed: tuple[Text, ...] | None = None
    forbidden: tuple[Text, ...] = ()
    where: tuple[RepositoryPath, ...] = ()
    sections: tuple[Text, ...] = Field(default=(), exclude_if=lambda sections: not sections)  # keeps digests

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.allowed is None and not self.forbidden:
            raise ValueError("names neither allowed nor forbidden packages")
        both = sorted(set(self.allowed or ()) & set(self.forbidden))
        if both:
            raise ValueError(f"allowed and forbidden at once: {', '.join(both)}")
        return self


class SqlCondition(StrictModel):
    """A SELECT over the evidence store; it holds when the first column of every row is true."""

    sql: Text


class _Definition(StrictModel):
    """What all kinds share.

    Attributes:
        id: slug, unique within the record.
        required: whether the record counts as unsatisfied without it.
        review_policy: when the evidence is looked at.
    """

    id: Slug
    description: Text
    required: bool = True
    review_policy: ReviewPolicy = "every_run"

    def global_id(self, record_id: str) -> str:
        """Name this definition everywhere: `<record id>#<evidence id>`."""
        return f"{record_id}#{self.id}"


class GateEvidence(_Definition):
    """A gate passes."""

    kind: Literal["gate"]
    gate: GateCommand


class ImportBoundaryEvidence(_Definition):
    """Modules import only what they may."""

    kind: Literal["import_boundary"]
    rule: ImportBoundaryRule


class PatternEvidence(_Definition):
    """A code pattern occurs, or does not."""

    kind: Literal["pattern"]
    pattern: CodePattern


class TestEvidence(_Definition):
    """Tests exist and pass."""

    __test__ = False  # the name is ours; pytest shall not collect it

    kind: Literal["test"]
    test: RequiredTests


class DependencyEvidence(_Definition):
    """Only the right packages are declared."""

    kind: Literal["dependency"]
    dependency: DependencyRule


class TraceEvidence(_Definition):
    """A named condition, or an SQL condition, holds over the trace of a run."""

    kind: Literal["trace"]
    condition: Annotated[
        Annotated[Slug, Tag("(text)")] | Annotated[SqlCondition, Tag("(mapping)")],
        Discriminator(text_or_mapping),
    ]


class MetricEvidence(_Definition):
    """An SQL condition holds over the evidence store."""

    kind: Literal["metric"]
    condition: SqlCondition


class HumanReviewEvidence(_Definition):
    """A named role answers a question; the answer counts for `expires_days` days."""

    kind: Literal["human_review"]
    question: Text
    role: Text
    expires_days: int = Field(gt=0)


EvidenceDefinition = Annotated[
    GateEvidence
    | ImportBoundaryEvidence
    | PatternEvidence
    | TestEvidence
    | DependencyEvidence
    | TraceEvidence
    | MetricEvidence
    | HumanReviewEvidence,
    Field(discriminator="kind"),
]
"""One evidence definition; `kind` decides which model it is."""


def split_evidence_id(evidence_id: str) -> tuple[str, str]:
    """Take a global evidence id apart: the record id, and the id within the record (empty without a `#`)."""
    record_id, _, local = evidence_id.partition("#")
    return record_id, local


class _Leniency(StrictModel):
    """What a waiver and an exception share: who allowed it, why, from when, until when.

    Attributes:
        until: first moment at which it holds no more.
    """

    evidence_id: EvidenceId
    who: Text
    why: Text
    granted_at: Timestamp
    until: Timestamp

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until <= self.granted_at:
            raise ValueError("`until` is not after `granted_at`: it would never hold")
        return self

    def is_valid(self, at: datetime) -> bool:
        """Say whether it holds at `at`: an expired waiver is not a waiver."""
        return self.granted_at <= at < self.until


class Waiver(_Leniency):
    """Someone takes it on themselves that evidence is not demanded for a while (spec 2.3).

    Attributes:
        waiver_id: `waiver_` and a ULID.
    """

    waiver_id: Text


class EvidenceException(_Leniency):
    """An allowed deviation: one finding, or one path, for a while; visible in every report (spec 2.3).

    Attributes:
        exception_id: `exception_` and a ULID.
        finding_id: the finding that is allowed, or None.
        path: the path (gitignore-style) in which findings are allowed, or None.
    """

    exception_id: Text
    finding_id: Text | None = None
    path: PathGlob | None = None

    @model_validator(mode="after")
    def _names_what_it_allows(self) -> Self:
        if self.finding_id is None and self.path is None:
            raise ValueError("an exception names a finding or a path")
        return self
