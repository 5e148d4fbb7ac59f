"""Rows of an answer as text: a table where it has room, else a list; or CSV, JSON lines of one array, Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

FORMATS = ("table", "list", "csv", "json", "markdown")
LEAST_COLUMN_CHARACTERS = 12


def write_rows(
    console: Console, form: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, limit: int
) -> None:
    """Write rows in one of the formats; only what people read (table, list, Markdown) is cut at `limit`."""
    if form == "csv":
        console.out(_csv(columns, rows), end="", highlight=False)
        return
    if form == "json":
        told = [dict(zip(columns, map(as_json, row), strict=True)) for row in rows]
        console.out(json.dumps(told, ensure_ascii=False, indent=2), highlight=False)
        return
    texts = [[as_text(value) for value in row] for row in rows[:limit]]
    if form == "markdown":
        console.out(_markdown(columns, texts), end="", highlight=False)
    elif form == "list" or len(columns) * LEAST_COLUMN_CHARACTERS > console.width:
        _list(console, columns, texts)
    else:
        _table(console, columns, texts)
    if form != "markdown" or len(rows) > limit:
        shown = f", the first {limit} shown" if len(rows) > limit else ""
        console.print(f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}{shown}", style="dim")


def _table(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table

    table = Table(show_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _list(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    width = max((len(name) for name in columns), default=0)
    for number, row in enumerate(rows, start=1):
        console.print(f"── {number} ──", style="dim")
        for name, value in zip(columns, row, strict=True):
            console.print(f"{name:<{width}}  {value}")


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    plain = as_json(value)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, dict | list) else plain


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    told = (" | ".join(each.replace("|", "\\|").replace("\n", "<br>") for each in line) for line in lines)
    return "".join(f"| {line} |\n" for line in told)


def as_text(value: Any) -> str:
    """A value for people: times in UTC to the second, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict | list):
        return json.dumps(as_json(value), ensure_ascii=False)
    return str(value)


def as_json(value: Any) -> Any:
    """A value for programs: times RFC 3339, durations in milliseconds."""
    if isinstance(value, dict):
        return {str(name): as_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, timedelta):
        return value.total_seconds() * 1000
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
