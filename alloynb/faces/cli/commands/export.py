"""`alloynb export`: files compiled from accepted intent, for people, agents and tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from typing import Any

    from rich.console import Console

    from alloynb.application.export_projections import ExportedProjection

_MARKS = {"absent": "·", "current": "✔", "stale": "!", "edited": "✖", "foreign": "–"}
_STATES = {
    "absent": "not there",
    "current": "as it would be written now",
    "stale": "older than the intent",
    "edited": "somebody edited it",
    "foreign": "not ours; others wrote this file",
}
_HERE = Path("-")


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Where to, for one NAME; `-` prints it.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 when a projection is stale, edited or missing."
)
@click.option("--join", is_flag=True, help="Add a marked region to a file that others wrote; all else stays.")
@click.option("--force", is_flag=True, help="Write over a hand-edited projection; a copy is kept beside.")
@shared_options
def export(names: tuple[str, ...], output: Path | None, check: bool, join: bool, force: bool) -> Answer:
    """Write files compiled from accepted intent: charter, agents, catalogue, codeowners, import-linter.

    The same records give the same bytes. Each file is marked, and each of its parts names the record that caused it.
    What a hand changed, or others wrote, is never written over. Without NAME: list what there is, and how it stands.

    \b
    Examples:
      alloynb export
      alloynb export charter agents
      alloynb export agents --join             # keep what AGENTS.md says already
      alloynb export codeowners -o .github/CODEOWNERS --join
      alloynb export --check                   # in CI: exit 1 when anything is stale or edited by hand
    """
    if output is not None and len(names) != 1:
        raise click.UsageError("--output needs one NAME")
    if check:
        return _checked(names, output)
    if not names:
        return _listed()
    if output == _HERE:
        return _printed(names[0])
    return _written(names, output, join, force)


def _written(names: tuple[str, ...], output: Path | None, join: bool, force: bool) -> Answer:
    from alloynb.application.export_projections import ExportProjection, export_projection

    workspace = current_workspace()
    done = [export_projection(workspace, ExportProjection(name, output, force, join)) for name in names]

    def show(console: Console) -> None:
        for each in done:
            told = "written" if each.written else "was up to date"
            console.print(f"✔ {each.file} {told} ({each.name}, {each.records} records)", markup=False)
            if each.copy is not None:
                console.print(f"  what a hand had changed is kept in {each.copy}", markup=False)

    return Answer([_as_json(each) for each in done], show)


def _checked(names: tuple[str, ...], output: Path | None) -> Answer:
    from alloynb.application.export_projections import CheckProjections, check_projections

    found = check_projections(current_workspace(), CheckProjections(names, output))
    wrong = [each for each in found if each.state != "current"]

    def show(console: Console) -> None:
        for each in found:
            console.print(
                f"{_MARKS[each.state]} {each.name}: {each.file}: {_STATES[each.state]}", markup=False
            )
            if each.difference:
                console.print(each.difference.rstrip(), style="dim", markup=False)
        if not found:
            console.print("Nothing was exported yet: nothing to check. `alloynb export` lists what there is.")
        if any(each.state == "stale" for each in wrong):
            console.print("Next: `alloynb export NAME` writes it anew.")

    return Answer([_as_json(each) for each in found], show, 1 if wrong else 0)


def _listed() -> Answer:
    from alloynb.application.export_projections import list_projections

    found = list_projections(current_workspace())

    def show(console: Console) -> None:
        for each in found:
            console.print(f"{_MARKS[each.state]} {each.name:<15}{each.about}", markup=False)
            console.print(f"    {each.file}: {_STATES[each.state]}", style="dim", markup=False)

    return Answer([_as_json(each) for each in found], show)


def _printed(name: str) -> Answer:
    from alloynb.application.export_projections import project_intent

    text = project_intent(current_workspace(), name).decode()
    return Answer({"name": name, "text": text}, lambda _console: click.echo(text, nl=False))


def _as_json(each: ExportedProjection) -> dict[str, Any]:
    return {
        "name": each.name,
        "file": str(each.file),
        "state": each.state,
        "written": each.written,
        "copy": str(each.copy) if each.copy else None,
        "difference": each.difference,
        "records": each.records,
    }


COMMANDS = (export,)
