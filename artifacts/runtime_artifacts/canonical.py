"""Reading JSON strictly, writing it canonically (RFC 8785), and naming it by digest (spec 3.1)."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import rfc8785

from runtime_artifacts.errors import InvalidContent, MalformedDocument, Place

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
_FORBIDDEN_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
DIGEST_PATTERN = r"^sha256:[0-9a-f]{64}$"


def digest_of(value: Any) -> str:
    """Name a JSON value by the SHA-256 of its RFC 8785 form: `sha256:` and 64 hex digits.

    Raises:
        InvalidContent: the value holds something that canonical JSON cannot say (NaN, an integer beyond 2**53).
    """
    return "sha256:" + hashlib.sha256(canonical_bytes(value)).hexdigest()


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

    Refused: more than `MAX_DOCUMENT_BYTES`, deeper than `MAX_DEPTH`, duplicate keys, NaN and Infinity, bad UTF-8,
    control characters other than tab, line feed and carriage return, lone surrogates.

    Raises:
        MalformedDocument: with the place, as far as it is known.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        raise MalformedDocument(f"{len(text)} bytes, at most {MAX_DOCUMENT_BYTES} are read", place=Place(file))
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise MalformedDocument("not UTF-8 text", place=Place(file, line=line)) from error

    def refuse_constant(name: str) -> Any:
        raise MalformedDocument(f"{name} is not a JSON number", place=Place(file))

    def refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in pairs:
            if key in result:
                raise MalformedDocument(f"duplicate key {key!r}", place=Place(file, line=_line_of_key(decoded, key)))
            result[key] = value
        return result

    try:
        value = json.loads(decoded, object_pairs_hook=refuse_duplicates, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        place = Place(file, line=error.lineno, column=error.colno)
        raise MalformedDocument(f"not JSON: {error.msg}", place=place) from error
    except RecursionError as error:
        raise MalformedDocument(f"nested deeper than {MAX_DEPTH} levels", place=Place(file)) from error
    except ValueError as error:  # an integer with thousands of digits
        raise MalformedDocument(f"not JSON: {error}", place=Place(file)) from error
    refuse_odd_values(value, file)
    return value


def refuse_odd_values(value: Any, file: Path | None = None) -> None:
    """Refuse nesting beyond `MAX_DEPTH` and forbidden characters anywhere in a JSON value.

    Raises:
        MalformedDocument: with the JSON pointer of the first offence.
    """
    waiting: list[tuple[Any, str, int]] = [(value, "", 1)]
    while waiting:
        item, pointer, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise MalformedDocument(f"nested deeper than {MAX_DEPTH} levels", place=Place(file))
        if isinstance(item, str):
            _refuse_forbidden_characters(item, pointer, file)
        elif isinstance(item, dict):
            for key, child in item.items():
                _refuse_forbidden_characters(key, pointer, file)
                waiting.append((child, f"{pointer}/{escape_pointer(key)}", depth + 1))
        elif isinstance(item, list):
            waiting.extend((child, f"{pointer}/{index}", depth + 1) for index, child in enumerate(item))


def escape_pointer(key: str) -> str:
    """Escape one step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _refuse_forbidden_characters(text: str, pointer: str, file: Path | None) -> None:
    found = _FORBIDDEN_CHARACTERS.search(text)
    if found:
        code = f"U+{ord(found.group()):04X}"
        raise MalformedDocument(f"forbidden character {code}", place=Place(file, pointer=pointer))


def _line_of_key(text: str, key: str) -> int | None:
    places = [found.start() for found in re.finditer(re.escape(json.dumps(key)) + r"\s*:", text)]
    return text.count("\n", 0, places[1]) + 1 if len(places) > 1 else None
