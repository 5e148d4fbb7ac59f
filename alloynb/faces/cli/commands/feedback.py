"""`alloynb feedback` and `alloynb proposal`: what records could learn from a run, and what a human makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options
from alloynb.faces.cli.command_group import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.answer_proposal import AnsweredProposal

_SECTIONS = (
    ("capability_satisfaction", "Capabilities", "{status}: {record}: {reason}"),
    ("threat_observations", "Threats that were seen", "{record}: {threat} Seen in: {seen_in}"),
    ("strategy_effectiveness", "Strategies", "{effect}: {record}: {strategy}"),
    (
        "tradeoff_observations",
        "Accepted prices",
        "{record}: {accepted} ({evidence_took_ms} ms, {retries} retries)",
    ),
)


@click.command()
@click.argument("run_id", required=False)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the YAML document here as well."
)
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the whole document instead of its outline.")
@shared_options
def feedback(run_id: str | None, output: Path | None, as_yaml: bool) -> Answer:
    """What the intent could learn from a run, as a `run_feedback` YAML document. RUN_ID defaults to the last run.

    Proposals wait for a human; `alloynb proposal` takes them up or dismisses them.

    \b
    Examples:
      alloynb feedback
      alloynb feedback run_01J --yaml
      alloynb feedback run_01J --output feedback.yaml
    """
    from alloynb.application.run_loop import feedback_of
    from runtime_artifacts.write_once import replace_whole

    document, file = feedback_of(current_workspace(), run_id)
    if output is not None:
        replace_whole(output, file.read_bytes())

    def show(console: Console) -> None:
        if as_yaml:
            click.echo(file.read_text("utf-8"), nl=False)
        else:
            _outline(document, file, console)

    return Answer({"file": str(file), "document": document}, show)


@click.group(cls=CommandGroup)
def proposal() -> None:
    """What runs suggest that records could learn. Nothing of it happens by itself."""


@proposal.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were answered.")
@shared_options
def list_proposals(everything: bool) -> Answer:
    """List what waits for an answer.

    \b
    Examples:
      alloynb proposal list
      alloynb proposal list --all --json
    """
    from alloynb.application.answer_proposal import proposals_of_project
    from alloynb.faces.json_value import json_value

    found = proposals_of_project(current_workspace(), only_open=not everything)

    def show(console: Console) -> None:
        for each in found:
            status = (
                ""
                if each["status"] == "open"
                else f" [{each['status'].replace('_', ' ')} by {each['answered_by']}]"
            )
            console.print(f"{each['proposal_id']}{status}", style="bold", markup=False)
            console.print(f"    {each['record_id'] or 'a new record'}: {each['proposal']}", markup=False)
            console.print(f"    because {each['because']}", style="dim", markup=False)
        if not found:
            console.print("nothing waits for an answer", style="dim")

    return Answer([json_value(each) for each in found], show)


@proposal.command("take-up")
@click.argument("proposal_id")
@click.option("--why", default="", help="The reason, for the ledger.")
@click.option("--slug", default="", help="Last part of the id of a record that is drafted.")
@shared_options
def take_up(proposal_id: str, why: str, slug: str) -> Answer:
    """Do what is proposed: draft the record, or take the step of the lifecycle, with its authority.

    \b
    Examples:
      alloynb proposal take-up proposal_01J --why "it has been broken for three weeks"
      alloynb proposal take-up proposal_01K --slug lint-is-clean --why "we do rely on it"
    """
    from alloynb.application.answer_proposal import AnswerProposal, answer_proposal

    return _answered(answer_proposal(current_workspace(), AnswerProposal(proposal_id, "taken_up", why, slug)))


@proposal.command("dismiss")
@click.argument("proposal_id")
@click.option("--why", default="", help="The reason; the same is not proposed again.")
@shared_options
def dismiss(proposal_id: str, why: str) -> Answer:
    """Say no, with a reason; the same is not raised again.

    \b
    Example:
      alloynb proposal dismiss proposal_01J --why "the gate is about style"
    """
    from alloynb.application.answer_proposal import AnswerProposal, answer_proposal

    return _answered(answer_proposal(current_workspace(), AnswerProposal(proposal_id, "dismissed", why)))


def _answered(answered: AnsweredProposal) -> Answer:
    def show(console: Console) -> None:
        told = f"{answered.record_id} → {answered.became}" if answered.became else "dismissed"
        console.print(f"✔ {answered.proposal_id}: {told}", style="green", markup=False)
        if answered.next_step:
            console.print(f"  next: {answered.next_step}", markup=False)

    from dataclasses import asdict

    return Answer(asdict(answered), show)


def _outline(document: dict[str, Any], file: Path, console: Console) -> None:
    run = document["run"]
    console.print(
        f"{run['run_id']} {run['status']}, revision {run['revision'][:12]}", style="bold", markup=False
    )
    for name, title, line in _SECTIONS:
        if document.get(name):
            console.print(title, style="bold")
        for each in document.get(name, ()):
            console.print(f"  {line.format_map(each)}", markup=False)
            for because in each.get("because", ()):
                console.print(f"      {because}", style="dim", markup=False)
    if document.get("needs_a_human"):
        console.print("Needs a human", style="bold")
    for question in document.get("needs_a_human", ()):
        console.print(f"  ? {question}", markup=False)
    found = [each for name, listed in document["proposals"].items() if name != "note" for each in listed]
    if found:
        console.print("Proposals (nothing of it was done)", style="bold")
    for each in found:
        console.print(
            f"  {each['id']}  {each.get('record', 'a new record')}: {each['proposal']}", markup=False
        )
    console.print(f"\nAll of it  {file}", style="dim", markup=False)


COMMANDS = (feedback, proposal)
