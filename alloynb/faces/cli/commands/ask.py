"""`alloynb ask`, `truisms`: be interviewed, and find out what a record leaves unsaid."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, progress, settings_now, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.ask_interview import Asked
    from alloynb.application.workspace import Workspace

_MOST_ANSWER_BYTES = 4 << 20


@click.command()
@click.argument("mode", required=False)
@click.option("--about", default="", metavar="THING", help="A path, module, hypothesis, library or finding.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="JSON: answers by the id of their question, or in order; nobody is asked.",
)
@click.option("--save", is_flag=True, help="With --answers: save the draft as a record.")
@click.option("--slug", default="", help="Name of the record (default: made of its title).")
@click.option("--questions", is_flag=True, help="List what would be asked, and ask nothing.")
@click.option("--anew", is_flag=True, help="Begin anew even if this interview was stopped in the middle.")
@click.option("--assistant", "assisted", is_flag=True, help="Let your assistant word the draft at the end.")
@shared_options
def ask(
    mode: str | None,
    about: str,
    answers: Path | None,
    save: bool,
    slug: str,
    questions: bool,
    anew: bool,
    assisted: bool,
) -> Answer:
    """Be asked about one judgement, and get a draft record. Without MODE: list the ways of asking.

    It can be stopped at any question and goes on from there the next time. Nothing is a record before you save it.

    \b
    Examples:
      alloynb ask
      alloynb ask scar-tissue
      alloynb ask why-is-this-here --about shop/payments
      alloynb ask technology-choice --about stripe --answers said.json --save
    """
    from alloynb.application.ask_interview import BeginInterview, begin_interview

    workspace = current_workspace()
    if mode is None:
        return _modes(workspace)
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not settings_now().as_json
    if answers is None and not questions and not at_terminal:
        raise click.UsageError(
            "nobody is there to ask; give --answers FILE, or list what is asked with --questions"
        )
    resume = not anew and answers is None and not questions
    progress("looking at the repository …")
    asked = begin_interview(workspace, BeginInterview(mode, about, resume))
    if questions:
        return _questions(asked)
    if answers is not None:
        return _answered(workspace, asked, answers, save, slug, assisted)
    return _at_the_terminal(workspace, asked, slug, assisted)


@click.command()
@click.argument("record_ids", nargs=-1)
@shared_options
def truisms(record_ids: tuple[str, ...]) -> Answer:
    """Say where records say less than they seem to, each with the question that would fix it. Exit 1 when some do.

    \b
    Examples:
      alloynb truisms
      alloynb truisms vendor-boundary
    """
    from alloynb.application.check_draft import CheckDrafts, check_drafts

    checked = check_drafts(current_workspace(), CheckDrafts(record_ids))
    found = [each for each in checked if each.truisms]

    def show(console: Console) -> None:
        for each in found:
            console.print(f"{each.record_id} ({each.status}): {each.title}", style="bold", markup=False)
            for truism in each.truisms:
                console.print(f"  ! {truism.field}: {truism.told}", markup=False)
                console.print(f"    {truism.question}", style="cyan", markup=False)
        console.print(f"{len(checked)} records read; {len(found)} say less than they seem to.")

    data = [
        {"id": each.record_id, "status": each.status, "truisms": [one.as_json() for one in each.truisms]}
        for each in checked
    ]
    return Answer(data, show, 1 if found else 0)


def _modes(workspace: Workspace) -> Answer:
    from alloynb.application.ask_interview import interview_modes, unfinished_interviews

    modes, unfinished = interview_modes(), unfinished_interviews(workspace)

    def show(console: Console) -> None:
        for each in modes:
            console.print(f"{each.name.replace('_', '-'):<24}{each.title}", markup=False)
        for name in unfinished:
            console.print(f"stopped in the middle: {name}", style="dim", markup=False)

    data = {
        "modes": [{"name": each.name, "title": each.title} for each in modes],
        "unfinished": list(unfinished),
    }
    return Answer(data, show)


def _questions(asked: Asked) -> Answer:
    """What is asked when every question is skipped, first to last; answers may open further ones."""
    from alloynb.application.ask_interview import answers_of_nobody

    found = answers_of_nobody(asked)

    def show(console: Console) -> None:
        for each in found:
            console.print(f"{each.id}: {each.text}", markup=False)
            if each.suggestion:
                console.print(f"    suggested: {each.suggestion}", style="dim", markup=False)

    data = [
        {"id": each.id, "text": each.text, "why": each.why, "suggestion": each.suggestion} for each in found
    ]
    return Answer(data, show)


def _answered(
    workspace: Workspace, asked: Asked, file: Path, save: bool, slug: str, assisted: bool
) -> Answer:
    from alloynb.application.ask_interview import SaveDraft, answer_all, save_interview

    asked = answer_all(workspace, asked, _read(file))
    worded = _worded(workspace, asked, ask_first=False) if assisted else None
    asked = worded or asked
    saved = None
    if save:
        command = SaveDraft(
            asked.name, asked.draft.fields, slug or asked.draft.slug, worded_by_assistant=worded is not None
        )
        saved = save_interview(workspace, command)

    def show(console: Console) -> None:
        from alloynb.faces.cli.interview_screen import show_draft

        show_draft(asked.draft, asked.truisms)
        if saved is not None:
            console.print(f"○ {saved.record.id} is {saved.record.status} ({saved.file})", markup=False)

    return Answer(
        {
            "draft": dict(asked.draft.fields),
            "slug": asked.draft.slug,
            "missing": list(asked.draft.missing),
            "truisms": [each.as_json() for each in asked.truisms],
            "open_question": asked.question.id if asked.question is not None else None,
            "next_steps": _known_steps(asked),
            "saved": {"id": saved.record.id, "status": saved.record.status, "file": str(saved.file)}
            if saved
            else None,
        },
        show,
    )


def _read(file: Path) -> Any:
    with click.open_file(str(file), encoding="utf-8") as opened:
        try:
            text = opened.read(_MOST_ANSWER_BYTES + 1)
            value = json.loads(text) if len(text) <= _MOST_ANSWER_BYTES else None
        except (ValueError, RecursionError) as error:
            raise click.UsageError(f"{file} is not JSON: {error}") from error
    if not isinstance(value, dict | list):
        raise click.UsageError(f"{file} holds no JSON object or list of answers")
    return value


def _at_the_terminal(workspace: Workspace, asked: Asked, slug: str, assisted: bool) -> Answer:
    from alloynb.application.ask_interview import (
        SaveDraft,
        answer_interview,
        back_in_interview,
        discard_interview,
        save_interview,
    )
    from alloynb.application.decide_intent import DecideIntent, decide_intent
    from alloynb.errors import AlloyError
    from alloynb.faces.cli.intent_looks import MARKS
    from alloynb.faces.cli.interview_screen import choose, converse, say, show_draft

    if asked.resumed:
        say("We were in the middle of this; I remember what you said. (--anew begins anew.)", dim=True)
    asked, stopped = converse(
        asked,
        lambda now, text: answer_interview(workspace, now, text),
        lambda now: back_in_interview(workspace, now),
    )
    if not asked.state.said:
        return Answer({"saved": None}, lambda console: console.print("Nothing was said; nothing is kept."))
    if assisted:
        asked = _worded(workspace, asked, ask_first=True) or asked
    fields = dict(asked.draft.fields)
    truisms = asked.truisms
    show_draft(asked.draft, truisms)
    while (key := choose(*_choices(workspace, fields))) == "e":
        fields, truisms = _edited(fields)
        for each in truisms:
            say(f"! {each.field}: {each.told}. {each.question}")
    if key == "d":
        discard_interview(workspace, asked.name)
        return Answer({"saved": None}, lambda console: console.print("Discarded."))
    if key == "l":
        told = (
            "Kept. The same command goes on from here."
            if stopped
            else "Kept. The same command shows the draft again."
        )
        return Answer({"saved": None}, lambda console: console.print(told))
    saved = save_interview(workspace, SaveDraft(asked.name, fields, slug or asked.draft.slug))
    refusal = ""
    if key == "a":
        try:
            saved = decide_intent(
                workspace, DecideIntent(saved.record.id, "accepted", "said in an interview, and accepted")
            )
        except AlloyError as error:  # what was said is saved all the same
            refusal = str(error)
    steps = [*_known_steps(asked), *_next(saved.record.status, saved.record.slug)]

    def show(console: Console) -> None:
        mark = MARKS[saved.record.status]
        console.print(f"{mark} {saved.record.id} is {saved.record.status} ({saved.file})", markup=False)
        if refusal:
            console.print(f"    not accepted: {refusal}", style="yellow", markup=False)
        for step in steps:
            console.print(f"Next: {step}", style="dim", markup=False)

    return Answer({"saved": saved.record.id}, show, 1 if refusal else 0)


def _choices(workspace: Workspace, fields: dict[str, Any]) -> tuple[str, str]:
    """What can be done with a draft: to accept it at once, it has to be whole."""
    from alloynb.application.check_draft import read_draft

    if not read_draft(workspace, fields).lacks_to_accept:
        return "[a]ccept, [s]ave as a proposal, [e]dit, [d]iscard, or keep it for [l]ater?", "asedl"
    return "[s]ave, [e]dit, [d]iscard, or keep it for [l]ater?", "sedl"


def _next(status: str, slug: str) -> list[str]:
    if status == "accepted":
        return ["alloynb brief compile"]
    if status == "proposed":
        return [f'alloynb intent accept {slug} --why "…"']
    return [
        f'alloynb intent edit {slug} --why "…"   # texts are missing; then `alloynb intent propose {slug}`'
    ]


def _known_steps(asked: Asked) -> list[str]:
    """Steps whose command this installation has."""
    root = click.get_current_context().find_root().command
    commands = root.commands if isinstance(root, click.Group) else {}
    return [step for step in asked.draft.next_steps if step.split()[1] in commands]


def _edited(fields: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    from alloynb.application.check_draft import check_fields
    from alloynb.errors import AlloyError
    from alloynb.faces.cli.interview_screen import yaml_of
    from alloynb.intent.yaml_document import read_yaml

    text = click.edit(yaml_of(fields), extension=".yaml")
    if text is not None:
        try:
            value = read_yaml(text.encode()).value
        except AlloyError as error:
            click.echo(f"not taken: {error}")
        else:
            fields = value if isinstance(value, dict) else fields
    return fields, check_fields(fields)


def _worded(workspace: Workspace, asked: Asked, *, ask_first: bool) -> Asked | None:
    """The draft in the assistant's words, or None to keep the person's own; a failure is told, and nothing is lost."""
    from alloynb.application.ask_interview import known_assistant, word_draft
    from alloynb.errors import AlloyError
    from alloynb.faces.cli.interview_screen import choose, show_draft

    assistant, place = known_assistant(workspace, os.environ)
    if assistant is None:
        raise click.UsageError(
            "no assistant is set up; name one in $ALLOY_ASSISTANT or .alloy/assistant.toml"
        )
    # A repository may come from anybody; a command that it names is run only by somebody who saw it.
    if not place.startswith("$"):
        if not ask_first:
            raise click.UsageError(
                f"{place} names a command that nobody confirmed; name it in $ALLOY_ASSISTANT"
            )
        if choose(f"{place} names the command `{assistant.name}`. Run it? [y]es or [n]o?", "yn") == "n":
            return None
    try:
        worded = word_draft(asked, assistant)
    except AlloyError as error:
        progress(f"the assistant was of no use: {error}")
        return None
    if ask_first:
        show_draft(worded.draft, worded.truisms)
        if choose("These are the assistant's words. [t]ake them, or keep your [o]wn?", "to") == "o":
            return None
    return worded


COMMANDS = (ask, truisms)
