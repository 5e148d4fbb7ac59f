"""Observed repository text in prompts: fenced, labelled, and unable to leave its fence (spec 3.3, 5.6)."""

from __future__ import annotations

import re
import unicodedata

LONGEST_EXCERPT = 1200
_BACKTICKS = re.compile("`+")
_LABEL = "untrusted observed content"


def fence(text: str, *, longest: int = LONGEST_EXCERPT) -> str:
    """Quote text that nobody vouches for.

    The fence is longer than any run of backticks within, and every line begins with a bar: no line of the content
    can end the quotation or pose as a line of the prompt. Invisible and control characters become U+FFFD.

    Args:
        longest: characters that are kept; what is cut is counted in the quotation.
    """
    visible = "".join(_visible(character) for character in text.replace("\r\n", "\n"))
    cut = len(visible) - longest
    if cut > 0:
        visible = visible[:longest]
    lines = [f"| {line}".rstrip() for line in visible.splitlines()] or ["|"]
    if cut > 0:
        lines.append(f"| [{cut} more characters were cut]")
    runs = [len(run) for run in _BACKTICKS.findall(visible)]
    bar = "`" * max([3, *(run + 1 for run in runs)])
    return "\n".join([f"{bar} {_LABEL}", *lines, bar])


def _visible(character: str) -> str:
    if character in "\n\t":
        return character
    if character in "\r\x0b\x0c\x85\u2028\u2029":
        return "\n"
    return "\ufffd" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} else character
