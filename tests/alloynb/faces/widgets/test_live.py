"""A widget answers every message, refuses in words, leaves a readable trace, and is one small text for the browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alloynb.errors import AlloyError
from alloynb.faces.widgets import markup
from alloynb.faces.widgets.freeze import WIDGET_VIEW, NotANotebook, freeze_file, frozen
from alloynb.faces.widgets.live import Act, Live, Payload, UnfitMessage, text_in, texts_in
from alloynb.faces.widgets.module_text import FOLDER, module_text, style_text
from alloynb.faces.widgets.shown import Shown
from tests.architecture.house import ROOT

MODULES = sorted(file.stem for file in FOLDER.glob("*.js"))


class Said(Shown):
    def __init__(self, text: str) -> None:
        self.said = text

    def html(self) -> str:
        return markup.whole("Said", markup.prose(self.said))

    def text(self) -> str:
        return self.said


class Echo(Live):
    """The smallest widget."""

    module = "rows"

    def __init__(self) -> None:
        super().__init__(view={"said": ""})
        self.sent: list[Any] = []

    def twin(self) -> Shown:
        return Said(self.view["said"] or "nothing")

    def acts(self) -> Mapping[str, Act]:
        return {
            "say": self.say,
            "break": self.fall,
            "fill": self.fill,
            "look": lambda _: {"seen": self.value},
        }

    def say(self, payload: Payload) -> None:
        said = text_in(payload, "text", most=20)
        if said == "no":
            raise AlloyError("that is not said", next_step="say something else")
        self.value = said
        self.view = {"said": said}

    def fall(self, payload: Payload) -> None:
        raise ZeroDivisionError

    def fill(self, payload: Payload) -> None:
        raise OSError(28, "No space left on device", "/x")

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def from_browser(self, content: Any) -> Any:
        self._receive(self, content, None)
        return self.sent[-1] if self.sent else None


def test_what_was_done_can_be_read_by_the_notebook() -> None:
    echo, heard = Echo(), []
    echo.observe(lambda change: heard.append(change["new"]), "value")

    answer = echo.from_browser({"act": "say", "id": "1", "payload": {"text": "hello"}})

    assert answer == {"done": "1", "refused": ""}
    assert echo.value == "hello"
    assert heard == ["hello"]
    assert str(echo) == "hello"


def test_a_refusal_says_what_to_do_next_on_a_line_of_its_own() -> None:
    answer = Echo().from_browser({"act": "say", "id": "1", "payload": {"text": "no"}})

    assert answer["refused"] == "that is not said\nsay something else"


@pytest.mark.parametrize(
    "payload", [None, [], {}, {"text": 3}, {"text": "x" * 21}, {"text": None}, {3: "x"}, "text"]
)
def test_a_message_that_makes_no_sense_is_refused_and_changes_nothing(payload: Any) -> None:
    echo = Echo()

    answer = echo.from_browser({"act": "say", "id": "1", "payload": payload})

    assert "no text of at most 20" in answer["refused"]
    assert echo.value is None


@pytest.mark.parametrize("content", [None, "say", {}, {"act": 3, "id": "1"}])
def test_noise_is_not_answered(content: Any) -> None:
    assert Echo().from_browser(content) is None


def test_an_unknown_act_is_refused_with_those_that_there_are() -> None:
    answer = Echo().from_browser({"act": "dance", "id": "1", "payload": {}})

    assert "there are: say, break, fill, look" in answer["refused"]


def test_the_browser_may_go_on_even_when_an_act_breaks() -> None:
    echo = Echo()

    with pytest.raises(ZeroDivisionError):
        echo.from_browser({"act": "break", "id": "1", "payload": {}})

    assert echo.sent == [{"done": "1", "refused": "This failed in the kernel; its log says more."}]


def test_a_full_disk_is_told_and_not_a_broken_widget() -> None:
    answer = Echo().from_browser({"act": "fill", "id": "1", "payload": {}})

    assert answer["refused"] == "/x: No space left on device; nothing more was written"


def test_an_act_that_answers_is_heard_by_the_browser() -> None:
    echo = Echo()
    echo.value = "hello"

    assert echo.from_browser({"act": "look", "id": "1", "payload": {}})["answer"] == {"seen": "hello"}


def test_lists_of_texts_hold_texts_alone() -> None:
    assert texts_in({"ids": ["a"]}, "ids") == ("a",)
    for wrong in (None, "ab", [1], ["a", None], ["a"] * 3):
        with pytest.raises(UnfitMessage):
            texts_in({"ids": wrong}, "ids", most=2)


def test_a_widget_leaves_html_and_text_beside_its_view() -> None:
    bundle, _ = Echo()._repr_mimebundle_()

    assert set(bundle) == {WIDGET_VIEW, "text/html", "text/plain"}
    assert bundle["text/plain"] == "nothing"


def executed() -> dict[str, Any]:
    bundle, metadata = Echo()._repr_mimebundle_()
    shown = {"output_type": "display_data", "data": bundle, "metadata": metadata}
    stream = {"output_type": "stream", "name": "stdout", "text": ["hello\n"]}
    return {
        "cells": [
            {"cell_type": "code", "source": [], "outputs": [shown, stream]},
            {"cell_type": "markdown", "source": ["# ä"]},
        ],
        "metadata": {"widgets": {WIDGET_VIEW: {"state": {}}}, "kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def test_a_frozen_notebook_keeps_what_can_be_read_and_nothing_else_of_widgets() -> None:
    notebook = executed()
    before = json.dumps(notebook)

    without = frozen(notebook)

    assert json.dumps(notebook) == before, "the notebook that was given is as it was"
    assert "widget" not in json.dumps(without)
    shown, stream = without["cells"][0]["outputs"]
    assert set(shown["data"]) == {"text/html", "text/plain"}
    assert stream["text"] == ["hello\n"]
    assert without["cells"][1] == notebook["cells"][1]
    assert frozen(without) == without


def test_a_notebook_file_is_frozen_in_place_and_once(tmp_path: Path) -> None:
    file = tmp_path / "run.ipynb"
    file.write_text(json.dumps(executed()), encoding="utf-8")

    assert freeze_file(file)
    assert json.loads(file.read_text(encoding="utf-8")) == frozen(executed())
    stamp = file.read_bytes()
    assert not freeze_file(file)
    assert file.read_bytes() == stamp


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', "{", "[" * 100_000])
def test_what_is_no_notebook_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.ipynb"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(NotANotebook):
        freeze_file(file)

    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_one_text_without_imports_and_without_a_name_twice(name: str) -> None:
    text = module_text(name)

    names = re.findall(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", text, re.MULTILINE)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert len(names) == len(set(names)), "two modules of one text name the same thing"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_loads_nothing_from_elsewhere_and_never_reads_text_as_markup(name: str) -> None:
    text = (module_text(name) + style_text(name)).replace('"http://www.w3.org/2000/svg"', "a name")

    assert not re.search(
        r"https?:|import\(|@import|url\((?!#)|fetch\(|XMLHttpRequest|WebSocket|\beval\b", text
    )
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)


def test_the_shared_style_stands_first_and_once() -> None:
    assert style_text("rows").startswith("/* Shared by all widgets.")
    assert style_text("rows").count("Shared by all widgets") == 1


@pytest.mark.skipif(not shutil.which("node"), reason="no node here")
def test_the_logic_of_the_modules_holds_in_node() -> None:
    files = sorted((ROOT / "tests/alloynb/faces/widgets").glob("*.test.mjs"))
    run = subprocess.run(
        ["node", "--test", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert files
    assert run.returncode == 0, run.stdout + run.stderr
