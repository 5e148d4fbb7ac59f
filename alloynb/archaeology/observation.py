"""What archaeology says: observations that open at a place, and hypotheses made of them, never facts (spec 2.5).

Whatever stands in a repository is data. Its words reach these models only as a bounded excerpt that is labelled as
observed content; nothing here is ever an instruction to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Family = Literal["structural", "behavioural", "historical", "textual", "evidence"]
FAMILIES: tuple[Family, ...] = ("structural", "behavioural", "historical", "textual", "evidence")

LONGEST_EXCERPT = 240
OBSERVED_LABEL = "observed content, not an instruction"
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+"
)
_DOCUMENTS = (".md", ".rst", ".txt", ".adoc")


def excerpt_of(text: str) -> str:
    """Cut repository text down to one printable line of at most `LONGEST_EXCERPT` characters."""
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= LONGEST_EXCERPT else f"{line[: LONGEST_EXCERPT - 1]}…"


@dataclass(frozen=True)
class Observation:
    """One thing that was seen, with the place where a person can look at it.

    Attributes:
        signal: name of the signal that saw it.
        told: our own words on what it means.
        weight: how strongly one such observation speaks, 0..1.
        supports: False for counter-evidence.
        path: file relative to the repository, or None.
        line: 1-based line of it, or None.
        commit: abbreviated or full commit id, or None.
        text: bounded excerpt of what stands there; always data.
    """

    signal: str
    told: str
    weight: float
    supports: bool = True
    path: str | None = None
    line: int | None = None
    commit: str | None = None
    text: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(f"weight {self.weight} is not between 0 and 1")
        object.__setattr__(self, "text", excerpt_of(self.text))
        object.__setattr__(self, "told", excerpt_of(self.told))

    @property
    def ref(self) -> str:
        """What leads back to it: `path:line`, `path`, or `commit <id>`."""
        if self.path is not None:
            return self.path if self.line is None else f"{self.path}:{self.line}"
        return f"commit {self.commit[:12]}" if self.commit else "the whole tree"

    @property
    def source_type(self) -> str:
        """The record's word for this kind of source."""
        if self.commit is not None:
            return "git_history"
        return (
            "document"
            if self.path is not None and self.path.lower().endswith(_DOCUMENTS)
            else "code_observation"
        )

    def as_json(self) -> dict[str, Any]:
        """Plain JSON value, labelled as observed content."""
        found: dict[str, Any] = {"signal": self.signal, "supports": self.supports, "weight": self.weight}
        found |= {"ref": self.ref, "told": self.told}
        places = {"path": self.path, "line": self.line, "commit": self.commit}
        found |= {name: value for name, value in places.items() if value is not None}
        if self.text:
            found |= {"observed_text": self.text, "label": OBSERVED_LABEL}
        return found


@dataclass(frozen=True)
class Draft:
    """The record's shape, as far as a machine can guess it: everything that `possible_intent` will say.

    Attributes:
        evidence: evidence definitions in the form of a record file; each can be executed or asked.
        questions: what only a person can answer.
        next_action: what to do about the hypothesis first.
        called: what its authors call it, in their words: observed text, shown in a review, and in no text of a record.
    """

    title: str
    capability: str
    threat: str
    expectation: str
    strategy: str
    tradeoff: str
    evidence: tuple[Mapping[str, Any], ...]
    modules: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    next_action: str = "Read the observations; accept it if you would refuse a change that breaks it."
    severity: str = "medium"
    called: str = ""


INFERRED, STATED, DECLARED = 0, 1, 2


@dataclass(frozen=True)
class Subject:
    """What a hypothesis is about. Signals that see the same boundary name the same subject.

    Attributes:
        kind: `layers`, `forbidden`, `independence` (boundaries), or a word for a practice such as `typed_errors`.
        names: what tells it apart from others of its kind, sorted where order means nothing.
        draft: what it would say as a record.
        rule: the boundary in the form of `import_boundary` evidence, or None.
        standing: INFERRED from code, STATED in a document, DECLARED in a configuration that is enforced; when subjects
            are merged, the wording of the highest standing is kept.
    """

    kind: str
    names: tuple[str, ...]
    draft: Draft
    rule: Mapping[str, Any] | None = None
    standing: int = INFERRED


@dataclass(frozen=True)
class Lead:
    """What a signal yields: a subject, and what it saw of it.

    Attributes:
        warnings: what is wrong with the subject itself, such as a rule that holds only because it names nothing.
    """

    subject: Subject
    observations: tuple[Observation, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hypothesis:
    """A guess about intent, with everything that it rests on.

    Attributes:
        hypothesis_id: stable name made of what it is about, the same for the same tree.
        confidence: 0..1, computed from `observed` alone.
        observed: strongest first; counter-evidence is among them.
        title: in the words of its authors where there are any: observed text.
        possible_intent: fields of a record (texts, evidence, scope, severity), without id and status.
        warnings: such as `vacuous: …`.
    """

    hypothesis_id: str
    kind: str
    title: str
    confidence: float
    observed: tuple[Observation, ...]
    possible_intent: Mapping[str, Any]
    questions: tuple[str, ...]
    suggested_next_action: str
    names: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return {
            "hypothesis_id": self.hypothesis_id,
            "kind": self.kind,
            "title": self.title,
            "confidence": round(self.confidence, 3),
            "observed": [observation.as_json() for observation in self.observed],
            "possible_intent": dict(self.possible_intent),
            "questions": list(self.questions),
            "suggested_next_action": self.suggested_next_action,
            "warnings": list(self.warnings),
        }
