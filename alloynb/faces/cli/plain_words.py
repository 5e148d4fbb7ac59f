"""Words from files, repositories and commands are shown on a terminal, and never steer it."""

from __future__ import annotations

_KEPT = "\n\t"
_CONTROLS = [*range(32), *range(127, 160)]
_DIRECTIONS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # they make text read otherwise than it is
_SHOWN = {code: f"\\x{code:02x}" for code in _CONTROLS if chr(code) not in _KEPT} | {
    code: f"\\u{code:04x}" for code in _DIRECTIONS
}


def visible(text: str) -> str:
    r"""Write every character that a terminal obeys as an escape such as `\x1b`; lines and tabs stay."""
    return text.translate(_SHOWN)
