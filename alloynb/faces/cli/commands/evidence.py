"""`alloynb evidence`: ask the store with SQL, see its views, export them, check it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, progress, shared_options
from alloynb.faces.cli.command_group import CommandGroup
from alloynb.faces.cli.evidence_lake import lake
from alloynb.faces.cli.rows import FORMATS, as_json, write_rows

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.workspace import Workspace

QUERY_TIME_LIMIT_S = 300


@click.group(cls=CommandGroup)
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
@click.argument("name", required=False)
@shared_options
def views(name: str | None) -> Answer:
    """List the documented views and macros, with what each is for; with NAME its columns and an example.

    \b
    Examples:
      alloynb evidence views
      alloynb evidence views gate_results
    """
    workspace = current_workspace()
    if name is not None:
        return _one_view(workspace, name)
    found = [
        {"name": each.name, "kind": each.kind, "comment": each.purpose}
        for each in workspace.warehouse.views()
    ]

    def show(console: Console) -> None:
        for each in found:
            called = each["name"] + ("(…)" if each["kind"] == "macro" else "")
            console.print(f"{called:<30} {each['comment']}", markup=False)

    return Answer(found, show)


def _one_view(workspace: Workspace, name: str) -> Answer:
    view = workspace.warehouse.view(name)
    told = workspace.warehouse.query(
        "SELECT column_name AS name, data_type AS type, comment FROM duckdb_columns() "
        "WHERE table_name = $1 AND schema_name = 'main' AND NOT internal ORDER BY column_index",
        [view.name],
    )

    def show(console: Console) -> None:
        console.print(view.purpose, style="bold", markup=False)
        for column, kind, comment in told.rows:
            console.print(f"  {column:<24} {kind:<26} {comment or ''}", markup=False)
        console.print(f"\nExample:\n{view.example}", style="dim", markup=False)

    return Answer(
        {"name": view.name, "purpose": view.purpose, "example": view.example, "columns": told.as_dicts()},
        show,
    )


@evidence.command("sql")
@click.argument("statement", required=False)
@click.option("--file", type=click.File("r"), help="Read the statement from a file; - is standard input.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--limit", default=200, show_default=True, help="Rows shown to people; CSV and JSON get all.")
@shared_options
def sql(statement: str | None, file: Any, form: str, limit: int) -> Answer:
    """Run one reading STATEMENT.

    \b
    Examples:
      alloynb evidence sql "FROM intent_satisfaction"
      alloynb evidence sql "SELECT gate, status FROM gate_results" --json
      alloynb evidence sql "FROM gate_pass_rate" --format csv > rates.csv
      alloynb evidence sql "SELECT question, answer FROM run_audit('run_01J…')" --format markdown
    """
    text = statement or (file.read() if file else None)
    if not text:
        raise click.UsageError("give a statement, or --file")
    found = current_workspace().warehouse.query(text, time_limit_s=QUERY_TIME_LIMIT_S)
    rows = [{name: as_json(value) for name, value in row.items()} for row in found.as_dicts()]
    return Answer(
        {"columns": list(found.columns), "rows": rows},
        lambda console: write_rows(console, form, found.columns, found.rows, limit=limit),
    )


@evidence.command("export")
@click.argument("view", required=False)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--partition-by", multiple=True, metavar="COLUMN", help="FILE is a folder then; may be repeated."
)
@click.option(
    "--everything",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="All views, as Parquet.",
)
@shared_options
def export(
    view: str | None, file: Path | None, partition_by: tuple[str, ...], everything: Path | None
) -> Answer:
    """Write all rows of VIEW to FILE; its ending says the format: .parquet, .csv, .jsonl.

    \b
    Examples:
      alloynb evidence export gate_results gates.parquet
      alloynb evidence export runs runs/ --partition-by project_id --partition-by throttle
      alloynb evidence export --everything evidence/
    """
    warehouse = current_workspace().warehouse
    if everything is not None and view is None:
        found = warehouse.export_everything(everything)
        told = [{"view": each.view, "file": str(each.file), "rows": each.rows} for each in found]
        total = sum(each.rows for each in found)
        return Answer(
            told,
            lambda console: console.print(f"{len(found)} views, {total} rows in {everything}", markup=False),
        )
    if view is None or file is None or everything is not None:
        raise click.UsageError("give VIEW and FILE, or --everything FOLDER")
    rows = warehouse.export(view, file, partition_by=partition_by)
    return Answer(
        {"file": str(file), "rows": rows},
        lambda console: console.print(f"{rows} rows in {file}", markup=False),
    )


@evidence.command("refresh")
@shared_options
def refresh() -> Answer:
    """Take in what files here tell and the store does not know yet: ledgers, artifacts, records, runs, history.

    A run that is read does this by itself. Exit 1 when something could not be read; everything else was taken in.

    \b
    Example:
      alloynb evidence refresh
    """
    from alloynb.application.take_in import take_in

    workspace = current_workspace()
    found = take_in(workspace, tell=progress)
    workspace.warehouse.fold()

    def show(console: Console) -> None:
        for kind, count in sorted(found.facts.items()):
            console.print(f"{count:>8} {kind.replace('_', ' ')}", markup=False)
        console.print("✔ nothing is new" if not found.facts else "✔ taken in", style="green")
        for told in found.unread:
            console.print(f"✖ {told}", style="red", markup=False)

    return Answer({"facts": dict(found.facts), "unread": found.unread}, show, 1 if found.unread else 0)


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


evidence.add_command(lake)

COMMANDS = (evidence,)
