"""`alloynb evidence lake`: the evidence of many workspaces and machines in one place."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, progress, shared_options
from alloynb.faces.cli.command_group import CommandGroup
from alloynb.faces.cli.rows import FORMATS, as_json, write_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console


def lake_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--catalog` and `--data`, which name the lake."""
    command = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        required=True,
        envvar="ALLOY_LAKE_DATA",
        help="Folder of its Parquet files, which all who read can see (or $ALLOY_LAKE_DATA).",
    )(command)
    return click.option(
        "--catalog",
        required=True,
        envvar="ALLOY_LAKE_CATALOG",
        help="postgresql://…, or a file that ends with .ducklake (or $ALLOY_LAKE_CATALOG).",
    )(command)


@click.group(cls=CommandGroup)
def lake() -> None:
    """Bring the evidence of many workspaces and machines into one lake (DuckLake), and ask it.

    The catalog is a PostgreSQL database, or a file where one machine is enough. The views are the same as here.
    """


@lake.command("commit")
@lake_options
@shared_options
def commit(catalog: str, data: Path) -> Answer:
    """Bring what is finished here into the lake. Again changes nothing; killed, it goes on the next time.

    \b
    Examples:
      alloynb evidence lake commit --catalog postgresql://alloy@db.example/lake --data /shared/lake
      ALLOY_LAKE_CATALOG=team.ducklake ALLOY_LAKE_DATA=lake alloynb evidence lake commit
    """
    workspace = current_workspace()
    done = workspace.warehouse.commit_to(
        workspace.warehouse.lake(catalog, data), workspace=workspace.settings.project, tell=progress
    )

    def show(console: Console) -> None:
        console.print(f"✔ {done.files} files with {done.facts} facts are in the lake now", style="green")
        if done.known or done.doubled:
            told = (
                f"  {done.known} files were there before, {done.doubled} facts were told by another workspace"
            )
            console.print(told, style="dim")
        for reason in done.refused:
            console.print(f"✖ {reason}", style="red", markup=False)

    return Answer(asdict(done), show, 1 if done.refused else 0)


@lake.command("sql")
@click.argument("statement")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--limit", default=200, show_default=True, help="Rows shown to people.")
@lake_options
@shared_options
def sql(statement: str, form: str, limit: int, catalog: str, data: Path) -> Answer:
    """Run one reading STATEMENT on all evidence of the lake.

    \b
    Example:
      alloynb evidence lake sql "SELECT project_id, count(*) FROM runs GROUP BY 1" --catalog team.ducklake --data lake
    """
    found = current_workspace().warehouse.lake(catalog, data).query(statement)
    rows = [{name: as_json(value) for name, value in row.items()} for row in found.as_dicts()]
    return Answer(
        {"columns": list(found.columns), "rows": rows},
        lambda console: write_rows(console, form, found.columns, found.rows, limit=limit),
    )


@lake.command("script")
@lake_options
@shared_options
def script(catalog: str, data: Path) -> Answer:
    """Print the SQL with which any DuckDB tool opens the lake, with all views; no password is in it.

    \b
    Example:
      alloynb evidence lake script --catalog team.ducklake --data lake > lake.sql && duckdb -init lake.sql
    """
    text = current_workspace().warehouse.lake(catalog, data).opening_script()
    return Answer({"sql": text}, lambda console: click.echo(text, nl=False))
