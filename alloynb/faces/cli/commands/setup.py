"""`alloynb init`, `doctor`, `lab`: begin, see what is missing, open the notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alloynb.faces.cli.answering import Answer, settings_now, shared_options

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.option("--project", help="First part of every record id (default: the folder's name).")
@click.option("--title", help="Name for people.")
@shared_options
def init(project: str | None, title: str | None) -> Answer:
    """Begin to govern the repository in this folder: creates .alloy/, changes nothing else.

    \b
    Examples:
      alloynb init
      alloynb init --project checkout --title "Checkout service"
    """
    from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace

    done = initialize_workspace(InitializeWorkspace(settings_now().workspace, project, title))

    def show(console: Console) -> None:
        if not done.created:
            console.print(f"{done.root} is governed already; nothing was changed.", markup=False)
            return
        for name in done.created:
            console.print(f"created {name}", markup=False)
        console.print(
            "Next: `alloynb discover` looks for intent, `alloynb ask` asks, `alloynb intent new SLUG` writes.",
            markup=False,
        )

    return Answer({"root": str(done.root), "project": done.project, "created": list(done.created)}, show)


@click.command()
@shared_options
def doctor() -> Answer:
    """Say what is installed, what is missing, and how to mend it. Exit 4 when something needed is missing.

    \b
    Example:
      alloynb doctor --json
    """
    from alloynb.application.diagnose import diagnose

    found = diagnose(settings_now().workspace)

    def show(console: Console) -> None:
        for check in found.checks:
            mark, style = ("✔", "green") if check.fine else ("✖", "red") if check.needed else ("–", "dim")
            console.print(f"{mark} {check.name}: {check.told}", style=style, markup=False)
            if not check.fine:
                console.print(f"    {check.remedy}", markup=False)

    data = [
        {
            "name": each.name,
            "fine": each.fine,
            "needed": each.needed,
            "told": each.told,
            "remedy": each.remedy,
        }
        for each in found.checks
    ]
    return Answer(data, show, 0 if found.healthy else 4)


@click.command()
@click.argument("notebook", required=False, type=click.Path(path_type=Path))
def lab(notebook: Path | None) -> None:
    """Open JupyterLab on NOTEBOOK (default: the tour, where this repository has one).

    Elsewhere the launcher's cards, below "Alloy", lay a copy of each authoring notebook into `alloy-notebooks/`.

    \b
    Examples:
      alloynb lab
      alloynb lab notebooks/authoring/author_intent.ipynb
    """
    import os
    import sys

    tour = Path("notebooks/authoring/tour.ipynb")
    target = notebook or (tour if tour.is_file() else None)
    command = [sys.executable, "-m", "jupyterlab", *([str(target)] if target else [])]
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise click.ClickException("JupyterLab is not installed; install the `lab` extra")
    os.execv(command[0], command)


COMMANDS = (init, doctor, lab)
