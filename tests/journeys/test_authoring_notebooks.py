"""Every notebook for people says what it is for, is small, refers to what exists, and leaves a readable trace."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from alloynb.faces.widgets.freeze import WIDGET_VIEW, frozen
from tests.journeys.documentation import ROOT, links_of

NOTEBOOKS = sorted((ROOT / "notebooks" / "authoring").glob("*.ipynb"))
MOST_CODE_LINES = 120


def cells_of(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return found


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_begins_with_one_sentence_on_what_it_is_for(file: Path) -> None:
    first = "".join(cells_of(file)[0]["source"]).splitlines()

    assert first[0].startswith("# ")
    assert first[2].count(". ") == 0
    assert first[2].endswith(".")


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_small_and_stored_without_outputs(file: Path) -> None:
    code = [cell for cell in cells_of(file) if cell["cell_type"] == "code"]

    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert sum(len(cell["source"]) for cell in code) <= MOST_CODE_LINES
    assert all(cell["id"] for cell in cells_of(file))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_refers_to_pages_that_exist(file: Path) -> None:
    assert not [target for target in links_of(file) if not (file.parent / target).exists()]


def test_every_notebook_has_a_card_in_the_launcher_and_every_card_a_notebook() -> None:
    script = (ROOT / "alloynb" / "faces" / "lab" / "static" / "remoteEntry.js").read_text(encoding="utf-8")

    assert set(re.findall(r'^    \["(\w+)", "', script, re.MULTILINE)) == {file.stem for file in NOTEBOOKS}


@pytest.mark.slow
def test_an_executed_and_frozen_notebook_still_says_what_was_reviewed(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "authoring" / "discover_and_review.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert WIDGET_VIEW in json.dumps(notebook)

    without = frozen(json.loads(nbformat.writes(notebook)))

    nbformat.validate(without)
    assert WIDGET_VIEW not in json.dumps(without)
    (review,) = [cell for cell in without["cells"] if cell["id"] == "review"]
    shown = review["outputs"][-1]["data"]
    assert "hypotheses to review" in "".join(shown["text/html"])
    assert "checkout" in "".join(shown["text/plain"])
    assert "accepted: " in "".join(json.dumps(without))
    assert not list(tmp_path.iterdir()), "nothing is left where it was opened"
