"""The quick way to read YAML: libyaml's events, and only where they can mean but one thing (spec 2.1).

It never refuses and never explains: whatever it does not take for plain beyond doubt is left to the careful reading of
`yaml_document`, with the same answer as ever, only later. So a fault is told in one place, and in the same words on a
machine where PyYAML came without libyaml.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from alloynb.intent.yaml_scalars import NotPlain, plain_value, refuse_forbidden

UNSURE: Any = object()
"""In place of a value: read it carefully."""

MAX_DEPTH = 64
_OLDEST_LIBYAML = (0, 2, 5)

_IN_DOUBT = (
    ("\t", re.compile("")),  # what white space a tab is differs between readers
    ("\r", re.compile(r"\r(?!\n)")),  # so does a lone return
    ("!", re.compile(r"(?:^|[\s\[{,:?-])!", re.MULTILINE)),  # a tag; libyaml swallows one that is a mere `!`
    ("%", re.compile(r"^%", re.MULTILINE)),  # a directive, or a line of text that looks like one
    ("...", re.compile(r"^\.\.\.", re.MULTILINE)),  # the end of a document
    ("---", re.compile(r"(?!\A)^---", re.MULTILINE)),  # another document
    (" \n", re.compile(r"^ +$", re.MULTILINE)),  # may stand deeper than the block of text that it begins
    (" \r", re.compile(r"^ +\r$", re.MULTILINE)),
    ("#", re.compile(r"[|>][-+0-9]*#")),  # a comment that touches the mark of a block
    ("':", re.compile(r"':(?!\s)")),  # the colon of JSON
    ('":', re.compile(r'":(?!\s)')),
)
"""Where readers of YAML differ: what such a place holds, which is found quickest, and what it looks like."""


def quick_value(text: str, library: Any) -> Any:
    """Read a document whose characters are known to be allowed; `UNSURE` when anything about it is not plain.

    Args:
        library: what `libyaml` gives.
    """
    if library is None or any(mark in text and look.search(text) for mark, look in _IN_DOUBT):
        return UNSURE
    try:
        return _Builder(library).value_of(library.CParser(text), library.StreamEndEvent)
    except (library.YAMLError, NotPlain, _Doubt):
        return UNSURE


@cache
def libyaml() -> Any:
    """PyYAML's binding to libyaml; None where it is not installed, or too old to read YAML as we mean it."""
    try:
        from yaml import _yaml
    except ImportError:
        return None
    return _yaml if _yaml.get_version() >= _OLDEST_LIBYAML else None


class _Doubt(Exception):
    """What was read may mean something else to another reader."""


class _Builder:
    """Takes the events of one document and builds its value."""

    def __init__(self, library: Any) -> None:
        self._outside: list[
            tuple[Any, Any]
        ] = []  # what the open value stands in, each with the key that waits
        self._here: Any = None
        self._key: Any = None
        self._root: Any = UNSURE
        self._takes = {
            library.ScalarEvent: self._scalar,
            library.MappingStartEvent: self._mapping,
            library.SequenceStartEvent: self._sequence,
            library.MappingEndEvent: self._end,
            library.SequenceEndEvent: self._end,
            library.AliasEvent: self._alias,
            library.DocumentStartEvent: self._document,
        }

    def value_of(self, parser: Any, last: Any) -> Any:
        """Read to the end of the stream; `UNSURE` when it holds nothing.

        Raises:
            _Doubt, NotPlain: something that the careful reading has to judge.
        """
        takes, next_event = self._takes, parser.get_event
        while True:
            event = next_event()
            kind = type(event)
            if kind in takes:
                takes[kind](event)
            elif kind is last:
                return self._root

    def _scalar(self, event: Any) -> None:
        if event.anchor is not None or event.tag is not None:
            raise _Doubt
        value = event.value
        if event.style == '"':
            refuse_forbidden(value)  # an escape may say what no file may hold
        if self._key is None and type(self._here) is dict:
            if value in self._here or value == "<<":
                raise _Doubt
            self._key = value
        else:
            self._place(plain_value(value) if event.implicit[0] else value)

    def _mapping(self, event: Any) -> None:
        self._begin(event, {})

    def _sequence(self, event: Any) -> None:
        self._begin(event, [])

    def _begin(self, event: Any, value: Any) -> None:
        if event.anchor is not None or event.tag is not None or len(self._outside) >= MAX_DEPTH:
            raise _Doubt
        if self._key is None and type(self._here) is dict:
            raise _Doubt
        self._outside.append((self._here, self._key))
        self._here, self._key = value, None

    def _end(self, _event: Any) -> None:
        done = self._here
        self._here, self._key = self._outside.pop()
        self._place(done)

    def _place(self, value: Any) -> None:
        here = self._here
        if type(here) is dict:
            here[self._key] = value
            self._key = None
        elif type(here) is list:
            here.append(value)
        elif type(value) is dict or type(value) is list:
            self._root = value
        else:
            raise _Doubt  # where a lone text ends differs between readers

    def _document(self, event: Any) -> None:
        if self._root is not UNSURE or event.version or event.tags:
            raise _Doubt

    def _alias(self, _event: Any) -> None:
        raise _Doubt
