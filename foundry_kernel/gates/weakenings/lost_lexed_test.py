"""Tests of JavaScript, TypeScript, Go, Rust, Java and Kotlin deleted, skipped, made exclusive or emptied."""

from __future__ import annotations

from collections.abc import Iterator

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, weakening
from foundry_kernel.gates.comparing.known_test import KnownTest
from foundry_kernel.gates.comparing.lexed_tests import TooIntricate, holds_lexed_tests, lexed_tests
from foundry_kernel.gates.comparing.lexing import language_of
from foundry_kernel.gates.comparing.lost_tests import lost_evidence


def _find(comparison: Comparison) -> Iterator[Weakening]:
    by_language: dict[str, list[str]] = {}
    for path in filter(holds_lexed_tests, comparison.changed):
        by_language.setdefault(language_of(path) or "", []).append(path)
    for paths in by_language.values():
        before: list[KnownTest] = []
        after: list[KnownTest] = []
        for path in paths:
            try:
                was = lexed_tests(path, comparison.before.text_of(path) or "")
            except TooIntricate:
                continue
            try:
                after.extend(lexed_tests(path, comparison.after.text_of(path) or ""))
            except TooIntricate:
                yield weakening(
                    "cannot_be_judged",
                    path,
                    path,
                    "the file is too intricate to be judged",
                    before="judged",
                    after="too intricate",
                )
                continue
            before.extend(was)
        yield from lost_evidence(before, after, lambda path: comparison.after.bytes_of(path) is not None)


WEAKENING = WeakeningDetector("lost-lexed-test", _find)
