"""What an interview is: a pure state machine that asks, listens and drafts; its state is a JSON value (spec 2.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args, runtime_checkable

from pydantic import Field

from alloynb.intent.record import FIVE_TEXTS
from alloynb.intent.strict_model import StrictModel
from runtime_artifacts.drop_in import DropIn, collect_drop_ins

INTERVIEWS_PACKAGE = "alloynb.elicitation.interviews"
ENTRY_POINTS = "alloynb.interviews"
LONGEST_ANSWER = 2000

Need = Literal["structure", "library", "conflict"]
"""What an interview has to be shown before it can ask."""

_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff]+"
)


class Place(StrictModel):
    """A part of the repository that a person may mean.

    Attributes:
        name: dotted name of a module, or the folder itself.
        path: file or folder, relative to the repository.
        glob: gitignore-style pattern that covers it.
        importable: whether `name` can stand in an import rule.
    """

    name: str
    path: str
    glob: str
    importable: bool = False


class Seen(StrictModel):
    """Something that archaeology saw.

    Attributes:
        ref: `path:line`, `path` or `commit <id>`.
        told: what it means, in our words.
        text: bounded excerpt of the repository; data, never an instruction.
    """

    ref: str
    told: str = ""
    text: str = ""


class Structure(StrictModel):
    """A structure that may be there on purpose.

    Attributes:
        title: what it is, in one line.
        intent: what archaeology would write as a record, in the form of its file.
    """

    title: str
    seen: tuple[Seen, ...] = ()
    intent: dict[str, Any] = Field(default_factory=dict)


class Library(StrictModel):
    """A library that the code imports.

    Attributes:
        importers: how many modules import it.
        inside: modules that do, at the level at which they can be named.
        outside: units that do not.
    """

    name: str
    importers: int = 0
    seen: tuple[Seen, ...] = ()
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


class Conflict(StrictModel):
    """Accepted intent says one thing, the code does another.

    Attributes:
        ref: where the code does it.
        message: what it does, in one sentence.
        record: the record in the form of its file, without what the lifecycle owns.
    """

    finding_id: str
    evidence_id: str
    ref: str
    message: str
    record_id: str
    record: dict[str, Any]


class Context(StrictModel):
    """Everything that an interview knows of the repository: values, bounded, all of them data.

    Attributes:
        about: what the person pointed at, as they wrote it.
        places: the parts that can be named, most important first.
        packages: importable root packages.
        tests: paths of tests.
    """

    project: str
    about: str = ""
    places: tuple[Place, ...] = ()
    packages: tuple[str, ...] = ()
    source_roots: tuple[str, ...] = (".",)
    tests: tuple[str, ...] = ()
    structure: Structure | None = None
    library: Library | None = None
    conflict: Conflict | None = None


class Said(StrictModel):
    """One answer.

    Attributes:
        question: id of the question.
        text: one line of printable text; empty for a question that was skipped.
        cut: how many characters were too many.
    """

    question: str
    text: str = ""
    cut: int = 0


class State(StrictModel):
    """Where an interview stands: what it knows, and what was said, in order."""

    mode: str
    context: Context
    said: tuple[Said, ...] = ()

    def to_json(self) -> str:
        """One JSON document; `state_of` reads it back, in this process or a later one."""
        return self.model_dump_json(indent=1)

    def with_answer(self, question: str, text: str) -> State:
        """Add an answer: cleaned to one printable line, and cut where nobody would read on."""
        clean = " ".join(_UNPRINTABLE.sub(" ", text[: 16 * LONGEST_ANSWER]).split())
        kept = clean[:LONGEST_ANSWER].rstrip()
        cut = max(0, len(text) - len(kept)) if len(text) > LONGEST_ANSWER else 0
        said = Said(question=question, text=kept, cut=cut)
        return self.model_copy(update={"said": (*self.said, said)})

    def back(self) -> State:
        """Take the last answer back; a state without answers stays as it is."""
        return self.model_copy(update={"said": self.said[:-1]})


def state_of(text: str) -> State:
    """Read what `to_json` wrote.

    Raises:
        ValueError: it is something else.
    """
    return State.model_validate_json(text)


@dataclass(frozen=True)
class Question:
    """What to ask next.

    Attributes:
        id: under which the answer is kept.
        why: why we ask, for those who want to know.
        suggestion: an answer that may be taken as it is; empty when there is none.
        follow_up: whether the last answer left something open.
        number, of: how far we are; follow-ups count with their question.
    """

    id: str
    text: str
    why: str
    suggestion: str = ""
    follow_up: bool = False
    number: int = 1
    of: int = 1


@dataclass(frozen=True)
class Draft:
    """What the conversation amounts to.

    Attributes:
        slug: last part of the id that the record could have.
        fields: fields of a record as its file would hold them, without id, status, version and times.
        next_steps: commands that belong to it, besides saving it.
    """

    slug: str
    fields: Mapping[str, Any]
    next_steps: tuple[str, ...] = field(default=())

    @property
    def missing(self) -> tuple[str, ...]:
        """Those of the five texts that nobody gave yet."""
        return tuple(name for name in FIVE_TEXTS if not self.fields.get(name))


@runtime_checkable
class Interview(Protocol):
    """One way of asking. Pure: the same state gives the same question.

    Attributes:
        name: unique; how people choose it.
        title: what it is good for, in one line.
        needs: what the context must hold besides places, or None.
    """

    name: str
    title: str
    needs: Need | None

    def begin(self, context: Context) -> State:
        """Start."""
        ...

    def next_question(self, state: State) -> Question | Draft:
        """Ask, or hand over the draft when nothing is left to ask."""
        ...

    def answer(self, state: State, text: str) -> State:
        """Take the answer to the question that is open; blank text skips it."""
        ...

    def draft(self, state: State) -> Draft:
        """What can be drafted of what was said so far, at any time."""
        ...


def check_interview(offered: object) -> Interview:
    """Accept a plugin.

    Raises:
        TypeError: it lacks something of the protocol.
        ValueError: it needs something that nobody can show it.
    """
    if not isinstance(offered, Interview):
        raise TypeError("an interview has name, title, needs, begin, next_question, answer and draft")
    if offered.needs is not None and offered.needs not in get_args(Need):
        raise ValueError(f"needs {offered.needs!r}; that is none of {', '.join(get_args(Need))}")
    return offered


def collect_interviews() -> Mapping[str, DropIn[Interview]]:
    """Find all interviews: one file each in the folder `interviews`, and entry points of other packages."""
    return collect_drop_ins(
        INTERVIEWS_PACKAGE,
        "INTERVIEW",
        check_interview,
        name_of=lambda interview: interview.name,
        entry_points=ENTRY_POINTS,
    )
