"""Python tests deleted, skipped, expected to fail, emptied of assertions, or tried with fewer cases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from foundry_kernel.gates.comparing.collection import (
    collection_rules,
    is_loose_test_name,
    may_be_python_test,
)
from foundry_kernel.gates.comparing.comparison import Comparison, Side, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, weakening
from foundry_kernel.gates.comparing.known_test import KnownTest
from foundry_kernel.gates.comparing.lost_tests import lost_evidence
from foundry_kernel.gates.comparing.python_assertions import Asserted
from foundry_kernel.gates.comparing.python_source import Function, PythonSource, PythonSources, TooDeep
from foundry_kernel.gates.comparing.python_tests import hindering_calls, python_tests

_MAX_USERS_READ = 2_000


def _find(comparison: Comparison) -> Iterator[Weakening]:
    changed = comparison.changed_ending(".py")
    if not changed:
        return
    old, new = _Reading(comparison.before), _Reading(comparison.after)
    places = [
        path for path in changed if may_be_python_test(path) or old.may_name(path) or new.may_name(path)
    ]
    before: list[KnownTest] = []
    judged: list[str] = []
    for path in places:
        try:
            was = old.tests(path)
        except TooDeep:
            continue
        broken = _broken(comparison, path, new)
        if broken is None:
            judged.append(path)
            before.extend(was)
        elif old.source(path) is not None:
            yield broken
    users = _users_of(_emptied_helpers(judged, old, new), comparison, places)
    for path in users:
        before.extend(old.tests(path))
    after = [
        test for path in (*judged, *users) if _counts(path, before, old, new) for test in new.tests(path)
    ]
    yield from lost_evidence(before, after, lambda path: comparison.after.bytes_of(path) is not None)
    yield from _hindered(judged, old, new, before, after)


class _Reading:
    """The tests of one tree."""

    def __init__(self, side: Side) -> None:
        self.sources = PythonSources(side)
        self.rules = collection_rules(side)
        self._tests: dict[str, tuple[KnownTest, ...]] = {}

    def may_name(self, path: str) -> bool:
        return self.rules.names_a_test(path) or is_loose_test_name(path)

    def source(self, path: str) -> PythonSource | None:
        return self.sources.parsed(path)

    def tests(self, path: str) -> tuple[KnownTest, ...]:
        if path not in self._tests:
            source = self.source(path) if self.may_name(path) else None
            self._tests[path] = () if source is None else python_tests(source, self.sources, self.rules)
        return self._tests[path]

    def asserts(self, source: PythonSource, function: Function) -> bool:
        """Whether a helper asserts anything."""
        try:
            return any(True for _ in Asserted(source, self.sources).of(function))
        except (RecursionError, TooDeep):
            return False


def _counts(path: str, before: list[KnownTest], old: _Reading, new: _Reading) -> bool:
    """Whether the tests of a file count after: those of a new place only if they are collected there.

    What becomes of files that stay where they were is told by the settings of collection.
    """
    places = {test.path for test in before}
    if path in places or new.rules.collects(path) or old.rules.collects(path):
        return True
    return not any(old.rules.names_a_test(place) for place in places)


def _users_of(emptied: set[str], comparison: Comparison, known: list[str]) -> list[str]:
    """Unchanged test files that mention a helper which lost its assertions."""
    if not emptied:
        return []
    mention = re.compile(r"\b(" + "|".join(map(re.escape, sorted(emptied))) + r")\b")
    paths = [
        path for path in comparison.after.tree.paths() if may_be_python_test(path) and path not in set(known)
    ]
    return [path for path in paths[:_MAX_USERS_READ] if mention.search(comparison.after.text_of(path) or "")]


def _broken(comparison: Comparison, path: str, new: _Reading) -> Weakening | None:
    """A finding when a file can no longer be judged."""
    try:
        if comparison.after.bytes_of(path) is None or new.source(path) is not None:
            new.tests(path)
            return None
    except TooDeep:
        return weakening(
            "cannot_be_judged",
            path,
            path,
            "the file is too deep or too intricate to be judged, though Python may run it",
            before="judged",
            after="too deep",
        )
    return weakening(
        "cannot_be_judged",
        path,
        path,
        "the file cannot be parsed, so its tests cannot be judged",
        before="judged",
        after="broken syntax",
        severity="suspicious",
    )


def _hindered(
    paths: list[str], old: _Reading, new: _Reading, before: list[KnownTest], after: list[KnownTest]
) -> Iterator[Weakening]:
    """Fixtures and helpers that now skip or expect failure, unless tests themselves did so before."""
    moved = _hindrances(before) - _hindrances(after)
    moved += _helpers_hindrances(paths, old)
    for path in paths:
        source = new.source(path)
        for name, line, found in hindering_calls(source, new.rules) if source else ():
            for kind, said in (("test_skipped", found.skips), ("test_xfailed", found.xfails)):
                more = Counter(said) - moved
                moved -= Counter(said)
                if more:
                    yield weakening(
                        kind,
                        path,
                        name,
                        f"{name} now keeps tests that use it from counting: {', '.join(sorted(more))}",
                        line=line,
                        after=" ".join(sorted(said)),
                    )


def _hindrances(tests: list[KnownTest]) -> Counter[str]:
    return Counter(said for test in tests for said in (*test.skips, *test.xfails))


def _helpers_hindrances(paths: list[str], reading: _Reading) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in paths:
        source = reading.source(path)
        for _, _, each in hindering_calls(source, reading.rules) if source else ():
            found += Counter(each.skips) + Counter(each.xfails)
    return found


def _emptied_helpers(paths: list[str], old: _Reading, new: _Reading) -> set[str]:
    """Names of helpers and fixtures that asserted something and no longer do; those who call them are judged."""
    found = set()
    for path in paths:
        was, now = old.source(path), new.source(path)
        if was is None or now is None:
            continue
        same = now.every_function()
        old.sources.begin()
        new.sources.begin()
        for name, function in was.every_function().items():
            if name not in same or old.rules.is_test_function(name.split(".")[-1]):
                continue
            if old.asserts(was, function) and not new.asserts(now, same[name]):
                found.add(name.split(".")[-1])
    return found


WEAKENING = WeakeningDetector("lost-python-test", _find)
