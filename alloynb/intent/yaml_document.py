"""Reading YAML strictly: plain JSON values only, and the line of every one of them (spec 2.1).

The text is read event by event, so nothing is built before it is judged: aliases cannot grow, tags cannot construct,
and nesting is cut at its limit. Scalars mean what the YAML 1.2 core schema says; a date is text until a model reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from alloynb.intent.errors import UnreadableYaml
from alloynb.intent.yaml_quickly import MAX_DEPTH, UNSURE, libyaml, quick_value
from alloynb.intent.yaml_scalars import FORBIDDEN_CHARACTERS, NotPlain, plain_value, refuse_forbidden

MAX_FILE_BYTES = 1024 * 1024
_PLAIN_BYTES = b"\t\n\r" + bytes(range(0x20, 0x7F))
"""Bytes of characters that are always allowed."""


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


class YamlDocument:
    """One strictly read document: its JSON value, and where everything stands.

    Args:
        lines: where everything stands, or how to find out: few ask.
    """

    __slots__ = ("_lines", "file", "value")

    def __init__(self, value: Any, lines: Lines | Callable[[], Lines], file: Path | None) -> None:
        self.value = value
        self.file = file
        self._lines = lines

    @property
    def lines(self) -> Lines:
        """Where everything stands."""
        if not isinstance(self._lines, Lines):
            self._lines = self._lines()
        return self._lines


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
    value = quick_value(text, libyaml())
    if value is UNSURE:
        return _read_carefully(text, file)
    return YamlDocument(value, lambda: _read_carefully(text, file).lines, file)


def read_yaml_carefully(content: bytes, file: Path | None = None) -> YamlDocument:
    """Read as `read_yaml` does, with the reader that it falls back to: what the quick one must agree with."""
    return _read_carefully(_decode(content, file), file)


def _read_carefully(text: str, file: Path | None) -> YamlDocument:
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
    found = FORBIDDEN_CHARACTERS.search(text) if content.translate(None, _PLAIN_BYTES) else None
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
            self._place(self._meant(plain_value, event.value, line), Lines(line))
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
        return cast("str", self._meant(refuse_forbidden, text, line))

    def _meant(self, meaning: Callable[[str], Any], text: str, line: int) -> Any:
        try:
            return meaning(text)
        except NotPlain as error:
            raise self._refusal(str(error), line) from error
