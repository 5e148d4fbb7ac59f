"""Drawings as SVG, built in Python: escaped, labelled, for light and dark, loading nothing.

A drawing carries its own colours as variables: those of Jupyter's theme where there is one, else those of the scheme
that the reader's page or system asks for. So the same text stands in a report, in a notebook, and as an image in a
page that strips drawings.
"""

from __future__ import annotations

import base64
from html import escape

FONT = "var(--jp-ui-font-family, system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif)"
LETTER_WIDTH = 0.56
"""Mean width of a letter, as a part of the size of its font."""

_LIGHT = {
    "paper": "#ffffff", "ink": "#22262e", "dim": "#5c6470", "line": "#d8dade",
    "good": "#1a7f4b", "bad": "#b3261e", "warn": "#94620a", "calm": "#44698f", "pale": "#eef0f3",
}  # fmt: skip
_DARK = {
    "paper": "#171a20", "ink": "#e7e9ed", "dim": "#a3abb7", "line": "#3a414c",
    "good": "#5fc391", "bad": "#ff8f86", "warn": "#efbd62", "calm": "#8fb3da", "pale": "#252a33",
}  # fmt: skip
_THEME = {"ink": "--jp-content-font-color1", "dim": "--jp-content-font-color2", "line": "--jp-border-color2"}
TONES = ("good", "bad", "warn", "calm", "dim")
"""Names that `tone` takes; each also is the name of a variable."""


def element(name: str, /, *inside: str, **attributes: str | float | None) -> str:
    """Write one element.

    Args:
        inside: markup; text is escaped by `words`.
        attributes: `class_` and `stroke_width` stand for `class` and `stroke-width`; None is left out.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}>{''.join(inside)}</{name}>" if inside else f"<{name}{said}/>"


def words(text: str, x: float, y: float, **attributes: str | float | None) -> str:
    """Write text whose base line begins at a point."""
    return element("text", escape(text), x=x, y=y, **attributes)


def hint(text: str) -> str:
    """What a pointer that rests on the element is told."""
    return element("title", escape(text)) if text else ""


def fill(tone: str) -> str:
    """Style of an area in a tone."""
    return f"fill:var(--{tone})"


def width_of(text: str, size: float) -> float:
    """Estimate how wide text is, in the unit of `size`."""
    return len(text) * size * LETTER_WIDTH


def shortened(text: str, letters: int) -> str:
    """Cut text that is longer than a number of letters, and show that it is cut."""
    return text if len(text) <= letters else f"{text[: max(letters - 1, 1)]}…"


def drawing(width: float, height: float, label: str, *inside: str) -> str:
    """Put a drawing together.

    Args:
        width, height: in pixels when nothing makes it smaller; it keeps its proportions.
        label: what a screen reader says instead of showing it.
    """
    return element(
        "svg",
        _style(),
        element("rect", class_="paper", width=width, height=height, rx=6),
        *inside,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=width,
        height=height,
        class_="alloy-drawing",
        role="img",
        aria_label=label,
        style="max-width:100%;height:auto",
    )


def as_image(svg: str, label: str) -> str:
    """Wrap a drawing as an image that carries its own content: it survives where drawings are stripped."""
    content = base64.b64encode(svg.encode()).decode()
    return (
        f'<img src="data:image/svg+xml;base64,{content}" alt="{escape(label, quote=True)}" '
        'style="max-width:100%;height:auto;border-radius:6px">'
    )


def _style() -> str:
    def variables(colours: dict[str, str]) -> str:
        return "".join(
            f"--{name}:{f'var({_THEME[name]},{colour})' if name in _THEME else colour};"
            for name, colour in colours.items()
        )

    here = ".alloy-drawing"
    return (
        f"<style>{here}{{{variables(_LIGHT)}font-family:{FONT}}}"
        f"@media (prefers-color-scheme: dark){{{here}{{{variables(_DARK)}}}}}"
        f'[data-jp-theme-light="true"] {here}{{{variables(_LIGHT)}}}'
        f'[data-jp-theme-light="false"] {here}{{{variables(_DARK)}}}'
        f"{here} text{{fill:var(--ink);font-size:12px}}{here} .dim{{fill:var(--dim)}}{here} .paper{{fill:var(--paper)}}"
        f"{here} .rule{{stroke:var(--line);fill:none}}</style>"
    )


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
