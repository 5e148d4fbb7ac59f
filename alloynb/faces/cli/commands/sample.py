"""`alloynb sample`: a small repository to try the other commands on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alloynb.faces.cli.answering import Answer, shared_options

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--grown", is_flag=True, help="The shop a year later: `alloynb discover` finds something in it."
)
@shared_options
def sample(folder: Path, grown: bool) -> Answer:
    """Create a small git repository in FOLDER to try things on: two packages, one test, nothing governed yet.

    \b
    Examples:
      alloynb sample shop && cd shop && alloynb init
      alloynb sample shop --grown && cd shop && alloynb init && alloynb discover
    """
    from alloynb.application.grown_sample import grow_sample
    from alloynb.application.sample_repository import CreateSample, create_sample

    created = create_sample(CreateSample(folder))
    files = sorted({*created.files, *(grow_sample(created.root) if grown else ())})

    def show(console: Console) -> None:
        for path in files:
            console.print(f"created {path}", markup=False)
        console.print(f"Next: cd {folder} && alloynb init", markup=False)

    return Answer({"root": str(created.root), "files": files}, show)


COMMANDS = (sample,)
