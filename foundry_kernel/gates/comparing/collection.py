"""Which files, classes and functions a Python test runner takes for tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from foundry_kernel.gates.comparing.comparison import Side
from foundry_kernel.gates.comparing.settings import BrokenSettings, Settings, as_words, tool_settings

_FILES = ("test_*.py", "*_test.py")
_LOOSE_FILES = ("test*.py", "*_test.py", "*_tests.py", "tests.py")
_PARTIAL = ("--collect-only", "--co", "--lf", "--last-failed", "--sw", "--stepwise")
_SKIPPED_FOLDERS = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")
_TEST_FOLDERS = {"test", "tests", "testing", "spec", "specs", "__tests__", "e2e", "integration", "unit"}
_LEXED_TESTS = re.compile(
    r"(\.(test|spec|cy|e2e)\.[cm]?[jt]sx?|_test\.go|\.rs|Tests?\.(java|kt)|IT\.java|/(test|__tests__)/.*\.(java|kt|[cm]?[jt]sx?))$"
)


@dataclass(frozen=True)
class CollectionRules:
    """How pytest is told to collect, as far as settings say it.

    Attributes:
        folders: where to look; empty for everywhere.
        ignored: paths and patterns that are passed over.
        deselected: prefixes of node ids that are passed over.
        selection: expressions of `-m` and `-k`, and other arguments that leave tests out.
        deselected_marks: marks whose tests are left out.
    """

    folders: tuple[str, ...] = ()
    skipped_folders: tuple[str, ...] = _SKIPPED_FOLDERS
    files: tuple[str, ...] = _FILES
    classes: tuple[str, ...] = ("Test",)
    functions: tuple[str, ...] = ("test",)
    ignored: tuple[str, ...] = ()
    deselected: tuple[str, ...] = ()
    selection: tuple[str, ...] = ()
    deselected_marks: frozenset[str] = frozenset()

    def collects(self, path: str) -> bool:
        """Whether a file is collected when the runner is started at the root without a path."""
        return (
            self.names_a_test(path)
            and self._is_inside(path)
            and not any(_covers(each, path) for each in self.ignored)
        )

    def names_a_test(self, path: str) -> bool:
        """Whether a file's name is one of a test file."""
        name = PurePosixPath(path).name
        return any(fnmatchcase(name, pattern) or fnmatchcase(path, pattern) for pattern in self.files)

    def is_test_function(self, name: str) -> bool:
        """Whether a function's or method's name is one of a test."""
        return _is_named(name, self.functions)

    def is_test_class(self, name: str) -> bool:
        """Whether a class's name is one of a class of tests."""
        return _is_named(name, self.classes)

    def _is_inside(self, path: str) -> bool:
        roots = [folder for folder in self.folders if _covers(folder, path)]
        if self.folders and not roots:
            return False
        root = max(roots, key=len, default="")
        parents = PurePosixPath(path).parent.parts
        below = parents[len(PurePosixPath(root).parts) :] if root and "*" not in root else parents
        return not any(fnmatchcase(part, pattern) for part in below for pattern in self.skipped_folders)


def collection_rules(side: Side, folder: str = "") -> CollectionRules:
    """Rules of a tree, out of the settings of pytest; the defaults where they are broken."""
    try:
        settings = tool_settings(side, folder, "pytest")
    except BrokenSettings:
        return CollectionRules()
    return rules_of(settings)


def rules_of(settings: Settings) -> CollectionRules:
    """Rules that settings of pytest say."""
    words = as_words(settings.value("addopts"))
    standard = CollectionRules()
    folders = tuple(each.removeprefix("./").rstrip("/") for each in _split(settings.value("testpaths")))
    return CollectionRules(
        folders=() if {".", ""} & set(folders) else folders,
        skipped_folders=_split(settings.value("norecursedirs")) or standard.skipped_folders,
        files=_split(settings.value("python_files")) or standard.files,
        classes=_split(settings.value("python_classes")) or standard.classes,
        functions=_split(settings.value("python_functions")) or standard.functions,
        ignored=(*_arguments(words, "--ignore"), *_arguments(words, "--ignore-glob")),
        deselected=_arguments(words, "--deselect"),
        selection=(
            *(f"-m {each}" for each in _arguments(words, "-m")),
            *(f"-k {each}" for each in _arguments(words, "-k")),
            *(word for word in words if word in _PARTIAL),
        ),
        deselected_marks=frozenset(
            mark for each in _arguments(words, "-m") for mark in re.findall(r"\bnot\s+\(?\s*(\w+)", each)
        ),
    )


def may_hold_tests(path: str) -> bool:
    """Whether a file may hold tests, in any language, or what tests are made of."""
    return may_be_python_test(path) or _LEXED_TESTS.search(path) is not None


def may_be_python_test(path: str) -> bool:
    """Whether a Python file may be a test file by any runner's habit, or lies among tests."""
    file = PurePosixPath(path)
    return file.suffix == ".py" and (
        is_loose_test_name(path) or in_test_folder(path) or file.name == "conftest.py"
    )


def is_loose_test_name(path: str) -> bool:
    """Whether the name is one that some Python test runner takes for a test file."""
    return any(fnmatchcase(PurePosixPath(path).name, pattern) for pattern in _LOOSE_FILES)


def in_test_folder(path: str) -> bool:
    """Whether one of the folders above a file is one of tests, by its name."""
    return not _TEST_FOLDERS.isdisjoint(PurePosixPath(path).parent.parts)


def _covers(place: str, path: str) -> bool:
    place = place.removeprefix("./").rstrip("/")
    return (
        path == place
        or path.startswith(f"{place}/")
        or fnmatchcase(path, place)
        or fnmatchcase(path, f"{place}/*")
    )


def _is_named(name: str, patterns: Iterable[str]) -> bool:
    return any(name.startswith(each) or (_is_glob(each) and fnmatchcase(name, each)) for each in patterns)


def _is_glob(pattern: str) -> bool:
    return any(mark in pattern for mark in "*?[")


def _split(value: object) -> tuple[str, ...]:
    return as_words(value.replace("\n", " ") if isinstance(value, str) else value)


def _arguments(words: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Values of an option in a command line: `--o v`, `--o=v`, and `-ov` of a short one."""
    found = []
    for at, word in enumerate(words):
        if word == option and at + 1 < len(words):
            found.append(words[at + 1])
        elif word.startswith(f"{option}=") and option.startswith("--"):
            found.append(word[len(option) + 1 :])
        elif (
            not option.startswith("--")
            and word.startswith(option)
            and len(word) > len(option)
            and word[1] != "-"
        ):
            found.append(word[len(option) :])
    return tuple(found)
