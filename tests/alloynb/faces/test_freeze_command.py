"""`alloynb freeze` says what it took out of which notebook, and refuses what is none."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from alloynb.faces.cli import main
from alloynb.faces.widgets.freeze import WIDGET_VIEW


def test_widgets_are_taken_out_and_the_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    file = tmp_path / "run.ipynb"
    shown = {
        "output_type": "display_data",
        "data": {WIDGET_VIEW: {}, "text/plain": ["5 records"]},
        "metadata": {},
    }
    cell = {"cell_type": "code", "source": [], "outputs": [shown]}
    file.write_text(json.dumps({"cells": [cell], "metadata": {"widgets": {}}}), encoding="utf-8")

    first = CliRunner().invoke(main, ["freeze", str(file), "--json"])
    second = CliRunner().invoke(main, ["freeze", str(file), "--json"])

    assert [each["changed"] for each in json.loads(first.stdout)["data"]] == [True]
    assert [each["changed"] for each in json.loads(second.stdout)["data"]] == [False]
    assert "5 records" in file.read_text(encoding="utf-8")
    assert WIDGET_VIEW not in file.read_text(encoding="utf-8")


def test_what_is_no_notebook_is_bad_input(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no notebook", encoding="utf-8")

    answer = CliRunner().invoke(main, ["freeze", str(file)])

    assert answer.exit_code == 2
    assert file.read_text(encoding="utf-8") == "no notebook"
