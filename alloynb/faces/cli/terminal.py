"""The console that every command shows its answer on."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from alloynb.faces.cli.plain_words import visible


class Terminal(Console):
    """A console on which styles come from our code alone: text holds no markup, no emoji names and no controls."""

    def __init__(self, **options: Any) -> None:
        """Make one; options are those of rich's console."""
        super().__init__(**{"highlight": False, "markup": False, "emoji": False, **options})

    def render_str(self, text: str, **how: Any) -> Text:
        """Turn words into text, with every control character made visible."""
        return super().render_str(visible(text), **how)
