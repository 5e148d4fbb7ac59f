"""`alloynb verify`: the whole chain of one run, recomputed offline."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.chain_link import ChainLink

_MARKS = {"ok": ("✔", "green"), "missing": ("–", "yellow"), "broken": ("✖", "red")}


@click.command()
@click.argument("run")
@shared_options
def verify(run: str) -> Answer:
    """Verify that RUN executed what was approved and compiled: every link from the records to the observations.

    Every digest is computed anew and every signature checked, as of when the run began. Nothing is written, and nothing
    is asked of a network. RUN is the id of a run, or the beginning of one. Records that were edited since are named;
    that is no fault.

    Exit code 1: a link is missing. Exit code 3: a link is broken.

    \b
    Examples:
      alloynb verify run_01J
      alloynb verify run_01J --json
    """
    from alloynb.application.verify_run import verify_run

    found = verify_run(current_workspace(), run)

    def show(console: Console) -> None:
        verdict = {0: "✔ The chain holds", 1: "– The chain has gaps", 3: "✖ The chain is broken"}
        bad = [link.name for link in (*found.broken, *found.missing)]
        console.print(
            f"{verdict[found.exit_code]}{': ' + ', '.join(bad) if bad else ''}", style="bold", markup=False
        )
        console.print(f"{found.run_id} of {found.request_id}", style="dim", markup=False)
        for link in found.links:
            _show_link(console, link)

    data = {
        "run_id": found.run_id,
        "request_id": found.request_id,
        "holds": found.exit_code == 0,
        "links": [asdict(link) for link in found.links],
        "changed_since": list(found.changed_since),
    }
    return Answer(data, show, exit_code=found.exit_code)


def _show_link(console: Console, link: ChainLink) -> None:
    mark, style = _MARKS[link.status]
    console.print(f"{mark} {link.name:<14} {link.told}", style=style, markup=False)
    if link.place:
        console.print(f"  {'':<14} {link.place}", style="dim", markup=False)
    for note in link.notes:
        console.print(f"  {'':<14} {note}", style="dim", markup=False)


COMMANDS = (verify,)
