"""`alloynb discover`, `review`: hypotheses about intent, and a person's decisions on them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, settings_now, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.discover_intent import DiscoveredIntent, Hypothesis
    from alloynb.application.review_hypotheses import KeptHypothesis, ReviewedHypothesis
    from alloynb.application.workspace import Workspace

_MOST_OBSERVATIONS = 6
_MOST_SKIPPED = 8
_TOLD_EVERY_S = 1.0


@click.command()
@click.option(
    "--path",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Folder to look into (default: the governed repository, whose hypotheses alone are kept).",
)
@click.option(
    "--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="At most so many hypotheses."
)
@click.option(
    "--config-hidden",
    is_flag=True,
    help="Look as if import-linter and tach were not configured; keeps nothing.",
)
@click.option("--dry", is_flag=True, help="Show hypotheses and keep nothing.")
@shared_options
def discover(path: Path | None, limit: int, config_hidden: bool, dry: bool) -> Answer:
    """Look for intent in code, history, documents and checks. Reads only; yields hypotheses, never facts.

    \b
    Examples:
      alloynb discover
      alloynb discover --path ../kedro --limit 10
      alloynb discover --json | jq '.data.hypotheses[].title'
    """
    from alloynb.application.discover_intent import DiscoverIntent, discover_intent

    command = DiscoverIntent(path, limit, config_hidden, not dry)
    found = discover_intent(_workspace_if_any(path), command, progress=_progress())
    if sys.stderr.isatty() and not settings_now().as_json:
        click.echo("\r\x1b[K", err=True, nl=False)

    def show(console: Console) -> None:
        _show_found(console, found)

    data = {
        "root": str(found.root),
        "hypotheses": [each.as_json() for each in found.hypotheses],
        "kept_ids": list(found.kept_ids),
        "gone": list(found.gone),
        "repeats": [{"title": title, "of": known} for title, known in found.repeats],
        "dropped": found.dropped,
        "notes": list(found.notes),
        "skipped": [{"path": name, "why": why} for name, why in found.skipped],
        "files": found.files,
    }
    return Answer(data, show)


@click.command()
@click.option(
    "--accept", "accept", multiple=True, metavar="ID", help="Accept this hypothesis; may be repeated."
)
@click.option(
    "--reject", "reject", multiple=True, metavar="ID", help="Reject this hypothesis; may be repeated."
)
@click.option(
    "--accept-from",
    type=click.FloatRange(0, 1),
    metavar="CONFIDENCE",
    help="Accept all that are at least as sure, and of which no warning is told.",
)
@click.option("--why", default="", help="Reason for all of them, kept for good.")
@shared_options
def review(accept: tuple[str, ...], reject: tuple[str, ...], accept_from: float | None, why: str) -> Answer:
    """Decide on hypotheses: at a terminal one key each, in a script by options.

    Nothing is written before you leave with `q`. Without a terminal and without options, open hypotheses are listed.

    \b
    Examples:
      alloynb review
      alloynb review --accept-from 0.7 --why "read together on Friday"
      alloynb review --accept click-stays-out-of-core --reject siblings-in-tools --why "read together on Friday"
    """
    from alloynb.application.review_hypotheses import (
        ReviewHypotheses,
        find_hypothesis,
        open_hypotheses,
        review_hypotheses,
    )

    workspace = current_workspace()
    waiting = open_hypotheses(workspace)
    if accept_from is not None:
        named = {find_hypothesis(waiting, name).id for name in (*accept, *reject)}
        sure = [each for each in waiting if each.confidence >= accept_from and not each.warnings]
        accept = (*accept, *(each.id for each in sure if each.id not in named))
    if accept or reject or accept_from is not None:
        return _reviewed(review_hypotheses(workspace, ReviewHypotheses(accept, reject, why)))
    if waiting and not settings_now().as_json and sys.stdin.isatty() and sys.stdout.isatty():
        return _reviewed(_at_the_terminal(workspace, waiting))

    def show(console: Console) -> None:
        for each in waiting:
            console.print(f"{each.confidence:.2f}  {each.slug}", markup=False)
            console.print(f"      {each.title}", style="dim", markup=False)
        if not waiting:
            console.print("No hypotheses are open. `alloynb discover` looks for some.")

    return Answer([each.model_dump(mode="json") for each in waiting], show)


def _workspace_if_any(path: Path | None) -> Workspace | None:
    """The governed repository; None when a folder is named and nothing here is governed."""
    from alloynb.application.workspace import NoWorkspace, open_workspace

    try:
        return open_workspace(path or settings_now().workspace)
    except NoWorkspace:
        if path is None:
            raise
        return None


def _progress() -> Callable[[str, int, int], None]:
    began = time.monotonic()
    last, told_at = "", began

    def tell(what: str, done: int, total: int) -> None:
        nonlocal last, told_at
        now, on_one_line = time.monotonic(), sys.stderr.isatty()
        if settings_now().as_json or what == last or not (on_one_line or now - told_at > _TOLD_EVERY_S):
            return
        last, told_at = what, now
        amount = f" {done}/{total}" if total else ""
        told = f"{now - began:5.1f} s  {what}{amount}"
        click.echo(f"\r\x1b[K{told}" if on_one_line else told, err=True, nl=not on_one_line)

    return tell


def _show_found(console: Console, found: DiscoveredIntent) -> None:
    for number, each in enumerate(found.hypotheses):
        _show_hypothesis(console, each, found.kept_ids[number] if found.kept_ids else each.hypothesis_id)
    read = ", ".join(f"{count} {language}" for language, count in found.files.items())
    console.print(f"\n{len(found.hypotheses)} hypotheses from {read or 'no source files'}.", markup=False)
    if found.dropped:
        console.print(f"{found.dropped} more were weaker or beyond --limit.", markup=False)
    for title, known in found.repeats:
        console.print(f"not raised again: {title} ({known})", style="dim", markup=False)
    for name, why in found.skipped[:_MOST_SKIPPED]:
        console.print(f"not read: {name}: {why}", style="dim", markup=False)
    if len(found.skipped) > _MOST_SKIPPED:
        console.print(f"not read: {len(found.skipped) - _MOST_SKIPPED} more (--json names them)", style="dim")
    for note in found.notes:
        console.print(f"note: {note}", style="yellow", markup=False)
    if found.kept_ids:
        console.print("Next: `alloynb review` accepts, edits or rejects each with one key.")


def _show_hypothesis(console: Console, each: Hypothesis, name: str) -> None:
    console.print(f"\n{each.confidence:.2f}  {each.title}", style="bold", markup=False)
    console.print(f"      {name}", style="dim", markup=False)
    for warning in each.warnings:
        console.print(f"      ! {warning}", style="yellow", markup=False)
    for observation in each.observed[:_MOST_OBSERVATIONS]:
        side = "+" if observation.supports else "-"
        text = f"  “{observation.text}”" if observation.text else ""
        seen = f"{observation.ref}: {observation.told} [{observation.signal}]{text}"
        console.print(f"      {side} {observation.weight:.2f} {seen}", markup=False)
    for question in each.questions:
        console.print(f"      ? {question}", style="cyan", markup=False)


def _at_the_terminal(
    workspace: Workspace, waiting: tuple[KeptHypothesis, ...]
) -> tuple[ReviewedHypothesis, ...]:
    from alloynb.application.review_hypotheses import ReviewHypotheses, edit_hypothesis, review_hypotheses
    from alloynb.faces.cli.keyboard import Keyboard
    from alloynb.faces.cli.review_screen import KEYS, ReviewScreen

    keyboard = Keyboard(sys.stdin.fileno())

    def ask_why(each: KeptHypothesis) -> str:
        with keyboard.lines():
            return str(
                click.prompt(f"Why is this not intended? ({each.slug})", default="", show_default=False)
            )

    def edit(each: KeptHypothesis) -> KeptHypothesis | None:
        with keyboard.lines():
            fields = _edited(each)
        return None if fields is None else edit_hypothesis(workspace, each.id, fields)

    screen = ReviewScreen(waiting, ask_why, edit)
    shown = ""
    with keyboard.opened():
        while not screen.left:
            card = screen.card()
            if card != shown:
                click.echo(f"\n{card}\n{KEYS}")
                shown = card
            said = screen.press(keyboard.read())
            if said:
                click.echo(said)
    accept = tuple(name for name, (verdict, _) in screen.decided.items() if verdict == "accept")
    reject = tuple(name for name, (verdict, _) in screen.decided.items() if verdict == "reject")
    whys = {name: why for name, (_, why) in screen.decided.items()}
    return review_hypotheses(workspace, ReviewHypotheses(accept, reject, whys=whys))


def _edited(each: KeptHypothesis) -> dict[str, Any] | None:
    from alloynb.errors import AlloyError
    from alloynb.intent.yaml_document import read_yaml
    from alloynb.intent.yaml_writing import new_document

    text = click.edit(new_document(dict(each.intent)).decode(), extension=".yaml")
    if text is None:
        return None
    try:
        value = read_yaml(text.encode()).value
    except AlloyError as error:
        click.echo(f"not taken: {error}")
        return None
    return value if isinstance(value, dict) and value != each.intent else None


def _reviewed(done: tuple[ReviewedHypothesis, ...]) -> Answer:
    marks = {"accepted": "◉", "rejected": "✖", "refused": "!"}

    def show(console: Console) -> None:
        for each in done:
            name = each.record_id or each.title
            console.print(f"{marks[each.outcome]} {name} is {each.outcome}", markup=False)
            if each.refusal is not None:
                console.print(f"    {each.refusal}", style="yellow", markup=False)
        if not done:
            console.print("Nothing was decided.")
        if any(each.outcome == "accepted" for each in done):
            console.print("Next: `alloynb brief compile`, or `alloynb ask` for what no code can tell.")

    data = [
        {
            "hypothesis_id": each.hypothesis_id,
            "title": each.title,
            "outcome": each.outcome,
            "record_id": each.record_id,
            "file": str(each.file) if each.file else None,
            "refusal": str(each.refusal) if each.refusal else None,
        }
        for each in done
    ]
    return Answer(data, show, 1 if any(each.outcome == "refused" for each in done) else 0)


COMMANDS = (discover, review)
