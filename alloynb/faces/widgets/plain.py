"""Tables as plain text, for terminals, logs and diffs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def columns(heads: Sequence[str], rows: Iterable[Sequence[str]], *, indent: str = "") -> str:
    """Set cells below their heads, each column as wide as its longest cell; nothing is cut off."""
    cells = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(heads))]
    return "\n".join(
        indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
