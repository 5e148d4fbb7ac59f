"""HTML in small pieces, for light and dark themes: escaped, labelled, and readable without any colour.

Styles stand inline, because a notebook that is not trusted loses style elements. Text keeps the colour of the theme;
only marks and borders are coloured, with values that show on white and on black where there is no theme.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

MARKS = {
    "satisfied": "✔", "partially_satisfied": "◐", "unsatisfied": "✖", "unknown": "?", "waived": "–",
    "new": "✖", "known": "✖", "regressed": "✖", "exception": "–", "resolved": "✔",
    "active": "●", "accepted": "◉", "proposed": "○", "hypothesized": "?", "contradicted": "!",
    "deprecated": "–", "superseded": "–", "rejected": "✖",
}  # fmt: skip
_GOOD = "var(--jp-success-color1, #2f9e5f)"
_BAD = "var(--jp-error-color1, #d9483b)"
_WARN = "var(--jp-warn-color1, #b7791f)"
_CALM = "var(--jp-info-color1, #4a86c5)"
_COLOURS = {
    **dict.fromkeys(("satisfied", "resolved", "active", "good"), _GOOD),
    **dict.fromkeys(("unsatisfied", "new", "known", "regressed", "rejected", "contradicted", "bad"), _BAD),
    **dict.fromkeys(("partially_satisfied", "unknown", "hypothesized"), _WARN),
}
_LINE = "var(--jp-border-color2, rgba(128, 128, 128, .45))"
_FONT = (
    "font-family:var(--jp-ui-font-family, system-ui, sans-serif);font-size:var(--jp-content-font-size1, 14px)"
)
_CELL = f"text-align:left;vertical-align:top;padding:4px 14px 4px 0;border:0;border-bottom:1px solid {_LINE};"
_WHOLE = f"{_FONT};line-height:1.45;color:var(--jp-content-font-color1, inherit);max-width:60em"


def code(text: str) -> str:
    """Write a name, an id or a place."""
    return (
        f'<code style="overflow-wrap:anywhere;background:none;color:inherit;padding:0">{escape(text)}</code>'
    )


def prose(text: str) -> str:
    """Write a sentence; what stands between backticks is code."""
    pieces = re.split(r"`([^`\n]+)`", text)
    return "".join(code(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces))


def quiet(html: str) -> str:
    """Say something beside the point."""
    return f'<span style="opacity:.75">{html}</span>'


def pill(status: str) -> str:
    """Show a status with its mark and its word; the colour repeats what they say."""
    colour = _COLOURS.get(status, _CALM)
    word = status.replace("_", " ")
    return (
        f'<span style="white-space:nowrap;border:1px solid {colour};border-left-width:5px;border-radius:3px;'
        f'padding:0 6px">{MARKS.get(status, "·")} {escape(word)}</span>'
    )


def lines(*pieces: str) -> str:
    """Put pieces of HTML below each other; empty ones are left out."""
    return "<br>".join(piece for piece in pieces if piece)


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Build a table that a screen reader can tell: caption, column heads, a head for every row.

    Args:
        caption, heads: plain text.
        rows: cells as HTML; the first of each row is its head.
    """
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(each)}</th>' for each in heads)
    body = []
    for first, *others in rows:
        cells = "".join(f'<td style="{_CELL}">{each}</td>' for each in others)
        body.append(
            f'<tr style="background:none"><th scope="row" style="{_CELL}font-weight:normal">{first}</th>{cells}</tr>'
        )
    return (
        f'<div style="overflow-x:auto"><table style="border-collapse:collapse;border:0;margin:4px 0;table-layout:auto">'
        f'<caption style="text-align:left;caption-side:top;padding:4px 0;font-weight:600;color:inherit">'
        f"{escape(caption)}</caption>"
        f'<thead><tr style="background:none">{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'
    )


def verdict(good: bool, headline: str, details: str) -> str:
    """Say first what it comes to.

    Args:
        headline: plain text.
        details: HTML.
    """
    colour = _COLOURS["good" if good else "bad"]
    return (
        f'<div style="border-left:6px solid {colour};padding:4px 12px;margin:4px 0">'
        f'<strong style="font-size:115%">{"✔" if good else "✖"} {escape(headline)}</strong><br>{quiet(details)}</div>'
    )


def terms(pairs: Iterable[tuple[str, str]], label: str = "") -> str:
    """Build a list of terms (plain text) and what stands for them (HTML), under a name for screen readers."""
    rows = "".join(
        f'<tr style="background:none"><th scope="row" style="{_CELL}border-bottom:0;font-weight:normal">'
        f'{quiet(escape(name))}</th><td style="{_CELL}border-bottom:0">{value}</td></tr>'
        for name, value in pairs
    )
    named = f' aria-label="{escape(label)}"' if label else ""
    return f'<table{named} style="border-collapse:collapse;border:0;margin:4px 0">{rows}</table>'


def folded(summary: str, html: str) -> str:
    """Keep something long behind its summary (plain text)."""
    return f'<details><summary style="cursor:pointer">{escape(summary)}</summary>{html}</details>'


def listing(text: str) -> str:
    """Show text as it is, wrapped."""
    return (
        f'<pre style="white-space:pre-wrap;border-left:3px solid {_LINE};padding:4px 12px;margin:4px 0;'
        f'background:none;color:inherit">{escape(text)}</pre>'
    )


def whole(label: str, *pieces: str) -> str:
    """Put the pieces of one display object together, under a name for screen readers."""
    return (
        f'<section aria-label="{escape(label)}" class="alloynb" style="{_WHOLE}">{"".join(pieces)}</section>'
    )
