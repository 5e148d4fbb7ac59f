"""The rules that two public projects enforce today, held against what they were and what they are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alloynb.intent.record import IntentRecord
from alloynb.interpretation.drift import DriftReport, assess_drift
from tests.fakes.kedro_intent import kedro_evidence
from tests.fakes.public_projects import public_project

pytestmark = pytest.mark.slow

NO_CLICK = {
    "id": "core-no-click",
    "kind": "import_boundary",
    "description": "Core modules must not import click.",
    "rule": {
        "type": "forbidden",
        "packages": ["geoparquet_io"],
        "sources": ["geoparquet_io.core"],
        "targets": ["click"],
        "ignore_imports": ["geoparquet_io.core.benchmark_suite -> geoparquet_io"],
    },
}


def held_against(tree: Path, evidence: list[dict[str, Any]]) -> DriftReport:
    texts = dict.fromkeys(("capability", "threat", "expectation", "strategy", "tradeoff"), "As they say.")
    said = {"id": "public.intent.rules", "title": "Their rules", "status": "accepted", "evidence": evidence}
    moments = dict.fromkeys(("created_at", "updated_at"), "2026-01-01T00:00:00Z")
    record = IntentRecord.model_validate({**said, **texts, **moments})
    return assess_drift([record], tree, tree.name, datetime(2026, 3, 1, tzinfo=UTC))


def test_what_kedro_enforces_now_was_broken_in_one_place_two_years_ago() -> None:
    report = held_against(public_project("kedro", "0.18.14"), kedro_evidence())

    (found,) = report.findings
    assert found.subject == ("kedro.runner.parallel_runner", "kedro.framework.project")
    assert (found.path, found.lines) == ("kedro/runner/parallel_runner.py", (27, 101, 316))
    assert report.could_not_check == ()


def test_kedro_holds_its_own_rules() -> None:
    report = held_against(public_project("kedro", "1.7.0"), kedro_evidence())
    assert report.findings == report.could_not_check == ()
    assert len(report.checked) == len(kedro_evidence())


def test_every_core_module_that_imported_click_is_found_and_no_word_about_click_is() -> None:
    tree = public_project("geoparquet-io", "0.9.0")
    report = held_against(tree, [NO_CLICK])

    found = {each.subject[0] for each in report.findings}
    modules = {path.stem: path for path in (tree / "geoparquet_io" / "core").glob("*.py")}
    importing = {
        f"geoparquet_io.core.{name}"
        for name, path in modules.items()
        if any(
            line.strip().startswith(("import click", "from click")) for line in path.read_text().splitlines()
        )
    }
    assert len(modules) == 44
    assert len(found) == len(report.findings) == 26
    assert found == importing
    mentioned = {
        f"geoparquet_io.core.{name}" for name, path in modules.items() if "click" in path.read_text()
    }
    assert mentioned > found, "some modules only speak of click"
    for finding in report.findings:
        lines = (tree / finding.path).read_text().splitlines()
        assert all("click" in lines[line - 1] for line in finding.lines)


def test_geoparquet_io_holds_its_own_rule() -> None:
    report = held_against(public_project("geoparquet-io", "1.7.0"), [NO_CLICK])
    assert report.findings == report.could_not_check == ()
