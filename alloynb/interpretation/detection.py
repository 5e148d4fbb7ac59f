"""What a drift detector is given, and what it answers (spec 6.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, get_args, runtime_checkable

from alloynb.archaeology.import_graph import ImportGraph
from alloynb.intent.evidence_definition import EvidenceDefinition, EvidenceKind
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.finding import DriftFinding, Sighting, finding_id_of

ReadGraph = Callable[[tuple[str, ...], tuple[str, ...], bool], ImportGraph]
"""Packages, source roots and whether TYPE_CHECKING imports count → the import graph of the tree."""


@dataclass(frozen=True)
class Look:
    """One evidence definition of one record, to be held against one tree.

    Attributes:
        tree: root of the files; read, never written or run.
        revision: what the tree is called.
        at: aware moment of the look.
        read_graph: reads import graphs of this tree; the same question is answered once.
    """

    record: IntentRecord
    definition: EvidenceDefinition
    tree: Path
    revision: str
    at: datetime
    read_graph: ReadGraph

    def finding(
        self, detector: str, subject: Sequence[str], path: str, lines: Sequence[int], message: str
    ) -> DriftFinding:
        """Make a finding of this look; `subject` says what deviates without naming a line."""
        evidence_id = self.definition.global_id(self.record.id)
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
        )


@dataclass(frozen=True)
class Detection:
    """What a look saw.

    Attributes:
        findings: deviations.
        could_not_check: why the evidence was not, or not wholly, checked; empty when it was.
        notes: what a reader should know although it changes nothing: names that mean nothing, stale exceptions.
    """

    findings: tuple[DriftFinding, ...] = ()
    could_not_check: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


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
