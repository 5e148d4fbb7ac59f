"""The tour takes a newcomer once round the loop, from any folder, and is stored without outputs."""

from __future__ import annotations

import json
from typing import Any

import nbclient
import nbformat
import pytest

from tests.journeys.documentation import ROOT

TOUR = ROOT / "notebooks" / "authoring" / "tour.ipynb"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Text that each cell shows, by the cell's id."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    notebook = nbformat.read(TOUR, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(elsewhere)}})
    client.execute()
    assert not list(elsewhere.iterdir()), "the tour leaves nothing where it was opened"
    return {cell["id"]: "".join(_text(each) for each in cell.get("outputs", ())) for cell in notebook.cells}


def _text(output: dict[str, Any]) -> str:
    return str(output.get("text") or output["data"]["text/plain"])


@pytest.mark.slow
def test_the_tour_closes_the_loop(told: dict[str, str]) -> None:
    assert "accepted" in told["accept"]
    assert "vendor-boundary.imports" in told["brief"]
    assert "✔ The capability holds, nothing drifted" in told["run"]
    assert "executed.ipynb" in told["run"]
    assert "checkout/payment.py:3  checkout.payment imports acme.client" in told["drift"]
    assert told["resolve"].startswith("✔ No drift, 1 resolved")
    assert "2 rows" in told["ask"]


@pytest.mark.slow
def test_the_tour_says_in_which_line_the_import_was_planted(told: dict[str, str]) -> None:
    says = {
        cell["id"]: "".join(cell["source"]) for cell in json.loads(TOUR.read_text(encoding="utf-8"))["cells"]
    }

    assert "in line 3" in says["drift-says"]
    assert "payment.py:3" in told["drift"]


def test_the_tour_is_small_and_stored_without_outputs() -> None:
    notebook = json.loads(TOUR.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert len(code) <= 12
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert all(cell["id"] for cell in notebook["cells"])


def test_the_tour_refers_to_pages_that_exist() -> None:
    from tests.journeys.documentation import links_of

    assert not [target for target in links_of(TOUR) if not (TOUR.parent / target).exists()]
