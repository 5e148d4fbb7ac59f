"""`alloynb contradictions`: where the intent itself cannot stand, and what humans answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options
from alloynb.faces.cli.command_group import ListingGroup

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.answer_contradiction import SimplifyStep


@click.group(cls=ListingGroup)
def contradictions() -> None:
    """Where accepted intent cannot stand: questions that only a human can decide. Lists them by itself.

    A question comes from records that conflict, rules that cannot be meant together, review triggers that fire,
    expectations that are over, evidence that disagrees with itself, waivers without end, strategies that keep costing.
    """


@contradictions.command("list")
@click.option("--all", "show_all", is_flag=True, help="Show questions that are answered for now, too.")
@shared_options
def list_questions(show_all: bool) -> Answer:
    """Ask where the intent itself cannot stand. Exit 1 when a question waits for an answer.

    \b
    Examples:
      alloynb contradictions list
      alloynb contradictions list --all --json
    """
    from alloynb.application.contradictions import look_for_contradictions

    seen = look_for_contradictions(current_workspace())

    def show(console: Console) -> None:
        for each in seen.open:
            _show_question(console, each, "?")
        for answered in seen.answered if show_all else ():
            _show_question(console, answered.question, "–")
            given = answered.answer
            console.print(f"    {given.answer} by {given.told()}  ({given.id})", style="blue", markup=False)
        for doubt in seen.doubts:
            console.print(f"! not known: {doubt}", style="yellow", markup=False)
        if not seen.open:
            kept = f", {len(seen.answered)} answered for now" if seen.answered else ""
            console.print(f"✔ no contradictions{kept}", style="green")
        else:
            console.print(
                "Next: alloynb contradictions answer QUESTION preserve|simplify --why …", markup=False
            )

    data = {
        "open": [each.model_dump(mode="json") for each in seen.open],
        "answered": [
            {**each.question.model_dump(mode="json"), "answered": each.answer.model_dump(mode="json")}
            for each in seen.answered
        ],
        "doubts": list(seen.doubts),
    }
    return Answer(data, show, 1 if seen.open else 0)


@contradictions.command()
@click.argument("question_id", metavar="QUESTION")
@click.argument("answer", metavar="preserve|simplify", type=click.Choice(["preserve", "simplify"]))
@click.option("--why", required=True, help="Reason; told to whoever asks.")
@click.option(
    "--until",
    metavar="END",
    help="End of the answer, at most 366 days away: 2027-01-31, or 90d. Without it: for good where records conflict "
    "and are preserved, else 180 days (preserve) or 30 days (simplify).",
)
@click.option(
    "--contradict", metavar="RECORD", help="Simplify at once: this record is shown untrue or too broad."
)
@click.option("--deprecate", metavar="RECORD", help="Simplify at once: this record is let go.")
@click.option(
    "--supersede", metavar="RECORD", help="Simplify at once: this record gives way to the one of --by."
)
@click.option("--by", "successor", metavar="RECORD", help="The record that supersedes.")
@shared_options
def answer(
    question_id: str,
    answer: Any,
    why: str,
    until: str | None,
    contradict: str | None,
    deprecate: str | None,
    supersede: str | None,
    successor: str | None,
) -> Answer:
    """Answer a question; QUESTION is its id, or an unambiguous beginning. Only a human with accept_intent may.

    `preserve`: read, still true. Conflicting records are resolved for good, in the record itself; with --until, and
    for every other question, the answer is a file in .alloy/answers/ that ends. `simplify`: something will be changed;
    with a step it is, at once. A question is asked again when its answer ends, or when what led to it has changed.

    \b
    Examples:
      alloynb contradictions answer question_01J preserve --why "both are true on different platforms"
      alloynb contradictions answer question_01J preserve --until 90d --why "the vendor stays until spring"
      alloynb contradictions answer question_01J simplify --deprecate old-boundary --why "nobody needs it"
    """
    from alloynb.application.answer_contradiction import AnswerContradiction, answer_contradiction

    step = _step(contradict, deprecate, supersede, successor)
    done = answer_contradiction(
        current_workspace(), AnswerContradiction(question_id, answer, why, until, step)
    )

    def show(console: Console) -> None:
        _show_question(console, done.question, "–")
        if done.answer is not None:
            console.print(f"    {done.kind} by {done.answer.told()}", style="blue", markup=False)
        for file in done.files:
            console.print(f"    {file}", markup=False)
        console.print(f"Next: {done.next_step}", markup=False)

    data = {
        "question": done.question.model_dump(mode="json"),
        "answer": done.kind,
        "given": done.answer.model_dump(mode="json") if done.answer else None,
        "files": [str(file) for file in done.files],
        "next_step": done.next_step,
    }
    return Answer(data, show)


@contradictions.command()
@click.argument("answer_id", metavar="ANSWER")
@click.option("--why", required=True, help="Reason; the file keeps it.")
@shared_options
def withdraw(answer_id: str, why: str) -> Answer:
    """Take an answer back; ANSWER is its id, or an unambiguous beginning. Its question is asked again.

    \b
    Example:
      alloynb contradictions withdraw answer_01J --why "the vendor left"
    """
    from alloynb.application.answer_contradiction import withdraw_answer

    taken = withdraw_answer(current_workspace(), answer_id, why)

    def show(console: Console) -> None:
        console.print(
            f"✖ {taken.id} is withdrawn\nNext: commit the file, so that others see it too", markup=False
        )

    return Answer(taken.model_dump(mode="json"), show)


def _step(
    contradict: str | None, deprecate: str | None, supersede: str | None, successor: str | None
) -> SimplifyStep | None:
    from alloynb.application.answer_contradiction import SimplifyStep

    given = [record for record in (contradict, deprecate, supersede) if record is not None]
    if len(given) > 1:
        raise click.UsageError("one step at a time: --contradict, --deprecate or --supersede")
    if (supersede is None) != (successor is None):
        raise click.UsageError("--supersede and --by go together")
    if contradict is not None:
        return SimplifyStep(contradict, "contradicted")
    if deprecate is not None:
        return SimplifyStep(deprecate, "deprecated")
    return SimplifyStep(supersede, "superseded", successor) if supersede is not None else None


def _show_question(console: Console, question: Any, mark: str) -> None:
    console.print(f"{mark} {question.question}", style="bold", markup=False)
    for line in question.evidence:
        console.print(f"    {line}", markup=False)
    console.print(f"    {question.question_id}", style="dim", markup=False)


COMMANDS = (contradictions,)
