"""A table as Jupyter shows it: HTML where it can, else text with aligned columns."""

from __future__ import annotations

import html
from collections.abc import Sequence

_CELL = "text-align:left;padding:1px 14px 1px 0;vertical-align:top;white-space:normal"


class TableView:
    """Rows below a head; inline styles alone, so that an untrusted notebook shows it too."""

    def __init__(self, caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Keep what is to be shown."""
        self.caption, self.head = caption, tuple(head)
        self.rows = tuple(tuple(row) for row in rows)

    def text(self) -> str:
        """Caption, head and rows, one line each."""
        widths = [
            max(len(row[column]) for row in (self.head, *self.rows)) for column in range(len(self.head))
        ]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.caption, *(f"  {line}" for line in lines)])

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="{_CELL}">{html.escape(name)}</th>' for name in self.head)
        rows = "".join(f"<tr>{''.join(_cell(text) for text in row)}</tr>" for row in self.rows)
        caption = f'<caption style="text-align:left;font-weight:bold">{html.escape(self.caption)}</caption>'
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(text: str) -> str:
    return f'<td style="{_CELL}">{html.escape(text)}</td>'
