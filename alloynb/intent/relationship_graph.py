"""Whether all records together make sense: no dangling reference, no circle, no id twice (spec 2.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Protocol

from alloynb.errors import AlloyError
from alloynb.intent.durable_file import read_plain_file
from alloynb.intent.errors import DanglingReference, DuplicateId, RelationshipCycle
from alloynb.intent.outline import Linked
from alloynb.intent.yaml_document import MAX_FILE_BYTES, read_yaml

_WITHOUT_CIRCLES = ("supersedes", "refines", "depends_on")
_Place = tuple[str | int, ...]


class Placed(Protocol):
    """A record, or its outline, and the file that it stands in."""

    @property
    def model(self) -> Linked:
        """What the graph is made of."""
        ...

    @property
    def file(self) -> Path:
        """Where faults are told."""
        ...


def check_relationships(
    stored: Sequence[Placed],
    expectation_ids: Collection[str] = (),
    strategy_ids: Collection[str] = (),
) -> tuple[AlloyError, ...]:
    """Find every fault of the graph that the records form; empty when it is sound.

    Args:
        stored: all records of the repository, or their outlines.
        expectation_ids: shared expectations that exist.
        strategy_ids: shared strategies that exist.

    Returns:
        `DuplicateId`, `DanglingReference` and `RelationshipCycle`, each with file and line.
    """
    # Of many records few point at another one, and only those can form a circle.
    linked = [found for found in stored if found.model.supersedes is not None or found.model.relationships]
    return (
        *_duplicates(stored),
        *_dangling(stored, expectation_ids, strategy_ids),
        *(fault for kind in _WITHOUT_CIRCLES for fault in _circles(linked, kind)),
    )


def links_of(record: Linked) -> Iterator[tuple[str, str, _Place]]:
    """Give every link of a record to another one: relationship type, target id, and its place in the file."""
    if record.supersedes is not None:
        yield "supersedes", record.supersedes, ("supersedes",)
    for index, relationship in enumerate(record.relationships):
        yield relationship.type, relationship.target, ("relationships", index, "target")


def _duplicates(stored: Iterable[Placed]) -> Iterator[AlloyError]:
    first: dict[str, Placed] = {}
    for found in stored:
        other = first.setdefault(found.model.id, found)
        if other is not found:
            told = f"id {found.model.id!r} is taken by {other.file}"
            yield DuplicateId(told, file=found.file, line=_line(found, ("id",)))


def _dangling(
    stored: Sequence[Placed],
    expectation_ids: Collection[str],
    strategy_ids: Collection[str],
) -> Iterator[AlloyError]:
    known = {found.model.id for found in stored}
    for found in stored:
        record = found.model
        references = [
            (f"{kind} {target}", place) for kind, target, place in links_of(record) if target not in known
        ]
        if record.expectation_ref is not None and record.expectation_ref not in expectation_ids:
            references.append((f"expectation {record.expectation_ref}", ("expectation_ref",)))
        if record.strategy_ref is not None and record.strategy_ref not in strategy_ids:
            references.append((f"strategy {record.strategy_ref}", ("strategy_ref",)))
        for told, place in references:
            yield DanglingReference(f"{told}: there is no such id", file=found.file, line=_line(found, place))


def _circles(stored: Iterable[Placed], kind: str) -> Iterator[AlloyError]:
    by_id = {found.model.id: found for found in stored}
    edges = {
        record_id: {target for type_, target, _ in links_of(found.model) if type_ == kind and target in by_id}
        for record_id, found in by_id.items()
    }
    while True:
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))  # graphlib walks from target to source
            found = by_id[circle[0]]
            place = next(
                place
                for type_, target, place in links_of(found.model)
                if (type_, target) == (kind, circle[1])
            )
            told = f"a circle of {kind}: {' → '.join(circle)}"
            yield RelationshipCycle(told, file=found.file, line=_line(found, place))
            edges[circle[0]].discard(circle[1])
        else:
            return


def _line(found: Placed, place: _Place) -> int | None:
    """Look the line up only now that it is needed; the file was valid a moment ago."""
    try:
        content, _ = read_plain_file(found.file, MAX_FILE_BYTES)
        return read_yaml(content, found.file).lines.line_of(place)
    except (AlloyError, FileNotFoundError):
        return None
