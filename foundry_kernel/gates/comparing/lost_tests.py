"""Tests before and after: which is which, and what each of them no longer proves.

A test that moved, was renamed, merged with another or split is still there: it is known by its body, and a
part of it by its assertions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

from foundry_kernel.gates.comparing.finding import Weakening, names, weakening
from foundry_kernel.gates.comparing.known_test import KnownTest, masked

_SAME_NAME_LIKENESS = 0.4
_RENAMED_LIKENESS = 0.75
_CONTAINED = 0.6
_MAX_PAIRS = 40_000

Pair = tuple[KnownTest, KnownTest]


def lost_evidence(
    before: Iterable[KnownTest], after: Iterable[KnownTest], still_there: Callable[[str], bool]
) -> Iterator[Weakening]:
    """What the tests before proved and those after do not.

    Args:
        still_there: whether a file of a path exists after.
    """
    old, new = list(before), list(after)
    pairs, gone, added = paired(old, new)
    pool = _Conserved(pairs, added)
    for was, now in pairs:
        yield from _weaker(was, now, pool)
    lost = [test for test in gone if not pool.holds(test)]
    yield from _deleted(lost, old, pool, still_there)


def paired(old: list[KnownTest], new: list[KnownTest]) -> tuple[list[Pair], list[KnownTest], list[KnownTest]]:
    """Pairs of a test before and after, then those that are gone, then those that are new."""
    pairs: list[Pair] = []
    gone, added = old, new
    for key in (
        lambda test: (test.path, test.name),
        lambda test: (test.name, test.body, test.cases),
        lambda test: (test.simple_name, test.body, test.cases),
        lambda test: (test.body, test.cases),
        lambda test: test.body,
    ):
        gone, added = _match(key, gone, added, pairs)
    if len(gone) * len(added) <= _MAX_PAIRS:
        gone, added = _match_alike(gone, added, pairs)
    return pairs, gone, added


def _match(
    key: Callable[[KnownTest], object], gone: list[KnownTest], added: list[KnownTest], pairs: list[Pair]
) -> tuple[list[KnownTest], list[KnownTest]]:
    waiting: dict[object, list[KnownTest]] = defaultdict(list)
    for test in added:
        waiting[key(test)].append(test)
    rest = []
    taken: set[int] = set()
    for test in gone:
        if candidates := waiting.get(key(test)):
            found = candidates.pop(0)
            taken.add(id(found))
            pairs.append((test, found))
        else:
            rest.append(test)
    return rest, [test for test in added if id(test) not in taken]


def _match_alike(
    gone: list[KnownTest], added: list[KnownTest], pairs: list[Pair]
) -> tuple[list[KnownTest], list[KnownTest]]:
    """Pair what was moved and edited (same name), or renamed and edited (much alike); the most alike first."""
    ranked = []
    for at, was in enumerate(gone):
        for to, now in enumerate(added):
            likeness = was.likeness(now)
            needed = _SAME_NAME_LIKENESS if was.simple_name == now.simple_name else _RENAMED_LIKENESS
            if likeness >= needed:
                ranked.append((likeness + (was.simple_name == now.simple_name), at, to))
    left, free = set(range(len(gone))), set(range(len(added)))
    for _, at, to in sorted(ranked, key=lambda each: (-each[0], each[1], each[2])):
        if at in left and to in free:
            left.remove(at)
            free.remove(to)
            pairs.append((gone[at], added[to]))
    return [gone[at] for at in sorted(left)], [added[to] for to in sorted(free)]


class _Conserved:
    """Assertions and parameter sets that are there after and were not before: what moved is among them."""

    def __init__(self, pairs: list[Pair], added: list[KnownTest]) -> None:
        self._words: dict[str, Counter[str]] = defaultdict(Counter)
        for test in [*(now for _, now in pairs), *added]:
            for each in set(test.assertions):
                self._words[each] |= test.words
        self._assertions: Counter[str] = Counter()
        self._shapes: Counter[str] = Counter()
        self._cases: Counter[str] = Counter()
        for was, now in pairs:
            more = Counter(now.assertions) - Counter(was.assertions)
            self._count(more, now, cases=Counter(now.cases or ()) - Counter(was.cases or ()))
        for now in added:
            self._count(Counter(now.assertions), now, cases=Counter(now.cases or ()))

    def _count(self, assertions: Counter[str], test: KnownTest, cases: Counter[str]) -> None:
        if test.skips or test.xfails:
            return
        times = max(1, len(test.cases or ()))
        self._assertions += assertions
        self._cases += cases
        for each, count in assertions.items():
            self._shapes[masked(each)] += count * times

    def holds(self, test: KnownTest) -> bool:
        """Whether all assertions of a test that is gone are made elsewhere, with what led to them."""
        needed = Counter(test.assertions)
        if not needed or not needed <= self._assertions:
            return False
        words: Counter[str] = Counter()
        for each in needed:
            words |= self._words[each]
        if (test.words & words).total() < _CONTAINED * test.words.total():
            return False
        self._assertions -= needed
        return True

    def holds_missing(self, was: KnownTest, now: KnownTest) -> bool:
        """Whether the assertions that a test no longer makes are made elsewhere."""
        missing = Counter(was.assertions) - Counter(now.assertions)
        if missing and missing <= self._assertions:
            self._assertions -= missing
            return True
        return False

    def holds_shape(self, test: KnownTest) -> bool:
        """Whether assertions of the same shape, with other values, are made elsewhere."""
        needed = Counter(masked(each) for each in test.assertions)
        if needed and needed <= self._shapes:
            self._shapes -= needed
            return True
        return False

    def holds_cases(self, missing: Counter[str]) -> bool:
        """Whether parameter sets that a test lost are tried by another."""
        if missing <= self._cases:
            self._cases -= missing
            return True
        return False


def _deleted(
    lost: list[KnownTest], old: list[KnownTest], pool: _Conserved, still_there: Callable[[str], bool]
) -> Iterator[Weakening]:
    by_path: dict[str, list[KnownTest]] = defaultdict(list)
    for test in lost:
        by_path[test.path].append(test)
    totals = Counter(test.path for test in old)
    for path, tests in by_path.items():
        if len(tests) == totals[path] and not still_there(path):
            found = [test.simple_name for test in tests]
            yield weakening(
                "test_file_deleted",
                path,
                path,
                f"the test file was deleted, and with it {len(found)} tests: {names(found)}",
                before=f"{len(found)} tests",
            )
            continue
        for test in tests:
            if pool.holds_shape(test):
                yield weakening(
                    "test_replaced",
                    path,
                    test.name,
                    f"test {test.name} is gone; a new test asserts alike, with other values",
                    line=test.line,
                    before=f"{len(test.assertions)} assertions",
                    severity="suspicious",
                )
            elif "skip" not in test.skips:  # it was not run anyway
                yield weakening(
                    "test_deleted",
                    path,
                    test.name,
                    f"test {test.name} was deleted, or is no longer collected",
                    line=test.line,
                    before=f"{len(test.assertions)} assertions",
                )


def _weaker(was: KnownTest, now: KnownTest, pool: _Conserved) -> Iterator[Weakening]:
    """What a test proves less than it did under its old name or place."""
    skips = [each for each in now.skips if each not in was.skips]
    if skips:
        yield weakening(
            "test_skipped",
            now.path,
            now.name,
            f"test {now.name} is skipped now: {names(skips)}",
            before=" ".join(was.skips),
            after=" ".join(now.skips),
            severity="suspicious" if was.skips else "weakening",
            line=now.line,
        )
    xfails = [each for each in now.xfails if each not in was.xfails]
    if xfails:
        yield weakening(
            "test_xfailed",
            now.path,
            now.name,
            f"test {now.name} is expected to fail now",
            before=" ".join(was.xfails),
            after=" ".join(now.xfails),
            severity="suspicious" if was.xfails else "weakening",
            line=now.line,
        )
    if now.exclusive and not was.exclusive:
        yield weakening(
            "test_made_exclusive",
            now.path,
            now.name,
            f"test {now.name} asks that no other test be run",
            after="only",
            line=now.line,
        )
    yield from _fewer_assertions(was, now, pool)
    yield from _fewer_cases(was, now, pool)


def _fewer_assertions(was: KnownTest, now: KnownTest, pool: _Conserved) -> Iterator[Weakening]:
    had, has = len(was.assertions), len(now.assertions)
    if (had and not has) or (was.steps and not now.steps and not has):
        if not pool.holds_missing(was, now):
            said = "asserts nothing any more" if had else "does nothing any more"
            yield weakening(
                "test_emptied",
                now.path,
                now.name,
                f"test {now.name} {said}",
                line=now.line,
                before=f"{had} assertions, {was.steps} steps",
                after=f"{has} assertions, {now.steps} steps",
            )
    elif has <= had / 2 and had - has >= 2:
        if not pool.holds_missing(was, now):
            yield weakening(
                "assertions_dropped",
                now.path,
                now.name,
                f"test {now.name} makes {has} assertions instead of {had}",
                line=now.line,
                before=had,
                after=has,
                severity="suspicious",
            )
    elif was.specific and not now.specific:
        yield weakening(
            "assertions_loosened",
            now.path,
            now.name,
            f"test {now.name} no longer compares with anything particular",
            line=now.line,
            before=names(was.assertions),
            after=names(now.assertions),
            severity="suspicious",
        )


def _fewer_cases(was: KnownTest, now: KnownTest, pool: _Conserved) -> Iterator[Weakening]:
    if not was.cases or not now.cases_known:
        return
    cases = now.cases or ()
    missing = Counter(was.cases) - Counter(cases)
    if len(cases) >= len(was.cases) or not missing:
        return
    in_body = Counter(case for case in missing.elements() if case in now.body)
    missing -= in_body
    if missing and not pool.holds_cases(missing):
        gone = sorted(missing)
        yield weakening(
            "test_cases_removed",
            now.path,
            now.name,
            f"test {now.name} tries {len(cases)} cases instead of {len(was.cases)}; gone: {names(gone)}",
            line=now.line,
            before=len(was.cases),
            after=len(cases),
        )
