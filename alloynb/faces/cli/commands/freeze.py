"""`alloynb freeze`: make executed notebooks readable where there are no widgets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alloynb.faces.cli.answering import Answer, shared_options

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.argument(
    "notebooks", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@shared_options
def freeze(notebooks: tuple[Path, ...]) -> Answer:
    """Take the views and the state of widgets out of executed NOTEBOOKS; what they showed stays as HTML and text.

    A code host or a mail shows an error, or nothing, where a notebook still holds them.

    \b
    Examples:
      alloynb freeze review.ipynb
      papermill discover-and-review.ipynb out.ipynb && alloynb freeze out.ipynb
    """
    from alloynb.faces.widgets.freeze import freeze_file

    changed = {str(file): freeze_file(file) for file in notebooks}

    def show(console: Console) -> None:
        for file, took in changed.items():
            console.print(f"{'✔ frozen' if took else '– nothing to take out of'} {file}", markup=False)

    return Answer([{"file": file, "changed": took} for file, took in changed.items()], show)


COMMANDS = (freeze,)
