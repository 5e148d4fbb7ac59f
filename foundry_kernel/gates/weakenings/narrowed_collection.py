"""Test collection narrowed: by paths, patterns, ignored and deselected tests, or a hook that decides."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from foundry_kernel.gates.comparing.collection import CollectionRules, rules_of
from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, names, weakening
from foundry_kernel.gates.comparing.numbers_and_lists import uncovered
from foundry_kernel.gates.comparing.python_source import PythonSource, PythonSources, TooDeep
from foundry_kernel.gates.comparing.settings import Settings, changed_settings

_KIND = "collection_narrowed"
_DECIDING_HOOKS = (
    "pytest_collection_modifyitems",
    "pytest_ignore_collect",
    "pytest_collect_file",
    "pytest_pycollect_makeitem",
    "pytest_deselected",
    "pytest_runtest_makereport",
    "pytest_runtest_call",
    "pytest_runtest_protocol",
    "pytest_sessionfinish",
    "pytest_report_teststatus",
)


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for old, new in changed_settings(comparison, "pytest"):
        yield from _settings(comparison, old, new)
    sources = PythonSources(comparison.before), PythonSources(comparison.after)
    for path in comparison.changed_named("conftest.py"):
        try:
            yield from _conftest(path, sources[0].parsed(path), sources[1].parsed(path))
        except TooDeep:
            continue  # the detector of lost tests says so


def _settings(comparison: Comparison, old: Settings, new: Settings) -> Iterator[Weakening]:
    was, now = rules_of(old), rules_of(new)
    lost = _no_longer_collected(comparison, str(PurePosixPath(new.path or old.path).parent), was, now)
    if lost:
        yield weakening(
            _KIND,
            new.path or old.path,
            "files",
            f"{len(lost)} test files are no longer collected: {names(lost)}",
            line=new.line_of("testpaths", "python_files", "norecursedirs", "--ignore", "addopts"),
            before=was.folders,
            after=now.folders,
        )
    for subject, before, after, word in (
        ("selection", was.selection, now.selection, "addopts"),
        ("deselected", was.deselected, now.deselected, "--deselect"),
        ("ignored", was.ignored, now.ignored, "--ignore"),
    ):
        more = uncovered(after, before)
        if more and not (subject == "ignored" and lost):
            yield weakening(
                _KIND,
                new.path,
                subject,
                f"tests are left out of every run: {names(more)}",
                line=new.line_of(more[0], word),
                before=before,
                after=after,
            )
    for subject, before, after in (
        ("python_classes", was.classes, now.classes),
        ("python_functions", was.functions, now.functions),
    ):
        less = uncovered(before, after, lambda wide, narrow: narrow.startswith(wide))
        if less:
            yield weakening(
                _KIND,
                new.path,
                subject,
                f"{subject} no longer names {names(less)}",
                line=new.line_of(subject),
                before=before,
                after=after,
            )


def _no_longer_collected(
    comparison: Comparison, folder: str, was: CollectionRules, now: CollectionRules
) -> tuple[str, ...]:
    prefix = "" if folder == "." else f"{folder}/"
    inside = (
        path for path in comparison.after.tree.paths() if path.startswith(prefix) and path.endswith(".py")
    )
    relative = (path.removeprefix(prefix) for path in inside)
    return tuple(prefix + path for path in relative if was.collects(path) and not now.collects(path))


def _conftest(path: str, old: PythonSource | None, new: PythonSource | None) -> Iterator[Weakening]:
    if new is None:
        return
    for name in ("collect_ignore", "collect_ignore_glob"):
        more = uncovered(_texts(new, name), _texts(old, name) if old else ())
        if more:
            yield weakening(
                _KIND,
                path,
                name,
                f"{name} leaves out {names(more)}",
                line=new.values[name].lineno,
                after=more,
            )
    for hook in _DECIDING_HOOKS:
        now = new.functions.get(hook)
        was = old.functions.get(hook) if old else None
        if now is not None and (was is None or ast.unparse(was) != ast.unparse(now)):
            yield weakening(
                "collection_hook_changed",
                path,
                hook,
                f"{hook}, which decides which tests count, was {'changed' if was else 'added'}",
                line=now.lineno,
                before="present" if was else "",
                after="changed" if was else "added",
                severity="suspicious",
            )


def _texts(source: PythonSource, name: str) -> tuple[str, ...]:
    value = source.values.get(name)
    if value is None:
        return ()
    found = [
        each.value
        for each in ast.walk(value)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    return tuple(found) or (ast.unparse(value),)


WEAKENING = WeakeningDetector("narrowed-collection", _find)
