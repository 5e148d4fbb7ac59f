"""Results as a Markdown table: a block for each database, each row beside the plain queue of its block.

    python -m tests.benchmarks.dispatch.table RESULTS…            print the table of these runs
    python -m tests.benchmarks.dispatch.table RESULTS… PAGE.md    and put it between the marks of a page

Results are lines of JSON, as `DISPATCH_RESULTS=FILE` appends them; of several runs the medians are shown, with the
lowest and the highest.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FLOOR = "plain"
BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
BLOCKS = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "memory": "no database"}
COLUMNS = (
    "",
    "survives a crash",
    "jobs / asked",
    "jobs ended a second",
    "beside the plain queue",
    "from asking to beginning, median / worst",
    "beside the plain queue",
)


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        database: whose block it belongs to.
        title: of the peer, with its version; `survives` is what it says of itself.
        load: of the machine when it began, of one minute; `cores` that it has.
    """

    database: str
    name: str
    title: str
    survives: str
    jobs: int
    asked: int
    rate: float
    median_ms: float
    worst_ms: float
    load: float
    cores: int

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False)


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of the table, and above it what the machine was doing; a block without its floor is left out."""
    lines = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    for database in BLOCKS:
        block = [row for row in rows if row.database == database]
        floor = [row for row in block if row.name == FLOOR]
        if floor:
            lines += [
                _row([row for row in block if row.name == name], floor)
                for name in dict.fromkeys([FLOOR, *(row.name for row in block)])
            ]
    loads = [row.load for row in rows] or [0.0]
    return [
        f"Load {min(loads):.1f} to {max(loads):.1f} on {rows[0].cores if rows else 0} cores.",
        "",
        *lines,
    ]


def number(value: float) -> str:
    """Two digits that count, and all before the point."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def rows_of(files: Iterable[Path]) -> list[Row]:
    """Every measurement in some files."""
    return [Row(**json.loads(line)) for file in files for line in file.read_text().splitlines()]


def put_into(page: str, lines: Sequence[str]) -> str:
    """The page with the lines between its marks.

    Raises:
        ValueError: it has no such marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} and {END}")
    return "\n".join((f"{before}{BEGIN}", *lines, f"{END}{after}"))


def _row(own: Sequence[Row], floor: Sequence[Row]) -> str:
    first = own[0]
    rate, waited = (statistics.median(values) for values in _values(own))
    floor_rate, floor_waited = (statistics.median(values) for values in _values(floor))
    where = " on SQLite" if first.database == "memory" and first.name == FLOOR else ""
    return _line(
        (
            f"{BLOCKS[first.database]}: {first.title}{where}",
            first.survives,
            f"{first.jobs} / {first.asked}",
            _spread([row.rate for row in own]),
            number(rate / floor_rate),
            f"{_spread([row.median_ms for row in own])} / {number(max(row.worst_ms for row in own))} ms",
            number(waited / floor_waited),
        )
    )


def _values(rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    return [row.rate for row in rows], [row.median_ms for row in rows]


def _spread(values: Sequence[float]) -> str:
    told = number(statistics.median(values))
    return told if len(values) == 1 else f"{told} ({number(min(values))}–{number(max(values))})"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def main(arguments: Sequence[str]) -> None:
    """See the top of this module."""
    pages = [Path(each) for each in arguments if each.endswith(".md")]
    lines = table(rows_of(Path(each) for each in arguments if not each.endswith(".md")))
    print("\n".join(lines))
    for page in pages:
        page.write_text(put_into(page.read_text(), lines))


if __name__ == "__main__":
    main(sys.argv[1:])
