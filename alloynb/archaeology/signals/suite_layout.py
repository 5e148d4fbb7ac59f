"""Evidence: how tests are laid out: a mirror of the code, contract tests, architecture tests."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import covered_by_tests, practice_subject

_SPECIAL = {
    "contract": (re.compile(r"(^|/)contracts?(_tests?)?/"), "what was promised to others"),
    "architecture": (
        re.compile(r"(^|/)arch(itecture)?/|test_arch\w*\.py$|(^|/)test_import\w*\.py$"),
        "the structure that was meant",
    ),
    "golden": (
        re.compile(r"(^|/)(golden|snapshots?|__snapshots__|approvals?)/"),
        "output that must not change unnoticed",
    ),
}
_LEAST_SHARE = 0.7
_FEWEST = 4


class SuiteLayout:
    """Sees tests that mirror the packages, and folders of tests with a purpose of their own."""

    name = "test_layout"
    family: Family = "evidence"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield leads for the mirror and for special suites; packages without a mirror are counter-evidence."""
        yield from self._mirror(codebase)
        everything = [file.path for file in codebase.repository.files if "test" in file.path]
        for kind, (pattern, protects) in _SPECIAL.items():
            found = [path for path in everything if pattern.search(path)]
            if len(found) >= 2:
                yield self._special(kind, protects, found)

    def _mirror(self, codebase: Codebase) -> Iterable[Lead]:
        found = codebase.python
        if found is None:
            return
        names = {part for path in codebase.tests for part in path.split("/")}
        names |= {
            path.rpartition("/")[2].removeprefix("test_").removesuffix(".py") for path in codebase.tests
        }
        units = [
            child
            for top in found.packages
            for child in found.children.get(top, ())
            if found.is_package(child)
        ]
        with_tests = [unit for unit in units if unit.rpartition(".")[2] in names]
        if len(units) < _FEWEST or len(with_tests) < _LEAST_SHARE * len(units):
            return
        places = {
            unit: next(
                (
                    p
                    for p in codebase.tests
                    if f"/{unit.rpartition('.')[2]}" in p or f"_{unit.rpartition('.')[2]}" in p
                ),
                None,
            )
            for unit in with_tests
        }
        observed = [
            Observation(self.name, f"{unit} has tests of its own name", 0.2, path=places[unit])
            for unit in with_tests[:4]
        ]
        observed += [
            Observation(self.name, f"{unit} has none", 0.2, False, found.place_of(unit) or None)
            for unit in units
            if unit not in with_tests
        ][:4]
        folder = codebase.tests[0].split("/")[0]
        texts = {
            "title": f"Tests lie where the code lies: {folder} mirrors the packages",
            "capability": "Whoever changes a package finds its tests without searching, and runs only those.",
            "threat": "Tests by ticket or by date: nobody knows what still covers what.",
            "expectation": "People change packages that they did not write.",
            "strategy": f"The tests of a package lie in {folder} under its name.",
            "tradeoff": "Tests that cross packages need a place of their own.",
        }
        yield Lead(
            practice_subject(
                "test_mirror",
                (folder,),
                texts,
                evidence=(covered_by_tests([folder], "The tests pass."),),
                paths=(f"{folder}/**",),
                severity="low",
                questions=("Where do tests go that cross packages?",),
            ),
            tuple(observed),
        )

    def _special(self, kind: str, protects: str, found: list[str]) -> Lead:
        pattern = _SPECIAL[kind][0]
        match = pattern.search(found[0])
        folder = found[0][: match.end()].rstrip("/") if match else found[0]
        observed = [
            Observation(self.name, f"{len(found)} files guard {protects}", 0.3, path=path)
            for path in found[:3]
        ]
        texts = {
            "title": f"{kind.capitalize()} tests in {folder} guard {protects}",
            "capability": f"A change that breaks {protects} is noticed at once.",
            "threat": "The expectation is rewritten together with the code that broke it.",
            "expectation": "Somebody outside relies on it and will not tell us in time.",
            "strategy": f"{folder} describes {protects}; it changes only with a reason of its own.",
            "tradeoff": "A change that is wanted has to be made twice: in the code and in the expectation.",
        }
        return Lead(
            practice_subject(
                "special_tests",
                (kind, folder),
                texts,
                evidence=(covered_by_tests([folder], f"{kind} tests pass."),),
                paths=(f"{folder}/**",),
                questions=(f"Who relies on {protects}?",),
            ),
            tuple(observed),
        )


SIGNAL = SuiteLayout()
