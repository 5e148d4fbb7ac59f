"""`alloynb evidence`: ask the store with SQL, see its views, export them, check it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, progress, shared_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

QUERY_TIME_LIMIT_S = 300
LEAST_COLUMN_CHARACTERS = 12


@click.group()
def evidence() -> None:
    """The evidence store: one DuckDB file that any tool may open while runs are writing."""


@evidence.command("path")
@shared_options
def path() -> Answer:
    """Print the path of the DuckDB file.

    \b
    Example:
      duckdb -readonly "$(alloynb evidence path)"
    """
    file = str(current_workspace().warehouse.path)
    return Answer({"path": file}, lambda console: click.echo(file))


@evidence.command("views")
@shared_options
def views() -> Answer:
    """List the documented views, with what each is for.

    \b
    Example:
      alloynb evidence views
    """
    found = current_workspace().warehouse.query(
        "SELECT view_name AS name, comment FROM duckdb_views() "
        "WHERE NOT internal AND schema_name = 'main' AND comment IS NOT NULL ORDER BY view_name"
    )

    def show(console: Console) -> None:
        for name, comment in found.rows:
            console.print(f"{name:<30} {comment}", markup=False)

    return Answer(found.as_dicts(), show)


@evidence.command("sql")
@click.argument("statement", required=False)
@click.option("--file", type=click.File("r"), help="Read the statement from a file; - is standard input.")
@click.option("--limit", default=200, show_default=True, help="Rows shown as text; JSON gets all.")
@shared_options
def sql(statement: str | None, file: Any, limit: int) -> Answer:
    """Run one reading STATEMENT.

    \b
    Examples:
      alloynb evidence sql "FROM intent_satisfaction"
      alloynb evidence sql "SELECT gate, status FROM gate_results" --json
    """
    text = statement or (file.read() if file else None)
    if not text:
        raise click.UsageError("give a statement, or --file")
    found = current_workspace().warehouse.query(text, time_limit_s=QUERY_TIME_LIMIT_S)

    def show(console: Console) -> None:
        rows = [[_as_text(value) for value in row] for row in found.rows[:limit]]
        _show_rows(console, found.columns, rows)
        shown = f", the first {limit} shown" if len(found) > limit else ""
        console.print(f"{len(found)} {'row' if len(found) == 1 else 'rows'}{shown}", style="dim")

    rows = [{name: _as_json(value) for name, value in row.items()} for row in found.as_dicts()]
    return Answer({"columns": list(found.columns), "rows": rows}, show)


@evidence.command("export")
@click.argument("view")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@shared_options
def export(view: str, file: Path) -> Answer:
    """Write all rows of VIEW to FILE; its ending says the format: .parquet, .csv, .jsonl.

    \b
    Example:
      alloynb evidence export gate_results gates.parquet
    """
    rows = current_workspace().warehouse.export(view, file)
    return Answer(
        {"file": str(file), "rows": rows},
        lambda console: console.print(f"{rows} rows in {file}", markup=False),
    )


@evidence.command("history")
@shared_options
def history() -> Answer:
    """Record who changed which path when, from the history of git; only what is new is read.

    A run that is read does this by itself. In a repository with a long history do it once, ahead.

    \b
    Examples:
      alloynb evidence history
      alloynb evidence sql "SELECT path, author, changed_at FROM path_changes ORDER BY changed_at DESC LIMIT 20"
    """
    from alloynb.application.keep_history import keep_history

    found = keep_history(current_workspace(), tell=lambda commits: progress(f"{commits} commits read"))

    def show(console: Console) -> None:
        console.print(f"{found.commits} new commits, {found.paths} changed paths, up to {found.tip[:12]}")
        if found.shallow:
            console.print("What is older is not in this clone: git fetch --unshallow", style="yellow")

    return Answer(asdict(found), show)


@evidence.command("verify")
@shared_options
def verify() -> Answer:
    """Hold the published file against the journals and Parquet files that are the truth. Exit 1 when they differ.

    \b
    Example:
      alloynb evidence verify
    """
    found = current_workspace().warehouse.verify()

    def show(console: Console) -> None:
        for problem in found.problems:
            console.print(f"✖ {problem}", style="red", markup=False)
        if not found.problems:
            console.print(f"✔ {found.facts} facts, published as the journals tell them", style="green")

    return Answer({"facts": found.facts, "problems": list(found.problems)}, show, 1 if found.problems else 0)


@evidence.command("rebuild")
@shared_options
def rebuild() -> Answer:
    """Build the DuckDB file anew from journals and Parquet; the old one stands until the new one is whole.

    \b
    Example:
      alloynb evidence rebuild
    """
    workspace = current_workspace()
    workspace.warehouse.rebuild()
    file = str(workspace.warehouse.path)
    return Answer({"path": file}, lambda console: console.print(f"rebuilt {file}", markup=False))


def _show_rows(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show a table where its columns have room, else each row as a list of its columns."""
    if len(columns) * LEAST_COLUMN_CHARACTERS <= console.width:
        from rich.table import Table

        table = Table(show_edge=False, header_style="bold")
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print(table)
        return
    width = max(len(name) for name in columns)
    for number, row in enumerate(rows, start=1):
        console.print(f"── {number} ──", style="dim")
        for name, value in zip(columns, row, strict=True):
            console.print(f"{name:<{width}}  {value}")


def _as_text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _as_json(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool | dict | list):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


COMMANDS = (evidence,)
