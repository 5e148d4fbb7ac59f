"""Structural: tests that are handed fakes and fixtures instead of patching what they test."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import asked, covered_by_tests, practice_subject

_DOUBLE = re.compile(r"^_?(Fake|InMemory|Stub|Dummy|Recording|Scripted)[A-Z]\w*|^\w+(Fake|Stub|Double)$")
_FEWEST = 3


class HandedInDoubles:
    """Counts doubles that implement something against patches that reach into it."""

    name = "test_doubles"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield one lead where at least three doubles exist."""
        outline = codebase.outline
        doubles = [each for each in (*outline.test_classes, *outline.classes) if _DOUBLE.match(each.name)]
        if len(doubles) < _FEWEST:
            return
        patches = outline.patches
        told = f"{len(doubles)} test doubles that stand in for something"
        observed = [
            Observation(
                self.name, told if not number else each.name, 0.3, True, each.path, each.line, text=each.text
            )
            for number, each in enumerate(doubles[:4])
        ]
        share = len(patches) / (len(patches) + 3 * len(doubles))
        observed += [
            Observation(
                self.name,
                f"patches instead ({len(patches)} such)",
                round(0.6 * share, 3),
                False,
                each.path,
                each.line,
                text=each.text,
            )
            for each in patches[:3]
        ]
        folders = sorted({each.path.rpartition("/")[0] for each in doubles})[:4]
        tests = [folder for folder in folders if folder] or ["tests"]
        texts = {
            "title": "Tests hand in fakes instead of patching",
            "capability": "What surrounds the code (clock, files, services) can be replaced without touching it.",
            "threat": "A patch of a private name: the test keeps passing after the name means something else.",
            "expectation": "Insides are rearranged often; what they promise to the outside is not.",
            "strategy": "Collaborators come in as arguments; tests hand in doubles that keep the same promises.",
            "tradeoff": "Each double has to be kept true to what it stands for, and constructors carry more arguments.",
        }
        evidence = (
            covered_by_tests(tests, "Tests with doubles pass.", ("network",)),
            asked("Do the doubles still behave like the real things?"),
        )
        yield Lead(
            practice_subject(
                "test_doubles",
                ("fakes",),
                texts,
                evidence=evidence,
                paths=tuple(f"{folder}/**" for folder in tests),
                questions=("What holds a double true to what it stands for?",),
            ),
            tuple(observed),
        )


SIGNAL = HandedInDoubles()
