"""`status`, `history`, `trace` and `watch`: look at runs; nothing here changes anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foundry_kernel.cli.answer import Answer, answering, the_workspace, workspace_option

if TYPE_CHECKING:
    from foundry_kernel.runner.run_folder import RunFolder
    from runtime_artifacts.journal import Fact


@click.command(epilog="\b\nExamples:\n  foundry-kernel status\n  foundry-kernel status --all --json\n")
@click.option("--all", "everything", is_flag=True, help="Also requests that have a result.")
@workspace_option
@answering
def status(everything: bool, workspace: Path | None) -> Answer:
    """Show requests that wait, run, or died without a result.

    Runs by hand are shown while they go on.
    """
    from datetime import UTC, datetime

    from foundry_kernel.cli.look_tables import standing, standing_text

    rows = standing(the_workspace(workspace), everything=everything, now=datetime.now(UTC))
    return Answer(rows, standing_text(rows))


@click.command(epilog="\b\nExamples:\n  foundry-kernel history\n  foundry-kernel history --limit 50 --json\n")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many runs, newest first."
)
@workspace_option
@answering
def history(limit: int, workspace: Path | None) -> Answer:
    """List runs by day, newest first."""
    from foundry_kernel.cli.look_tables import past, past_text

    rows = past(the_workspace(workspace), limit)
    return Answer(rows, past_text(rows))


@click.command(
    epilog="""\b
Examples:
  foundry-kernel trace
  foundry-kernel trace run_01J…
  foundry-kernel trace evt_9f00…
"""
)
@click.argument("run_or_event", required=False, default="")
@workspace_option
@answering
def trace(run_or_event: str, workspace: Path | None) -> Answer:
    """Show the tree of a run, or of one event in it.

    Each event, block and gate is told with its outcome and how long it took.

    A run is named by its id, the beginning or end of it, or its folder; an event by its id or the beginning of it.
    Without either it is the last run. With --json: the facts of its journals, or those about the event and below it.
    """
    from foundry_kernel.kernel.run_lookup import part_of, tree_of
    from foundry_kernel.runner.overview import facts_of

    runs = Path() if "/" in run_or_event else the_workspace(workspace).runs
    if run_or_event.startswith("evt_"):
        folder, facts = facts_of(runs, run_or_event)
        part = part_of(tree_of(folder.path), run_or_event)
        return Answer(_as_json(_below(facts, part.root.id)), part.text())
    folder = _the_run(runs, run_or_event)
    text = tree_of(folder.path).text()
    if _is_dead(folder):
        text += f"\nIt broke off; go on with: foundry-kernel resume {folder.run_id}"
    return Answer(_as_json(folder.facts()), text)


@click.command(epilog="\b\nExamples:\n  foundry-kernel watch\n  foundry-kernel watch run_01J…\n")
@click.argument("run_", metavar="[RUN]", required=False, default="")
@workspace_option
@answering
def watch(run_: str, workspace: Path | None) -> Answer:
    """Follow RUN until it ends.

    Progress goes to stderr, the result to stdout.

    Without RUN it is the one that goes on now, else the last one.
    """
    import time

    from foundry_kernel.cli.progress import following
    from foundry_kernel.runner.tail import POLL_EVERY_S, JournalTail

    folder = _the_run(Path() if "/" in run_ else the_workspace(workspace).runs, run_)
    attempt = max(folder.attempts(), default=1)
    tail = JournalTail(folder.journal(attempt))
    with following(folder.run_id) as on_fact:
        while True:
            alive = folder.is_alive()
            for fact in tail.new_facts():
                on_fact(fact)
            if not alive:
                break
            time.sleep(POLL_EVERY_S)
    return _ending(folder)


def _ending(folder: RunFolder) -> Answer:
    """How a run ended that is not followed any more: by its result, or else by its journal."""
    from foundry_kernel.kernel.glance import glance_at
    from foundry_kernel.runner.report import exit_code_of
    from foundry_kernel.runner.views import view_result

    results = folder.results()
    if results:
        data: dict[str, Any] = {"run_id": folder.run_id, "run_result": results[-1].as_json()}
        return Answer(data, view_result(results[-1].content).text(), exit_code_of(results[-1].content))
    seen = glance_at(folder.path)
    said = seen.status if seen is not None else "died"
    data = {
        "run_id": folder.run_id,
        "run_result": None,
        "status": said,
        "reason": seen.reason if seen else "",
    }
    if said == "died":
        hint = f"; go on with: foundry-kernel resume {folder.run_id}" if folder.has_request else ""
        return Answer(data, f"{folder.run_id} is not running and has no result{hint}", 4)
    reason = f": {data['reason']}" if data["reason"] else ""
    code = {"completed": 0, "completed_with_findings": 1, "cancelled": 4, "stopped": 3}.get(said, 1)
    return Answer(data, f"{said.replace('_', ' ')}{reason}\n  folder: {folder.path}", code)


def _the_run(runs: Path, said: str) -> RunFolder:
    """The run that was named; without a name the one that goes on now, else the last one.

    Raises:
        UnknownRun: there is none, or several fit.
    """
    from foundry_kernel.runner.run_folder import UnknownRun, all_runs, find_run

    if said:
        return find_run(runs, said)
    newest_first = all_runs(runs)[::-1]
    if not newest_first:
        raise UnknownRun(f"no runs in {runs}", next_step="`foundry-kernel run REQUEST` makes one")
    return next((each for each in newest_first if each.is_alive()), newest_first[0])


def _is_dead(folder: RunFolder) -> bool:
    from foundry_kernel.kernel.glance import glance_at

    seen = glance_at(folder.path)
    return folder.has_request and not folder.results() and seen is not None and seen.status == "died"


def _below(facts: list[Fact], event_id: str) -> list[Fact]:
    """The facts about one event and everything that it caused, in order."""
    spans = {fact.span_id for fact in facts if fact.kind == "event" and fact.event_id == event_id}
    while True:
        more = {fact.span_id for fact in facts if fact.parent_span_id in spans} - spans
        if not more:
            break
        spans |= more
    return [fact for fact in facts if fact.span_id is not None and fact.span_id in spans]


def _as_json(facts: list[Fact]) -> list[dict[str, Any]]:
    return [fact.model_dump(mode="json", exclude_none=True) for fact in facts]
