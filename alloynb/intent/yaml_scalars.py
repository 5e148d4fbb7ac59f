"""What a scalar of YAML means here: the 1.2 core schema, within what JSON can say (spec 2.1).

A date is text until a model reads it. Both ways of reading a document ask this one.
"""

from __future__ import annotations

import re

_MAX_SAFE_INTEGER = 2**53 - 1

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_LINE_SEPARATORS, _DIRECTION_MARKS, _NON_CHARACTERS = (
    "\u2028\u2029",
    "\u202a-\u202e\u2066-\u2069",
    "\ufeff\ufffe\uffff",
)
FORBIDDEN_CHARACTERS = re.compile(
    f"[{_CONTROLS}{_LINE_SEPARATORS}{_DIRECTION_MARKS}{_NON_CHARACTERS}\ud800-\udfff]"
)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST_OF_NUMBERS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class NotPlain(ValueError):
    """A scalar that JSON cannot say; the message says why."""


def plain_value(text: str) -> bool | int | float | str | None:
    """Say what a scalar without quotes means.

    Raises:
        NotPlain: an integer beyond 2**53, NaN or infinity.
    """
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _FIRST_OF_NUMBERS else text


def refuse_forbidden(text: str) -> str:
    """Give `text` back.

    Raises:
        NotPlain: it holds control characters, or ones that change the direction of text.
    """
    found = FORBIDDEN_CHARACTERS.search(text)
    if found:
        raise NotPlain(f"forbidden character U+{ord(found.group()):04X}")
    return text


def _number(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text):
        value = _integer(text)
        if abs(value) > _MAX_SAFE_INTEGER:
            raise NotPlain(f"integer {text[:20]} is beyond 2**53; if it is text, write it in quotes")
        return value
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise NotPlain(f"{text[:20]} is not a finite number")
        return number
    if _NOT_FINITE.fullmatch(text):
        raise NotPlain(f"{text} is not a finite number")
    return text


def _integer(text: str) -> int:
    if text[:2] in ("0o", "0x"):
        return int(text, 0)
    return int(text) if len(text) < 20 else _MAX_SAFE_INTEGER + 1
