"""Words of repositories, agents, other machines and people are shown on a terminal, and never steer it (spec 5.6)."""

from __future__ import annotations

_CONTROLS = [code for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"]
_DIRECTIONS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # they make text read otherwise than it is
_SHOWN = {code: f"\\x{code:02x}" for code in _CONTROLS} | {code: f"\\u{code:04x}" for code in _DIRECTIONS}
_IN_JSON = {code: f"\\u{code:04x}" for code in (*range(127, 160), *_DIRECTIONS)}


def plain(text: str) -> str:
    r"""Write every character that a terminal obeys as an escape such as `\x1b`; lines and tabs stay."""
    return text.translate(_SHOWN)


def plain_json(text: str) -> str:
    """The same for JSON, where it stays the same value: what JSON itself lets stand is escaped as well."""
    return text.translate(_IN_JSON)
