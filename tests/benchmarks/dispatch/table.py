"""Results as rows of a Markdown table, each block beside its own floor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from tests.benchmarks.dispatch.measure import Measured
from tests.benchmarks.dispatch.peer import Peer

DATABASES = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "memory": "no database"}
HEAD = (
    "| | survives a crash | jobs / asked | jobs ended a second | beside the plain queue "
    "| from asking to beginning, median / worst | beside the plain queue |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


@dataclass(frozen=True)
class Row:
    """One measurement of a block.

    Attributes:
        load: of the machine when it began, of one minute.
    """

    database: str
    peer: Peer
    measured: Measured
    load: float


def table(rows: Iterable[Row]) -> list[str]:
    """Lines of the table; the plain queue, measured first and last of each block, is one row of it."""
    lines = list(HEAD)
    blocks: dict[str, list[Row]] = {}
    for row in rows:
        blocks.setdefault(row.database, []).append(row)
    for block in blocks.values():
        floors = [row.measured for row in block if row.peer.name == "plain"]
        if not floors:
            continue
        lines.append(_floor(block[0], floors))
        lines += [_beside(row, floors[0]) for row in block if row.peer.name != "plain"]
    return lines


def titled(peer: Peer) -> str:
    """With the version that is measured."""
    library, _, pinned = (peer.requires or ("",))[0].partition("==")
    if not library and peer.name == "dbos":
        pinned = version("dbos")
    return f"{peer.title} {pinned}".strip()


def number(value: float) -> str:
    """Two digits that count, and all before the point."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _floor(row: Row, floors: list[Measured]) -> str:
    first, *more = floors
    rates = " / ".join(number(each.rate) for each in floors)
    ratios = " / ".join(["1", *(number(each.rate / first.rate) for each in more)])
    waits = f"{number(first.median_ms)} / {number(first.worst_ms)} ms"
    where = " (SQLite)" if row.database == "memory" else ""
    name = f"{DATABASES[row.database]}: plain queue{where}{', first / last' if more else ''}"
    return f"| {name} | {row.peer.survives} | {_counts(first)} | {rates} | {ratios} | {waits} | 1 |"


def _beside(row: Row, floor: Measured) -> str:
    own = row.measured
    cells = (
        f"{DATABASES[row.database]}: {titled(row.peer)}",
        row.peer.survives,
        _counts(own),
        number(own.rate),
        number(own.rate / floor.rate),
        f"{number(own.median_ms)} / {number(own.worst_ms)} ms",
        number(own.median_ms / floor.median_ms),
    )
    return f"| {' | '.join(cells)} |"


def _counts(measured: Measured) -> str:
    return f"{measured.jobs} / {measured.asked}"
