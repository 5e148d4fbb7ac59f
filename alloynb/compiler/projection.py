"""Projections: files for people, agents and tools that are compiled from accepted intent (spec 2.8).

A projection is a pure function of the records: the same records give the same bytes, on every machine, at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from alloynb.compiler.wording import one_line
from alloynb.intent.expectation import Expectation
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from runtime_artifacts.drop_in import collect_drop_ins

_SEVERITIES = ("high", "medium", "low")
Comment = Literal["<!--", "#"]


@dataclass(frozen=True)
class ProjectedIntent:
    """What projections are compiled from.

    Attributes:
        records: accepted and active ones alone, most severe first, then by id.
        expectations, strategies: shared ones that the records point at, by id.
        source_roots: folders in which packages lie.
    """

    project: str
    title: str
    records: tuple[IntentRecord, ...]
    expectations: Mapping[str, Expectation] = field(default_factory=dict)
    strategies: Mapping[str, Strategy] = field(default_factory=dict)
    source_roots: tuple[str, ...] = (".",)


@dataclass(frozen=True)
class Projection:
    """One kind of projected file, as its file offers it.

    Attributes:
        name: what `alloynb export` calls it.
        about: one line for people.
        destination: where it goes by default, relative to the repository.
        comment: how the format begins a comment; the mark is written in it.
        may_join: whether it can stand as a marked region in a file that others wrote.
        compile: gives the text between the marks, whole lines.
    """

    name: str
    about: str
    destination: str
    comment: Comment
    may_join: bool
    compile: Callable[[ProjectedIntent], str]


def projected_intent(
    project: str,
    title: str,
    records: Iterable[IntentRecord],
    expectations: Iterable[Expectation] = (),
    strategies: Iterable[Strategy] = (),
    source_roots: Iterable[str] = (".",),
) -> ProjectedIntent:
    """Keep what guides runs, in an order that does not hang on how it was read."""
    guiding = sorted(
        (record for record in records if record.guides_runs),
        key=lambda record: (_SEVERITIES.index(record.severity), record.id),
    )
    expected = {record.expectation_ref for record in guiding}
    preferred = {record.strategy_ref for record in guiding}
    return ProjectedIntent(
        project,
        one_line(title),
        tuple(guiding),
        {each.id: each for each in sorted(expectations, key=lambda each: each.id) if each.id in expected},
        {each.id: each for each in sorted(strategies, key=lambda each: each.id) if each.id in preferred},
        tuple(source_roots),
    )


def collect_projections() -> dict[str, Projection]:
    """All projections: those of the folder, then those of other packages.

    Raises:
        BadPlugin: a dropped-in file or an entry point is no projection.
    """
    found = collect_drop_ins(
        "alloynb.compiler.projections",
        "PROJECTION",
        _checked,
        name_of=lambda projection: projection.name,
        entry_points="alloynb.projections",
    )
    return {name: each.plugin for name, each in found.items()}


def in_markdown(text: str) -> str:
    """One line of a record's text that can begin no comment, no tag and no mark of ours."""
    return one_line(text).replace("<", "&lt;").replace("-->", "--&gt;")


def in_comment(text: str) -> str:
    """One line of a record's text for a `#` comment, without characters that a terminal obeys."""
    return "".join(each if each.isprintable() else " " for each in one_line(text))


def _checked(value: object) -> Projection:
    if not isinstance(value, Projection):
        raise TypeError(f"expected a Projection, found {type(value).__name__}")
    if not value.name or not value.destination or value.destination.startswith(("/", "..")):
        raise ValueError("it needs a name, and a destination within the repository")
    return value
