"""Text of a command that is safe to keep and show: no escape sequences, no control characters."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[@-Z\\-_]"
)
_ENDS_OF_LINES = re.compile(r"\r+\n|\r")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """Drop escape sequences, make line ends uniform, replace every other control character by U+FFFD."""
    return _CONTROL.sub("\ufffd", _ENDS_OF_LINES.sub("\n", _ESCAPES.sub("", text)))
