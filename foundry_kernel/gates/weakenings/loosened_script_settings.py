"""Settings of JavaScript test runners: coverage thresholds lowered, more left out of tests and coverage."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, names, weakening
from foundry_kernel.gates.comparing.lexing import LexedText, lexed
from foundry_kernel.gates.comparing.numbers_and_lists import uncovered
from foundry_kernel.gates.comparing.settings import line_of

_FILE = re.compile(
    r"(^|/)(package\.json|(jest|vitest|vite|playwright|karma|cypress)\.config\.[\w.]+|\.(nyc|c8)rc(\.\w+)?|\.mocharc(\.\w+)?)$"
)
_PERCENT = re.compile(r"[\"']?\b(branches|functions|lines|statements)[\"']?\s*:\s*(-?\d+(?:\.\d+)?)")
_LIST = re.compile(
    r"[\"']?\b(testPathIgnorePatterns|modulePathIgnorePatterns|coveragePathIgnorePatterns|testIgnore|exclude|ignore|"
    r"excludeSpecPattern)[\"']?\s*:\s*\["
)
_SWITCH = re.compile(r"[\"']?\b(passWithNoTests|allowOnly|check-?[cC]overage)[\"']?\s*:\s*(true|false)")
_TEXT = re.compile(r"[\"'`]((?:[^\"'`\\]|\\.)*)[\"'`]")


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for path in comparison.changed:
        if not _FILE.search(path):
            continue
        old, new = (
            lexed(side.text_of(path) or "", "javascript") for side in (comparison.before, comparison.after)
        )
        yield from _thresholds(path, old, new)
        yield from _exceptions(path, old, new)
        was, now = (dict(_SWITCH.findall(each.without_comments)) for each in (old, new))
        for key, lenient in (("passWithNoTests", "true"), ("allowOnly", "true"), ("checkCoverage", "false")):
            if now.get(key) == lenient and was.get(key) != lenient:
                yield weakening(
                    "test_run_loosened",
                    path,
                    key,
                    f"{key} is {lenient} now",
                    line=line_of(new.text, key),
                    before=was.get(key, ""),
                    after=lenient,
                )


def _thresholds(path: str, old: LexedText, new: LexedText) -> Iterator[Weakening]:
    """Percentages by name and order: the third `lines` of a file before is the third after."""
    was, now = (_PERCENT.findall(each.without_comments) for each in (old, new))
    for name in ("branches", "functions", "lines", "statements"):
        numbers_was = [float(number) for key, number in was if key == name]
        numbers_now = [float(number) for key, number in now if key == name]
        for at, number in enumerate(numbers_was):
            after = numbers_now[at] if at < len(numbers_now) else None
            if after is None or after < number:
                yield weakening(
                    "threshold_lowered",
                    path,
                    name,
                    f"{name} demands {'nothing' if after is None else f'{after:g}'} instead of {number:g}",
                    line=line_of(new.text, f'"{name}"', f"{name}:"),
                    before=f"{number:g}",
                    after="unset" if after is None else f"{after:g}",
                )


def _exceptions(path: str, old: LexedText, new: LexedText) -> Iterator[Weakening]:
    was, now = _lists(old), _lists(new)
    for key, entries in now.items():
        if more := uncovered(entries, was.get(key, ())):
            yield weakening(
                "coverage_narrowed" if key.startswith("coverage") else "collection_narrowed",
                path,
                key,
                f"{key} also leaves out {names(more)}",
                line=line_of(new.text, more[0], key),
                before=was.get(key, ()),
                after=entries,
                severity="suspicious" if key in ("exclude", "ignore") else "weakening",
            )


def _lists(text: LexedText) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for match in _LIST.finditer(text.without_comments):
        end = min(text.without_comments.find("]", match.end()) % (len(text.text) + 1), match.end() + 5_000)
        entries = tuple(_TEXT.findall(text.without_comments[match.end() : end]))
        found[match[1]] = found.get(match[1], ()) + entries
    return found


WEAKENING = WeakeningDetector("loosened-script-settings", _find)
