"""Every analysis says what it answers, asks documented views alone, is small, and shows each chart with its table."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from alloynb.evidence.sql_files import SQL_FOLDER, SqlSources
from tests.journeys.documentation import ROOT, links_of

ANALYSES = sorted((ROOT / "notebooks" / "analysis").glob("*.ipynb"))
RUNS = sorted((ROOT / "notebooks" / "runs").glob("*.ipynb"))
MOST_CODE_LINES = 120
SETS = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)\b(?!\s*\.)")


def cells_of(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return found


def code_of(file: Path) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells_of(file) if cell["cell_type"] == "code")


def documented() -> set[str]:
    sources = SqlSources(SQL_FOLDER)
    return {each.name for each in (*sources.views(), *sources.macros())}


def test_there_is_an_analysis_for_each_question() -> None:
    assert [file.stem for file in ANALYSES] == [
        "audit",
        "contradictions",
        "drift",
        "gates",
        "satisfaction",
        "strategy_cost",
    ]


@pytest.mark.parametrize("file", [*ANALYSES, *RUNS], ids=lambda file: file.stem)
def test_a_notebook_says_first_what_it_is_for_and_is_stored_without_outputs(file: Path) -> None:
    first = "".join(cells_of(file)[0]["source"]).splitlines()
    code = [cell for cell in cells_of(file) if cell["cell_type"] == "code"]

    assert first[0].startswith("# ")
    assert first[2]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert sum(len(cell["source"]) for cell in code) <= MOST_CODE_LINES


@pytest.mark.parametrize("file", [*ANALYSES, *RUNS], ids=lambda file: file.stem)
def test_parameters_are_tagged_typed_and_commented(file: Path) -> None:
    (cell,) = [each for each in cells_of(file) if "parameters" in each["metadata"].get("tags", ())]
    lines = "".join(cell["source"]).splitlines()

    for line, statement in zip(lines, ast.parse("\n".join(lines)).body, strict=True):
        assert isinstance(statement, ast.AnnAssign)
        assert "  # " in line


@pytest.mark.parametrize("file", ANALYSES, ids=lambda file: file.stem)
def test_an_analysis_asks_documented_views_alone_and_draws(file: Path) -> None:
    code = code_of(file)
    asked = set(SETS.findall(code)) | set(re.findall(r'ask\("(\w+)"\)', code))

    assert asked
    assert asked <= documented()
    assert "Chart." in code


@pytest.mark.parametrize("file", ANALYSES, ids=lambda file: file.stem)
def test_an_analysis_refers_to_pages_that_exist(file: Path) -> None:
    assert not [target for target in links_of(file) if not (file.parent / target).exists()]
