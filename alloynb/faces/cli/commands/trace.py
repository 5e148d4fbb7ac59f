"""`alloynb trace`: take in traces of the existing Foundry daemon; show the trace of any run of the store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, progress, shared_options
from alloynb.faces.cli.command_group import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console


@click.group(cls=CommandGroup)
def trace() -> None:
    """Traces: of the existing Foundry daemon, and of every run of the store."""


@trace.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@shared_options
def ingest(paths: tuple[Path, ...]) -> Answer:
    """Take in trace files and monthly event files of the existing daemon, or folders of them.

    A trace whose entry event carries a brief of this workspace is read through it, like a run of our own. Again changes
    nothing. Exit 1 when something is no trace; it is named, and kept in the view `quarantine`.

    \b
    Examples:
      alloynb trace ingest ~/.foundry/traces
      alloynb trace ingest 2026-03-02/evt_4f0d.json 2026-03.jsonl
    """
    from alloynb.application.foundry_command import find_foundry
    from alloynb.application.ingest_traces import ingest_traces

    found = ingest_traces(current_workspace(), paths, find_foundry(), tell=progress)

    def show(console: Console) -> None:
        console.print(f"✔ {found.facts} new facts of {len(found.runs)} runs", style="green")
        for run_id in found.interpreted:
            console.print(f"  {run_id} was read through its brief: alloynb feedback {run_id}", markup=False)
        for run_id, why in found.not_interpreted.items():
            console.print(f"  {run_id} carries a brief that is not here: {why}", style="yellow", markup=False)
        for told in found.unfit:
            console.print(f"✖ {told}", style="red", markup=False)

    return Answer(asdict(found), show, 1 if found.unfit else 0)


@trace.command("show")
@click.argument("run_id")
@shared_options
def show_trace(run_id: str) -> Answer:
    """Show the events and block executions of a run, in the order in which they happened.

    \b
    Example:
      alloynb trace show run_01J
    """
    from alloynb.application.ingest_traces import shown_trace
    from alloynb.faces.json_value import json_value

    found = shown_trace(current_workspace(), run_id)
    return Answer(json_value(found), lambda console: _tree(found, console))


def _tree(found: dict[str, list[dict[str, Any]]], console: Console) -> None:
    [run] = found["run"]
    console.print(f"{run['run_id']} {run['status']}", style="bold", markup=False)
    blocks: dict[str, list[dict[str, Any]]] = {}
    for block in found["blocks"]:
        blocks.setdefault(block["trigger_event_id"], []).append(block)
    for event in found["events"]:
        held = "" if event["delivered"] else " (not delivered)"
        simulated = " (simulated)" if event["simulated"] else ""
        console.print(
            f"{event['occurred_at']:%H:%M:%S}  {event['event_type']}{simulated}{held}", markup=False
        )
        for block in blocks.get(event["event_id"], ()):
            good = block["status"] in {"completed", "simulated"}
            took = "" if block["duration_ms"] is None else f" {block['duration_ms'] / 1000:.1f} s"
            told = (
                f"{'✔' if good else '✖'} {block['block']} {block['status']}{took}  {block['summary'] or ''}"
            )
            told = f"          {told}"
            console.print(told, style="green" if good else "red", markup=False)


COMMANDS = (trace,)
