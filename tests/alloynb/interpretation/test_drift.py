from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from alloynb.intent.evidence_definition import EvidenceKind
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.detection import Detection, Detector, Look, check_detector
from alloynb.interpretation.drift import assess_drift, collect_detectors
from alloynb.interpretation.finding import settle

MakeRecord = Callable[..., IntentRecord]
Plant = Callable[[dict[str, str]], Path]
CLEAN = {"a/__init__.py": "", "a/x.py": '"""Do not import b."""\n', "b/__init__.py": ""}


class Counting:
    kind: EvidenceKind = "pattern"

    def __init__(self) -> None:
        self.looks: list[str] = []

    def detect(self, look: Look) -> Detection:
        self.looks.append(look.definition.global_id(look.record.id))
        return Detection(notes=("seen",))


def test_a_planted_import_is_drift_with_file_and_line(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    tree = plant(CLEAN | {"a/x.py": "import os\n\nimport b\n"})

    report = assess_drift([make_record()], tree, "r1", at)

    (found,) = report.findings
    assert (found.path, found.lines, found.severity, found.status) == ("a/x.py", (3,), "high", "new")
    assert found.message == "a.x imports b; a must not import b"
    assert found.evidence_id == "shop.intent.offline#imports"
    assert report.checked == ("shop.intent.offline#imports",)
    assert report.could_not_check == ()


def test_drift_that_is_repaired_is_resolved_by_evidence(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    tree = plant(CLEAN | {"a/x.py": "import b\n"})
    broken = assess_drift([make_record()], tree, "r1", at)
    before = settle((), broken.findings, broken.checked, "r1", at)
    plant({"a/x.py": "\n"})

    repaired = assess_drift([make_record()], tree, "r2", at)

    (after,) = settle(before, repaired.findings, repaired.checked, "r2", at)
    assert (after.status, after.revision) == ("resolved", "r2")


def test_a_tree_that_cannot_be_read_is_unknown_and_never_satisfied(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    tree = plant(CLEAN | {"a/bad.py": "def f(:\n"})

    report = assess_drift([make_record()], tree, "r1", at)

    assert report.checked == ()
    (unknown,) = report.could_not_check
    assert unknown.evidence_id == "shop.intent.offline#imports"
    assert "bad.py:1: syntax error" in unknown.reasons[0]


def test_a_rule_that_nothing_can_break_is_unknown(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    rule = {"type": "forbidden", "packages": ["a", "b"], "sources": ["a.typo"], "targets": ["b"]}
    evidence = [{"id": "imports", "kind": "import_boundary", "description": "…", "rule": rule}]

    report = assess_drift([make_record(evidence=evidence)], plant(CLEAN), "r1", at)

    (reason,) = report.could_not_check[0].reasons
    assert reason.startswith("vacuous: the rule cannot be broken, so that it holds proves nothing")
    assert reason.endswith("no module is a source")
    assert [note.text for note in report.notes] == [
        "source 'a.typo' names nothing: no module of this name is in the packages"
    ]


def test_only_records_that_guide_runs_are_checked(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    tree = plant(CLEAN | {"a/x.py": "import b\n"})

    report = assess_drift([make_record(status=each) for each in ("proposed", "deprecated")], tree, "r1", at)

    assert report.findings == report.checked == report.could_not_check == ()


def test_one_evidence_can_be_checked_alone(make_record: MakeRecord, plant: Plant, at: datetime) -> None:
    records = [make_record("one"), make_record("two")]

    report = assess_drift(records, plant(CLEAN), "r1", at, only={"shop.intent.two#imports"})

    assert report.checked == ("shop.intent.two#imports",)


def test_kinds_that_reading_cannot_decide_are_named_and_an_absent_detector_is_not_hidden(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    evidence: list[dict[str, Any]] = [
        {"id": "t", "kind": "test", "description": "…", "test": {"tests": ["tests/x.py"]}},
        {
            "id": "p",
            "kind": "pattern",
            "description": "…",
            "pattern": {"language": "python", "must": "occur", "query": "x", "paths": ["**"]},
        },
    ]

    report = assess_drift([make_record(evidence=evidence)], plant(CLEAN), "r1", at, detectors={})

    assert [note.evidence_id for note in report.seen_elsewhere] == ["shop.intent.offline#t"]
    assert report.could_not_check[0].reasons == ("no detector for pattern evidence is installed",)
    counting = Counting()
    report = assess_drift(
        [make_record(evidence=evidence)], plant(CLEAN), "r1", at, detectors={"pattern": counting}
    )
    assert report.checked == ("shop.intent.offline#p",)
    assert counting.looks == ["shop.intent.offline#p"]


def test_the_same_graph_is_read_once_for_many_rules(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    asked: list[object] = []

    class Asking:
        kind: EvidenceKind = "import_boundary"

        def detect(self, look: Look) -> Detection:
            asked.append(look.reading.read_graph(("a", "b"), (".",), True))
            return Detection()

    records = [make_record("one"), make_record("two")]
    assess_drift(records, plant(CLEAN), "r1", at, detectors={"import_boundary": Asking()})

    assert asked[0] is asked[1]


def test_the_detectors_of_this_package_are_found_by_kind() -> None:
    assert set(collect_detectors()) >= {"import_boundary", "dependency"}


@pytest.mark.parametrize(
    ("offered", "error"),
    [
        (object(), TypeError),
        (type("NoKind", (), {"detect": lambda self, look: None})(), TypeError),
        (type("BadKind", (), {"kind": "smell", "detect": lambda self, look: None})(), ValueError),
        (type("NotCallable", (), {"kind": "pattern", "detect": 3})(), TypeError),
    ],
)
def test_a_detector_that_is_none_is_refused_when_it_registers(
    offered: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_detector(offered)


def test_a_good_detector_is_accepted() -> None:
    good: Detector = Counting()

    assert check_detector(good) is good
