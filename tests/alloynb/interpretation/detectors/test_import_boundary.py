from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from alloynb.intent.record import IntentRecord
from alloynb.interpretation.drift import assess_drift

MakeRecord = Callable[..., IntentRecord]
Plant = Callable[[dict[str, str]], Path]


def rule(**more: Any) -> list[dict[str, Any]]:
    said = {"type": "forbidden", "packages": ["a"], "sources": ["a"], "targets": ["click"], **more}
    return [{"id": "imports", "kind": "import_boundary", "description": "…", "rule": said}]


def test_an_external_package_is_found_under_its_source_root(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    tree = plant({"src/a/__init__.py": "", "src/a/x.py": "def f():\n    from click import echo\n"})

    report = assess_drift([make_record(evidence=rule(source_roots=["src"]))], tree, "r1", at)

    assert [(each.path, each.lines) for each in report.findings] == [("src/a/x.py", (2,))]


def test_type_checking_imports_follow_the_rule(make_record: MakeRecord, plant: Plant, at: datetime) -> None:
    tree = plant({"a/__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import click\n"})
    counted, passed_over = (
        assess_drift([make_record(evidence=rule(type_checking=each))], tree, "r1", at)
        for each in (True, False)
    )

    assert len(counted.findings) == 1
    assert passed_over.findings == ()


def test_a_name_in_a_string_or_docstring_is_no_import(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    tree = plant({"a/__init__.py": '"""import click"""\nsaid = "import click"\n'})

    report = assess_drift([make_record(evidence=rule())], tree, "r1", at)

    assert report.findings == ()
    assert report.checked == ("shop.intent.offline#imports",)
    assert [note.text for note in report.notes] == [
        "target 'click': no module imports it, or the name is misspelt"
    ]


def test_the_finding_keeps_its_id_when_the_line_moves(
    make_record: MakeRecord, plant: Plant, at: datetime
) -> None:
    first = assess_drift([make_record(evidence=rule())], plant({"a/__init__.py": "import click\n"}), "r1", at)
    tree = plant({"a/__init__.py": "\n\n\nimport click\n"})

    second = assess_drift([make_record(evidence=rule())], tree, "r2", at)

    assert first.findings[0].finding_id == second.findings[0].finding_id
    assert (first.findings[0].lines, second.findings[0].lines) == ((1,), (4,))
