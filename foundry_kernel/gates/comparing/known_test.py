"""A test as it was read, in whatever language: what it asserts, and whether it is run at all."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(r"\w+|[^\w\s]")
_CONSTANT = re.compile(r"'[^']*'|\"[^\"]*\"|\b\d[\w.]*|\b(?:None|True|False|null|true|false|nil)\b")
_MAX_BODY_READ = 20_000
_SPECIFIC = re.compile(
    r"==|!=|\bin\b|<|>|raises|warns|\bfail|[Ee]qual|assert_eq|assert_ne|toBe\(|toMatch|toThrow|toContain|[Tt]hrows|"
    r"CallCount|call_count|[Cc]alled|assert_|NoError|ErrorIs|panic"
)


@dataclass(frozen=True)
class KnownTest:
    """One test.

    Attributes:
        name: qualified, such as `TestCart::test_total` or `cart › adds`.
        body: text of its body without its name, comments and layout.
        assertions: each assertion as text, those of helpers that it calls among them; trivial ones are left out.
        steps: statements that do something.
        skips: why it is not run, each as text; empty when it is run.
        xfails: why its failure is expected, each as text.
        cases: its parameter sets as texts; None when it has none, or they cannot be read.
        cases_known: whether parameters can be read, or there are none.
        exclusive: whether it, or what is around it, asks that nothing else be run.
    """

    path: str
    name: str
    line: int
    body: str
    assertions: tuple[str, ...] = ()
    steps: int = 1
    skips: tuple[str, ...] = ()
    xfails: tuple[str, ...] = ()
    cases: tuple[str, ...] | None = None
    cases_known: bool = True
    exclusive: bool = False

    @property
    def simple_name(self) -> str:
        """The last part of the name."""
        return re.split(r"::| › ", self.name)[-1]

    @cached_property
    def words(self) -> Counter[str]:
        """Words of its body, counted."""
        return Counter(_TOKEN.findall(self.body[:_MAX_BODY_READ]))

    @property
    def specific(self) -> int:
        """How many of its assertions compare with something particular."""
        return sum(1 for each in self.assertions if _SPECIFIC.search(each))

    def likeness(self, other: KnownTest) -> float:
        """How alike two bodies are, 0 to 1."""
        both = self.words.total() + other.words.total()
        return 2 * (self.words & other.words).total() / both if both else 1.0


def masked(assertion: str) -> str:
    """An assertion with its constants left out: what merging tests into one with parameters keeps."""
    return re.sub(
        r"\w+", lambda word: word.group() if word.group() in _KEPT else "·", _CONSTANT.sub("·", assertion)
    )


_KEPT = {"assert", "raises", "expect", "toBe", "toEqual", "not", "in", "is", "and", "or"}
