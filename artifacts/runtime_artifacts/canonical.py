"""Reading JSON strictly, writing it canonically (RFC 8785), and naming it by digest (spec 3.1)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import rfc8785

from runtime_artifacts.errors import InvalidContent, MalformedDocument, Place

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 500_000
MAX_NUMBER = 2**53 - 1
DIGEST_PATTERN = r"^sha256:[0-9a-f]{64}$"

# Unicode's control characters but tab, line feed and carriage return, and surrogates that stand alone.
_FORBIDDEN_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)


def digest_of(value: Any) -> str:
    """Name a JSON value by the SHA-256 of its RFC 8785 form: `sha256:` and 64 hex digits.

    Raises:
        InvalidContent: the value holds something that canonical JSON cannot say (NaN, an integer beyond 2**53).
    """
    return digest_of_bytes(canonical_bytes(value))


def digest_of_bytes(text: bytes) -> str:
    """Name bytes by their SHA-256: `sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(text).hexdigest()


def is_digest(text: str) -> bool:
    """Say whether `text` is `sha256:` and 64 lower-case hex digits."""
    return _DIGEST.fullmatch(text) is not None


def canonical_bytes(value: Any) -> bytes:
    """Write a JSON value in its one RFC 8785 form, UTF-8.

    Raises:
        InvalidContent: the value holds something that canonical JSON cannot say.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidContent(f"not canonical JSON: {error}") from error


def parse_json(text: bytes, file: Path | None = None) -> Any:
    """Parse untrusted JSON.

    Refused: more than `MAX_DOCUMENT_BYTES`, bad UTF-8, duplicate keys, NaN and Infinity, and whatever
    `refuse_odd_values` refuses.

    Raises:
        MalformedDocument: with the place, as far as it is known.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        raise MalformedDocument(f"more than {MAX_DOCUMENT_BYTES} bytes", place=Place(file))
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise MalformedDocument("not UTF-8 text", place=Place(file, line=line)) from error

    def refuse_constant(name: str) -> Any:
        raise MalformedDocument(f"{name} is not a JSON number", place=Place(file))

    def refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise _duplicate_key(decoded, file)
        return result

    try:
        value = json.loads(decoded, object_pairs_hook=refuse_duplicates, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        place = Place(file, line=error.lineno, column=error.colno)
        raise MalformedDocument(f"not JSON: {error.msg}", place=place) from error
    except RecursionError as error:
        raise MalformedDocument(f"nested deeper than {MAX_DEPTH} levels", place=Place(file)) from error
    except ValueError as error:  # an integer with thousands of digits
        raise MalformedDocument(f"a number beyond ±{MAX_NUMBER}", place=Place(file)) from error
    refuse_odd_values(value, file)
    return value


def refuse_odd_values(value: Any, file: Path | None = None) -> None:
    """Refuse in a JSON value what two readers could understand differently, or what is only made to do harm.

    Refused: nesting beyond `MAX_DEPTH`, more than `MAX_VALUES` values, control characters other than tab, line feed
    and carriage return, lone surrogates, numbers that are not finite or beyond ±`MAX_NUMBER` (a double cannot tell
    such integers apart).

    Raises:
        MalformedDocument: with the JSON pointer of the offence.
    """
    offence = _OddValue().find(value, 1)
    if offence is not None:
        reason, steps = offence
        pointer = "".join(f"/{escape_pointer(step)}" for step in reversed(steps))
        raise MalformedDocument(reason, place=Place(file, pointer=pointer))


def replace_odd_characters(text: str) -> str:
    """Put U+FFFD in the place of every character that no artifact may hold, such as an escape code of a terminal."""
    return _FORBIDDEN_CHARACTERS.sub("\ufffd", text)


def escape_pointer(key: str) -> str:
    """Escape one step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


class _OddValue:
    """Search for the first offence. The path to it is built on the way out, so that a good value costs none."""

    def __init__(self) -> None:
        self.seen = 0

    def find(self, item: Any, depth: int) -> tuple[str, list[str]] | None:
        """Reason and steps, innermost first, or None."""
        self.seen += 1
        if self.seen > MAX_VALUES:
            return f"more than {MAX_VALUES} values", []
        if not isinstance(item, dict | list):
            return _odd_scalar(item)
        if depth > MAX_DEPTH:
            return f"nested deeper than {MAX_DEPTH} levels", []
        for step, child in item.items() if isinstance(item, dict) else enumerate(item):
            offence = (_odd_scalar(step) if isinstance(item, dict) else None) or self.find(child, depth + 1)
            if offence is not None:
                offence[1].append(replace_odd_characters(str(step)))
                return offence
        return None


def _odd_scalar(item: Any) -> tuple[str, list[str]] | None:
    if isinstance(item, str):
        found = _FORBIDDEN_CHARACTERS.search(item)
        return (f"forbidden character U+{ord(found.group()):04X}", []) if found else None
    if isinstance(item, int | float) and not (math.isfinite(item) and abs(item) <= MAX_NUMBER):
        return f"a number beyond ±{MAX_NUMBER}", []
    return None


def _duplicate_key(text: str, file: Path | None) -> MalformedDocument:
    """Find the first duplicate key in a text that is JSON up to the end of the object that holds it."""
    scopes: list[set[str] | None] = []
    before = ""
    for token in _TOKEN.finditer(text):
        found = token.group()
        if found in "{[":
            scopes.append(set() if found == "{" else None)
        elif found in "}]":
            scopes.pop()
        elif found[0] == '"' and before in "{," and scopes and scopes[-1] is not None:
            key = json.loads(found, strict=False)
            if key in scopes[-1]:
                line = text.count("\n", 0, token.start()) + 1
                column = token.start() - text.rfind("\n", 0, token.start())
                place = Place(file, line=line, column=column)
                return MalformedDocument(f"duplicate key {key[:80]!r}", place=place)
            scopes[-1].add(key)
        before = found
    return MalformedDocument("duplicate key", place=Place(file))
