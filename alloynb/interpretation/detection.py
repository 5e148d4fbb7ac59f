"""What a drift detector is given, and what it answers (spec 6.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol, get_args, runtime_checkable

from alloynb.archaeology.code_patterns import PatternSeen, find_pattern
from alloynb.archaeology.import_graph import ImportGraph, read_import_graph
from alloynb.archaeology.repository import Repository, read_repository
from alloynb.intent.evidence_definition import EvidenceDefinition, EvidenceKind
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.finding import DriftFinding, Sighting, Step, finding_id_of
from alloynb.interpretation.witnesses import NOBODY, Witnesses

ReadGraph = Callable[[tuple[str, ...], tuple[str, ...], bool], ImportGraph]
"""Packages, source roots and whether TYPE_CHECKING imports count → the import graph of the tree."""

FindPattern = Callable[[str, str, Iterable[tuple[str, str]]], tuple[PatternSeen, ...]]
"""Language, query, and path and text of each file → where the pattern occurs."""


@dataclass(frozen=True)
class Reading:
    """The ways in which a tree is read; the same question is answered once.

    Attributes:
        read_graph: reads import graphs of the tree.
        find_pattern: asks structural queries of file texts.
        list_files: lists the files of the tree, those that git ignores left out.
    """

    read_graph: ReadGraph
    find_pattern: FindPattern
    list_files: Callable[[], Repository]


def plain_reading(tree: Path) -> Reading:
    """Read a tree directly, keeping nothing."""

    def read_graph(packages: tuple[str, ...], roots: tuple[str, ...], type_checking: bool) -> ImportGraph:
        return read_import_graph(tree, packages, roots, type_checking=type_checking)

    return Reading(read_graph, find_pattern, partial(read_repository, tree))


@dataclass(frozen=True)
class OpenQuestion:
    """A review question that nobody has answered, or whose answer counts no more."""

    evidence_id: str
    role: str
    question: str
    why_open: str


@dataclass(frozen=True)
class Look:
    """One evidence definition of one record, to be held against one tree.

    Attributes:
        tree: root of the files; read, never written or run.
        revision: what the tree is called.
        at: aware moment of the look.
        reading: how the tree is read.
        witnesses: whom to ask beside the tree.
    """

    record: IntentRecord
    definition: EvidenceDefinition
    tree: Path
    revision: str
    at: datetime
    reading: Reading
    witnesses: Witnesses = NOBODY

    @property
    def evidence_id(self) -> str:
        """Global id of the definition."""
        return self.definition.global_id(self.record.id)

    @property
    def demanded_at(self) -> tuple[str, tuple[int, ...]]:
        """Where the record demands the evidence: the place of what deviates and stands in no line of code."""
        path = f".alloy/intent/{self.record.slug}.yaml"
        try:
            lines = (self.tree / path).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return path, ()
        wanted = re.compile(
            rf"\s*(-\s+)?(\{{\s*)?id:\s*[\"']?{re.escape(self.definition.id)}[\"']?\s*(,|#|$)"
        )
        return path, tuple(number for number, line in enumerate(lines, 1) if wanted.match(line))[:1]

    def deviation(self, subject: Sequence[str], message: str) -> DriftFinding:
        """Make a finding that stands where the record demands the evidence."""
        path, lines = self.demanded_at
        return self.finding(self.definition.kind, subject, path, lines, message)

    def finding(
        self,
        detector: str,
        subject: Sequence[str],
        path: str,
        lines: Sequence[int],
        message: str,
        through: Sequence[Step] = (),
    ) -> DriftFinding:
        """Make a finding of this look; `subject` says what deviates without naming a line."""
        evidence_id = self.evidence_id
        seen = Sighting(revision=self.revision, at=self.at)
        return DriftFinding(
            finding_id=finding_id_of(self.record.id, evidence_id, detector, subject),
            record_id=self.record.id,
            evidence_id=evidence_id,
            detector=detector,
            subject=tuple(subject),
            path=path,
            lines=tuple(sorted(set(lines))),
            message=message,
            severity=self.record.severity,
            status="new",
            revision=self.revision,
            first_seen=seen,
            last_seen=seen,
            through=tuple(through),
        )


@dataclass(frozen=True)
class Detection:
    """What a look saw.

    Attributes:
        findings: deviations.
        could_not_check: why the evidence was not, or not wholly, checked; empty when it was.
        notes: what a reader should know although it changes nothing: names that mean nothing, stale exceptions.
        elsewhere: who decides what this look could not, although nothing was wrong with it; else empty.
        complete: whether whatever is not among `findings` is gone; False leaves earlier findings as they were.
        questions: what a person should answer.
    """

    findings: tuple[DriftFinding, ...] = ()
    could_not_check: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    elsewhere: str = ""
    complete: bool = True
    questions: tuple[OpenQuestion, ...] = field(default=())


@runtime_checkable
class Detector(Protocol):
    """A plugin that checks one kind of evidence by reading a tree.

    `detect` may raise AlloyError or ArtifactError; the evidence then counts as not checked.
    """

    kind: EvidenceKind

    def detect(self, look: Look) -> Detection:
        """Hold `look.definition`, which is of this detector's kind, against `look.tree`."""
        ...


def check_detector(offered: object) -> Detector:
    """Accept a plugin.

    Raises:
        TypeError: it lacks `kind` or a callable `detect`.
        ValueError: its kind is no kind of evidence.
    """
    if not isinstance(offered, Detector) or not callable(offered.detect):
        raise TypeError("a detector has `kind` and `detect(look)`")
    if offered.kind not in get_args(EvidenceKind):
        raise ValueError(f"{offered.kind!r} is no kind of evidence: {', '.join(get_args(EvidenceKind))}")
    return offered
