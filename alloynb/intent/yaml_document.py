"""Reading YAML strictly: plain JSON values only, and the line of every one of them (spec 2.1).

The text is read event by event, so nothing is built before it is judged: aliases cannot grow, tags cannot construct,
and nesting is cut at its limit. Scalars mean what the YAML 1.2 core schema says; a date is text until a model reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alloynb.intent.errors import UnreadableYaml

MAX_FILE_BYTES = 1024 * 1024
MAX_DEPTH = 64
_MAX_SAFE_INTEGER = 2**53 - 1

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_LINE_SEPARATORS, _DIRECTION_MARKS, _NON_CHARACTERS = (
    "\u2028\u2029",
    "\u202a-\u202e\u2066-\u2069",
    "\ufeff\ufffe\uffff",
)
_FORBIDDEN_CHARACTERS = re.compile(
    f"[{_CONTROLS}{_LINE_SEPARATORS}{_DIRECTION_MARKS}{_NON_CHARACTERS}\ud800-\udfff]"
)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE, _FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(slots=True)
class Lines:
    """Where a value and its children stand; `children` is keyed like the value: by key, or by index."""

    line: int
    children: dict[str | int, Lines] = field(default_factory=dict)

    def line_of(self, place: tuple[str | int, ...]) -> int:
        """Find the line of a place such as `("evidence", 0, "id")`, or of its nearest parent that exists."""
        here = self
        for step in place:
            here = here.children.get(step, here)
        return here.line


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One strictly read document: its JSON value, and where everything stands."""

    value: Any
    lines: Lines
    file: Path | None


def read_yaml(content: bytes, file: Path | None = None) -> YamlDocument:
    """Read one YAML document into plain JSON values.

    Refused: more than `MAX_FILE_BYTES`, deeper than `MAX_DEPTH`, duplicate keys, anchors, aliases, merge keys, tags,
    directives, several documents, keys that are not plain text, NaN and infinity, integers beyond 2**53, bad UTF-8,
    control characters and characters that change the direction of text.

    Args:
        file: named in errors.

    Raises:
        UnreadableYaml: with file and line.

    Spec: 2.1.
    """
    text = _decode(content, file)
    builder = _Builder(file)
    for event in _events(text, file):
        builder.take(event)
    return builder.document()


def _decode(content: bytes, file: Path | None) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableYaml(f"{len(content)} bytes, at most {MAX_FILE_BYTES} are read", file=file)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableYaml("not UTF-8 text", file=file, line=line) from error
    found = _FORBIDDEN_CHARACTERS.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise UnreadableYaml(f"forbidden character U+{ord(found.group()):04X}", file=file, line=line)
    return text


def _events(text: str, file: Path | None) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    line = 1
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            line = event.end_mark.line + 1
            yield event
    except UnreadableYaml:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = error.problem or error.context or "syntax"
        raise UnreadableYaml(f"not YAML: {told}", file=file, line=mark.line + 1 if mark else None) from error
    except (
        YAMLError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        RecursionError,
    ) as error:
        # The scanner lets some malformed escapes and directives out as bare Python errors.
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableYaml(f"not YAML: {told}", file=file, line=line) from error


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is still being read."""

    value: dict[str, Any] | list[Any]
    lines: Lines
    key: str | None = None
    key_line: int = 0


class _Builder:
    """Takes events one by one and builds the value beside its lines."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._open: list[_Open] = []
        self._root: tuple[Any, Lines] | None = None
        self._documents = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "AliasEvent":
            raise self._refusal(f"an alias (*{event.anchor}); write the value out", line)
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise self._refusal("a second document; one file holds one", line)
            if event.version or event.tags:
                raise self._refusal("a % directive", line)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._refuse_decoration(event, line)
            self._begin({} if kind == "MappingStartEvent" else [], line)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            done = self._open.pop()
            self._place(done.value, done.lines)
        elif kind == "ScalarEvent":
            self._refuse_decoration(event, line)
            self._scalar(event, line)

    def document(self) -> YamlDocument:
        if self._root is None:
            raise self._refusal("the file is empty", 1)
        return YamlDocument(self._root[0], self._root[1], self._file)

    def _refusal(self, message: str, line: int) -> UnreadableYaml:
        return UnreadableYaml(message, file=self._file, line=line)

    def _refuse_decoration(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            raise self._refusal(f"an anchor (&{event.anchor}); write the value out where it is used", line)
        if event.tag is not None:
            raise self._refusal(f"a tag ({event.tag}); only plain values are read", line)

    def _begin(self, value: dict[str, Any] | list[Any], line: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels", line)
        if self._awaits_key():
            raise self._refusal("a key that is not plain text", line)
        self._open.append(_Open(value, Lines(line)))

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _scalar(self, event: Any, line: int) -> None:
        if self._awaits_key():
            self._key(event.value, line, plain=event.implicit[0])
        elif event.implicit[0]:
            self._place(self._plain(event.value, line), Lines(line))
        else:
            self._place(self._checked(event.value, line), Lines(line))

    def _key(self, key: str, line: int, *, plain: bool) -> None:
        here = self._open[-1]
        assert isinstance(here.value, dict)
        if plain and key == "<<":
            raise self._refusal("a merge key (<<); write the values out", line)
        if self._checked(key, line) in here.value:
            first = here.lines.children[key].line
            raise self._refusal(f"duplicate key {key!r}; it stands in line {first} already", line)
        here.key, here.key_line = key, line

    def _place(self, value: Any, lines: Lines) -> None:
        if not self._open:
            self._root = (value, lines)
            return
        here = self._open[-1]
        if isinstance(here.value, list):
            here.lines.children[len(here.value)] = lines
            here.value.append(value)
        else:
            assert here.key is not None
            lines.line = here.key_line
            here.value[here.key] = value
            here.lines.children[here.key] = lines
            here.key = None

    def _checked(self, text: str, line: int) -> str:
        found = _FORBIDDEN_CHARACTERS.search(text)
        if found:
            raise self._refusal(f"forbidden character U+{ord(found.group()):04X}", line)
        return text

    def _plain(self, text: str, line: int) -> Any:
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _INTEGER.fullmatch(text):
            value = (
                int(text, 0)
                if text[:2] in ("0o", "0x")
                else int(text)
                if len(text) < 20
                else _MAX_SAFE_INTEGER + 1
            )
            if abs(value) > _MAX_SAFE_INTEGER:
                raise self._refusal(
                    f"integer {text[:20]} is beyond 2**53; if it is text, write it in quotes", line
                )
            return value
        if _FLOAT.fullmatch(text):
            number = float(text)
            if number in (float("inf"), float("-inf")):
                raise self._refusal(f"{text[:20]} is not a finite number", line)
            return number
        if _NOT_FINITE.fullmatch(text):
            raise self._refusal(f"{text} is not a finite number", line)
        return self._checked(text, line)
