"""An interview at a terminal: one question at a time, with a way back, a way out, and a reason to ask (spec 2.4)."""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from alloynb.application.ask_interview import Asked, Draft, Question, Truism

WORDS = "`back` one question back · `skip` leave it open · `?` why we ask · `stop` draft what there is"
_WIDEST = 96


def converse(
    asked: Asked, answer: Callable[[Asked, str], Asked], back: Callable[[Asked], Asked]
) -> tuple[Asked, bool]:
    """Ask until nothing is left to ask, or the person stops.

    Returns:
        Where the interview stands, and whether it was stopped before its end.
    """
    _edit_lines()
    say(WORDS, dim=True)
    while asked.question is not None:
        question = asked.question
        _show_question(question)
        said = _line()
        if said is None:
            return asked, True
        word = said.strip().lower().strip("`")
        if word == "stop":
            return asked, True
        if word == "?":
            say(question.why, dim=True)
        elif word == "back":
            asked = back(asked)
        elif word == "skip" or (not said.strip() and not question.suggestion):
            asked = answer(asked, "")
        else:
            asked = answer(asked, said if said.strip() else question.suggestion)
            if asked.cut:
                say(f"(I kept the beginning; {asked.cut} characters were too many.)", dim=True)
    return asked, False


def show_draft(draft: Draft, truisms: tuple[Truism, ...]) -> None:
    """Show a draft as its file would read, and what it leaves unsaid."""
    click.echo()
    click.echo(printable(yaml_of(dict(draft.fields))))
    if not truisms:
        say("Nothing in it is a truism, as far as rules can tell.", dim=True)
    for each in truisms:
        say(f"! {each.field}: {each.told}")
        say(f"    {each.question}", dim=True)


def choose(question: str, keys: str) -> str:
    """Ask for one of several words by their first letters; the end of input takes the last one."""
    while True:
        said = _line(f"{question} ")
        if said is None:
            return keys[-1]
        if said.strip().lower()[:1] in tuple(keys):
            return said.strip().lower()[0]


def yaml_of(fields: dict[str, Any]) -> str:
    """The fields as a record file would hold them."""
    from alloynb.intent.yaml_writing import new_document

    return new_document(fields).decode()


def say(text: str, *, dim: bool = False) -> None:
    """Say something, wrapped to the terminal."""
    width = min(_WIDEST, max(40, shutil.get_terminal_size().columns - 2))
    told = textwrap.fill(printable(text), width, subsequent_indent="    " if text.startswith("    ") else "")
    click.echo(click.style(told, dim=True) if dim else told)


def printable(text: str) -> str:
    """Text that cannot move the cursor or change what stands before it, whoever wrote it."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}
        else "\ufffd"
        for character in text
    )


def _show_question(question: Question) -> None:
    click.echo()
    mark = "   ↳" if question.follow_up else f"{question.number} of {question.of}"
    say(f"{mark}  {question.text}")
    if question.suggestion:
        say(f"    Enter takes: {question.suggestion}", dim=True)


def _line(prompt: str = "> ") -> str | None:
    """One line; None at the end of input, or when the person interrupts."""
    try:
        return input(prompt)
    except (EOFError, KeyboardInterrupt):
        click.echo()
        return None


def _edit_lines() -> None:
    """Let arrow keys and history work where Python has a line editor."""
    if sys.stdin.isatty():
        with suppress(ImportError):
            import readline  # noqa: F401  importing it is enough
