"""`alloynb baseline`: deviations that stood when evidence was first demanded, in lists that only shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.intent.baseline import Baseline


@click.command()
@click.argument("evidence_ids", nargs=-1, metavar="[EVIDENCE_ID]...")
@click.option(
    "--all", "adopt_all", is_flag=True, help="Adopt all open findings of evidence without a baseline."
)
@click.option("--why", help="Reason for adopting; told in every report.")
@click.option("--shrink", is_flag=True, help="Drop what was mended; it never counts again.")
@shared_options
def baseline(evidence_ids: tuple[str, ...], adopt_all: bool, why: str | None, shrink: bool) -> Answer:
    """Adopt findings that stand when evidence is first demanded; without arguments, show how the baselines stand.

    A baseline is a file in .alloy/baselines/ to be committed. What it lists does not count, what is new does, and what
    was mended and comes back does too. It is made once and only shrinks; one that was grown by hand counts for nothing.
    Adopting needs the authority accept_intent, which only a human can have.

    \b
    Examples:
      alloynb baseline vendor-boundary#imports --why "26 modules came with the old shop"
      alloynb baseline --all --why "where we start"
      alloynb baseline --shrink
    """
    from alloynb.application.adopt_baseline import (
        AdoptBaseline,
        adopt_baseline,
        look_at_baselines,
        shrink_now,
    )

    if shrink:
        if evidence_ids or adopt_all or why:
            raise click.UsageError("--shrink takes nothing else")
        return _shrunk(shrink_now(current_workspace()))
    if evidence_ids or adopt_all:
        if why is None or (evidence_ids and adopt_all):
            raise click.UsageError("name EVIDENCE_IDs or --all, and say --why")
        return _adopted(adopt_baseline(current_workspace(), AdoptBaseline(evidence_ids, why)))
    if why is not None:
        raise click.UsageError("--why needs EVIDENCE_IDs or --all")
    states = look_at_baselines(current_workspace())

    def show(console: Console) -> None:
        for state in states:
            mark = "✖" if state.grown else "–"
            console.print(f"{mark} {state.baseline.evidence_id}: {state.told}", markup=False)
            console.print(f"    {state.baseline.told()}", style="dim", markup=False)
        if not states:
            console.print("No baselines.")

    data = [
        {
            **state.baseline.model_dump(mode="json"),
            "file": str(state.file),
            "standing": state.standing,
            "mended": list(state.mended),
            "grown": state.grown,
        }
        for state in states
    ]
    return Answer(data, show, 1 if any(state.grown for state in states) else 0)


def _adopted(made: tuple[Baseline, ...]) -> Answer:
    def show(console: Console) -> None:
        for each in made:
            console.print(f"{each.evidence_id}: {each.adopted.count} adopted", style="bold", markup=False)
        console.print("Next: commit .alloy/baselines/, so that others see it too", markup=False)

    return Answer([each.model_dump(mode="json") for each in made], show)


def _shrunk(shrunk: tuple[tuple[Baseline, tuple[str, ...]], ...]) -> Answer:
    def show(console: Console) -> None:
        for each, dropped in shrunk:
            told = f"{each.evidence_id}: {len(dropped)} dropped, {len(each.entries)} of {each.adopted.count} left"
            console.print(told, style="green", markup=False)
        console.print("Next: commit .alloy/baselines/" if shrunk else "Nothing to drop.", markup=False)

    data = [
        {"evidence_id": each.evidence_id, "dropped": list(dropped), "left": len(each.entries)}
        for each, dropped in shrunk
    ]
    return Answer(data, show)


COMMANDS = (baseline,)
