"""Words from elsewhere are shown, and steer no terminal."""

from __future__ import annotations

import json

import click
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.cli.answer import Answer, answering
from foundry_kernel.cli.plain_words import plain, plain_json
from foundry_kernel.errors import FoundryError

HOSTILE = "\x1b[2Jgone\x9b31m\u202etxt.exe\x07"


@click.command()
@answering
def show() -> Answer:
    return Answer({"said": HOSTILE}, HOSTILE)


@click.command()
@answering
def refuse() -> Answer:
    raise FoundryError(HOSTILE, next_step=HOSTILE)


def test_an_answer_and_an_error_show_what_would_steer_the_terminal() -> None:
    for command in (show, refuse):
        said = CliRunner().invoke(command, []).output
        assert "\\x1b[2Jgone\\x9b31m\\u202etxt.exe\\x07" in said
        assert not set(said) & set("\x1b\x9b\u202e\x07")


def test_json_holds_the_same_value_and_nothing_that_a_terminal_obeys() -> None:
    said = CliRunner().invoke(show, ["--json"]).output
    assert json.loads(said)["data"] == {"said": HOSTILE}
    assert not set(said) & set("\x1b\x9b\u202e\x07")


@given(st.text())
def test_no_text_gets_through_with_a_control_character(text: str) -> None:
    assert all(each in "\n\t" or not 0 <= ord(each) < 32 for each in plain(text))
    assert json.loads(plain_json(json.dumps(text, ensure_ascii=False))) == text
