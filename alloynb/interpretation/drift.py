"""Holding a tree against the evidence of the records that guide it (spec 6.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alloynb.errors import AlloyError
from alloynb.intent.evidence_definition import EvidenceDefinition
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.detection import (
    Detection,
    Detector,
    Look,
    OpenQuestion,
    Reading,
    check_detector,
    plain_reading,
)
from alloynb.interpretation.finding import DriftFinding, place_of
from alloynb.interpretation.kept_reading import read_once
from alloynb.interpretation.witnesses import NOBODY, Witnesses
from runtime_artifacts.drop_in import collect_drop_ins
from runtime_artifacts.errors import ArtifactError

_SEEN_ELSEWHERE = {
    "gate": "a run executes the command",
    "test": "a run executes the tests",
    "trace": "the trace of a run is asked",
    "metric": "the evidence store is asked",
    "human_review": "a human answers",
}


@dataclass(frozen=True)
class NotChecked:
    """Evidence about which nothing complete can be said, with each reason."""

    evidence_id: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """Something a reader of the evidence should know: a name that means nothing, an exception without a case."""

    evidence_id: str
    text: str


@dataclass(frozen=True)
class DriftReport:
    """What reading one tree told.

    Attributes:
        checked: global ids of the evidence that was checked wholly, sorted.
        findings: what deviates, unsettled (`settle` compares it with what was known), also of partly checked evidence.
        could_not_check: evidence that is neither held nor broken; `unknown`, never satisfied.
        seen_elsewhere: evidence that this look cannot decide, with who decides it.
        notes: remarks that change no verdict.
        settled: global ids of the evidence of which all deviations are among `findings`, sorted; more than `checked`,
            since tests may be seen to be there without being seen to pass.
        questions: what people should answer.
    """

    revision: str
    at: datetime
    checked: tuple[str, ...]
    findings: tuple[DriftFinding, ...]
    could_not_check: tuple[NotChecked, ...]
    seen_elsewhere: tuple[Note, ...]
    notes: tuple[Note, ...]
    settled: tuple[str, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()


def collect_detectors() -> Mapping[str, Detector]:
    """Load the detectors of this package and of the entry points `alloynb.detectors`, by kind of evidence.

    Raises:
        BadPlugin: names the file or entry point and what is wrong with it.
    """
    found = collect_drop_ins(
        "alloynb.interpretation.detectors",
        "DETECTOR",
        check_detector,
        name_of=lambda detector: detector.kind,
        entry_points="alloynb.detectors",
    )
    return {name: each.plugin for name, each in found.items()}


def assess_drift(
    records: Iterable[IntentRecord],
    tree: Path,
    revision: str,
    at: datetime,
    *,
    only: Collection[str] | None = None,
    detectors: Mapping[str, Detector] | None = None,
    reading: Reading | None = None,
    witnesses: Witnesses = NOBODY,
) -> DriftReport:
    """Check the executable evidence of every accepted or active record by reading `tree`; nothing in it is run.

    Args:
        records: all records; those that do not guide runs are passed over.
        tree: root of a checkout or export.
        revision: what the tree is called in findings.
        at: aware moment.
        only: global evidence ids to check; all when None.
        detectors: by kind of evidence; the installed ones when None.
        reading: how the tree is read; directly when None.
        witnesses: whom to ask beside the tree.

    Raises:
        BadPlugin: an installed detector is broken.

    Spec: 6.4.
    """
    installed = collect_detectors() if detectors is None else detectors

    once = read_once(reading or plain_reading(tree))
    checked: list[str] = []
    settled: list[str] = []
    questions: list[OpenQuestion] = []
    findings: list[DriftFinding] = []
    could_not_check: list[NotChecked] = []
    seen_elsewhere: list[Note] = []
    notes: list[Note] = []
    for evidence_id, record, definition in _wanted(records, only):
        detector = installed.get(definition.kind)
        if detector is None and definition.kind in _SEEN_ELSEWHERE:
            seen_elsewhere.append(Note(evidence_id, _SEEN_ELSEWHERE[definition.kind]))
            continue
        seen = _look(Look(record, definition, tree, revision, at, once, witnesses), detector)
        findings.extend(seen.findings)
        notes.extend(Note(evidence_id, text) for text in seen.notes)
        questions.extend(seen.questions)
        if seen.could_not_check:
            could_not_check.append(NotChecked(evidence_id, seen.could_not_check))
            continue
        if seen.complete:
            settled.append(evidence_id)
        if seen.elsewhere:
            seen_elsewhere.append(Note(evidence_id, seen.elsewhere))
        elif seen.complete:
            checked.append(evidence_id)
    return DriftReport(
        revision=revision,
        at=at,
        checked=tuple(checked),
        findings=tuple(sorted(findings, key=place_of)),
        could_not_check=tuple(could_not_check),
        seen_elsewhere=tuple(seen_elsewhere),
        notes=tuple(notes),
        settled=tuple(settled),
        questions=tuple(questions),
    )


def _wanted(
    records: Iterable[IntentRecord], only: Collection[str] | None
) -> list[tuple[str, IntentRecord, EvidenceDefinition]]:
    wanted = [
        (definition.global_id(record.id), record, definition)
        for record in records
        if record.guides_runs
        for definition in record.evidence
    ]
    return sorted(
        (each for each in wanted if only is None or each[0] in only), key=lambda each: (each[0], each[1].id)
    )


def _look(look: Look, detector: Detector | None) -> Detection:
    if detector is None:
        return Detection(could_not_check=(f"no detector for {look.definition.kind} evidence is installed",))
    try:
        return detector.detect(look)
    except (AlloyError, ArtifactError) as error:
        return Detection(could_not_check=(str(error),))
