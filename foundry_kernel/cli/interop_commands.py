"""`interop`: what the existing Rust daemon wrote, in the words of this kernel."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foundry_kernel.cli.answer import Answer, answering
from foundry_kernel.cli.plain_words import plain

if TYPE_CHECKING:
    from foundry_kernel.interop.daemon_files import Unfit


@click.group()
def interop() -> None:
    """Read what the existing Rust daemon wrote."""


@interop.command(
    "convert", epilog="\b\nExample:\n  foundry-kernel interop convert ~/.foundry/traces > facts.jsonl\n"
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@answering
def convert(paths: tuple[Path, ...]) -> Answer:
    """Write traces and events of the existing daemon as JSON lines.

    Each line holds a `fact`, a `result` or what is `unfit`.

    PATHS are trace files, monthly files of events, or folders of them. The same input gives the same lines.
    """
    from foundry_kernel.interop.daemon_files import daemon_files, read_events, read_trace
    from foundry_kernel.interop.daemon_traces import fact_of_event, facts_of_trace, result_of_trace

    counts = {"facts": 0, "results": 0, "unfit": 0}

    def write(name: str, value: object) -> None:
        sys.stdout.write(json.dumps({name: value}, ensure_ascii=False) + "\n")

    def refuse(unfit: Unfit) -> None:
        counts["unfit"] += 1
        write("unfit", {"file": str(unfit.file), "line": unfit.line, "reason": unfit.reason})

    for file in daemon_files(paths):
        if file.suffix == ".jsonl":
            for event in read_events(file, refuse):
                counts["facts"] += 1
                write("fact", fact_of_event(event).model_dump(mode="json", exclude_none=True))
            continue
        trace = read_trace(file, refuse)
        if trace is None:
            continue
        for fact in facts_of_trace(trace):
            counts["facts"] += 1
            write("fact", fact.model_dump(mode="json", exclude_none=True))
        if (result := result_of_trace(trace)) is not None:
            counts["results"] += 1
            write("result", result.as_json())
    told = f"{counts['facts']} facts, {counts['results']} results, {counts['unfit']} that do not fit"
    click.echo(plain(told), err=True)
    return Answer(counts, "", 1 if counts["unfit"] else 0)
