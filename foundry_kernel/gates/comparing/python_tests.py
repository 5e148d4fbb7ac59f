"""The tests of a Python file: what would be collected, what each asserts, and what keeps it from being run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from foundry_kernel.gates.comparing.collection import CollectionRules
from foundry_kernel.gates.comparing.known_test import KnownTest
from foundry_kernel.gates.comparing.python_assertions import Asserted, is_fixture
from foundry_kernel.gates.comparing.python_source import (
    Function,
    PythonSource,
    PythonSources,
    TooDeep,
    constant_truth,
    dotted,
    flattened,
)

_SKIP_MARKS = {"skip", "skipif", "skipIf", "skipUnless"}
_XFAIL_MARKS = {"xfail", "expectedFailure"}
_SKIP_CALLS = {"skip", "skipTest", "importorskip", "SkipTest", "Skipped"}
_MAX_CASES = 20_000


@dataclass(frozen=True)
class Hindrances:
    """What keeps a test from being run, or from counting when it fails."""

    skips: tuple[str, ...] = ()
    xfails: tuple[str, ...] = ()

    def __add__(self, other: Hindrances) -> Hindrances:
        return Hindrances(self.skips + other.skips, self.xfails + other.xfails)


def python_tests(
    source: PythonSource, sources: PythonSources, rules: CollectionRules
) -> tuple[KnownTest, ...]:
    """All tests of a file that a runner would collect from it.

    Raises:
        TooDeep: the file is nested too deeply to be read.
    """
    sources.begin()
    try:
        return tuple(_Reader(source, sources, rules).tests())
    except RecursionError as error:
        raise TooDeep(source.path) from error


def hindering_calls(source: PythonSource, rules: CollectionRules) -> Iterator[tuple[str, int, Hindrances]]:
    """Fixtures and helpers that skip or expect failures: name, line, and what they do."""
    for name, function in source.functions.items():
        if is_fixture(function) or not rules.is_test_function(name):
            found = _called(function.body)
            if found != Hindrances():
                yield name, function.lineno, found


class _Reader:
    def __init__(self, source: PythonSource, sources: PythonSources, rules: CollectionRules) -> None:
        self._source = source
        self._sources = sources
        self._rules = rules

    def tests(self) -> Iterator[KnownTest]:
        around = self._marks(self._source.values.get("pytestmark")) + _called(self._source.tree.body)
        if _is_false(self._source.values.get("__test__")):
            return
        gone = {name for name in self._source.values if name in self._source.functions}
        for name, function in self._source.functions.items():
            if self._rules.is_test_function(name) and not is_fixture(function) and name not in gone:
                yield self._test(name, function, around, None, ())
        for owner in self._source.classes.values():
            yield from self._of_class(owner, owner.name, around, ())

    def _of_class(
        self, owner: ast.ClassDef, name: str, around: Hindrances, outer: tuple[ast.expr, ...]
    ) -> Iterator[KnownTest]:
        if not self._is_collected(owner):
            return
        members = list(flattened(owner.body))
        assigned = {
            target.id: each.value
            for each in members
            if isinstance(each, ast.Assign)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        if _is_false(assigned.get("__test__")):
            return
        marks = (*outer, *owner.decorator_list)
        around = around + self._marks(assigned.get("pytestmark"))
        for each in owner.decorator_list:
            around = around + self._marks(each)
        methods = {
            each.name: each for each in members if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        around = around + self._setting_up(methods)
        for method_name, method in methods.items():
            if (
                self._rules.is_test_function(method_name)
                and not is_fixture(method)
                and method_name not in assigned
            ):
                yield self._test(f"{name}::{method_name}", method, around, owner, marks)
        for inner in members:
            if isinstance(inner, ast.ClassDef):
                yield from self._of_class(inner, f"{name}::{inner.name}", around, marks)

    def _setting_up(self, methods: dict[str, Function]) -> Hindrances:
        found = Hindrances()
        for name in ("setUp", "setUpClass", "setup_method", "setup_class", "asyncSetUp"):
            if name in methods:
                found = found + _called(methods[name].body)
        return found

    def _is_collected(self, owner: ast.ClassDef) -> bool:
        if any("Test" in dotted(base).split(".")[-1] for base in owner.bases):
            return True
        makes_itself = any(
            isinstance(each, ast.FunctionDef) and each.name in ("__init__", "__new__") for each in owner.body
        )
        return self._rules.is_test_class(owner.name) and not makes_itself

    def _test(
        self,
        name: str,
        function: Function,
        around: Hindrances,
        owner: ast.ClassDef | None,
        outer_marks: tuple[ast.expr, ...],
    ) -> KnownTest:
        for mark in function.decorator_list:
            around = around + self._marks(mark)
        around = around + _called(function.body)
        body = _without_docstring(function.body)
        cases, known = self._cases((*function.decorator_list, *outer_marks))
        return KnownTest(
            path=self._source.path,
            name=name,
            line=function.lineno,
            body=_text_of(function, body),
            assertions=tuple(Asserted(self._source, self._sources, owner).of(function)),
            steps=sum(1 for each in body if not _does_nothing(each)),
            skips=tuple(sorted(around.skips)),
            xfails=tuple(sorted(around.xfails)),
            cases=cases,
            cases_known=known,
        )

    def _marks(self, mark: ast.expr | None, deep: int = 0) -> Hindrances:
        """What a mark, a list of marks, or the name of one does to a test."""
        if mark is None or deep > 3:
            return Hindrances()
        if isinstance(mark, ast.List | ast.Tuple):
            found = Hindrances()
            for each in mark.elts:
                found = found + self._marks(each, deep + 1)
            return found
        name = dotted(mark).split(".")[-1]
        if name in _SKIP_MARKS:
            return Hindrances() if _never(mark, name) else Hindrances(skips=(_reasonless(mark),))
        if name in _XFAIL_MARKS:
            return Hindrances() if _never(mark, name) else Hindrances(xfails=(_reasonless(mark),))
        if name in self._rules.deselected_marks and "mark" in dotted(mark):
            return Hindrances(skips=(f"deselected mark {name}",))
        if isinstance(mark, ast.Name):
            if mark.id in self._source.values:
                return self._marks(self._source.values[mark.id], deep + 1)
            found_at = self._sources.imported(self._source, mark.id)
            if found_at is not None and found_at[1] in found_at[0].values:
                return _Reader(found_at[0], self._sources, self._rules)._marks(
                    found_at[0].values[found_at[1]], deep + 1
                )
        return Hindrances()

    def _cases(self, marks: tuple[ast.expr, ...]) -> tuple[tuple[str, ...] | None, bool]:
        """Parameter sets of all `parametrize` marks together, and whether all could be read."""
        axes: list[list[str]] = []
        for mark in marks:
            if isinstance(mark, ast.Call) and dotted(mark).split(".")[-1] == "parametrize":
                values = self._parameter_sets(mark)
                if values is None:
                    return None, False
                axes.append(values)
        if not axes:
            return None, True
        size = 1
        for axis in axes:
            size *= len(axis)
        if size > _MAX_CASES:
            return None, False
        return tuple(" | ".join(each) for each in product(*axes)), True

    def _parameter_sets(self, mark: ast.Call) -> list[str] | None:
        named = {each.arg: each.value for each in mark.keywords}
        values = mark.args[1] if len(mark.args) > 1 else named.get("argvalues")
        if isinstance(values, ast.Name):
            values = self._source.values.get(values.id)
        if not isinstance(values, ast.List | ast.Tuple | ast.Set):
            return None
        if any(isinstance(each, ast.Starred) for each in values.elts):
            return None
        return [said for each in values.elts if (said := self._one_set(each)) is not None]

    def _one_set(self, value: ast.expr) -> str | None:
        """One parameter set as text, None when a mark keeps it from being run."""
        if isinstance(value, ast.Call) and dotted(value).split(".")[-1] == "param":
            for each in value.keywords:
                if each.arg == "marks" and self._marks(each.value) != Hindrances():
                    return None
            return ", ".join(ast.unparse(each) for each in value.args)
        if isinstance(value, ast.Tuple | ast.List):
            return ", ".join(ast.unparse(each) for each in value.elts)
        return ast.unparse(value)


def _called(body: list[ast.stmt]) -> Hindrances:
    """Calls that skip or expect failure in the body of a function or module, not in functions that it defines."""
    skips, xfails = [], []
    for statement in flattened(body):
        called: ast.expr | None = None
        if isinstance(statement, ast.Raise) and statement.exc is not None:
            called = statement.exc
        elif isinstance(statement, ast.Expr | ast.Assign) and isinstance(statement.value, ast.Call):
            called = statement.value
        name = dotted(called) if called is not None else ""
        last = name.split(".")[-1]
        if (
            called is None
            or ".mark." in name
            or not (name.startswith(("pytest.", "self.", "unittest.")) or last == name)
        ):
            continue
        if last in _SKIP_CALLS:
            skips.append(_reasonless(called))
        elif last == "xfail":
            xfails.append(_reasonless(called))
    return Hindrances(tuple(skips), tuple(xfails))


def _reasonless(mark: ast.expr) -> str:
    """A mark as text without the reason it gives: a better worded reason is no other mark."""
    if not isinstance(mark, ast.Call):
        return dotted(mark).split(".")[-1]
    name = dotted(mark).split(".")[-1]
    conditions = [] if name in ("skip", "skipTest", "xfail") and _is_text(mark.args) else mark.args
    said = [
        ast.unparse(each)
        for each in conditions
        if not isinstance(each, ast.Constant) or each.value is not None
    ]
    said += [
        f"{each.arg}={ast.unparse(each.value)}" for each in mark.keywords if each.arg not in ("reason", "msg")
    ]
    return f"{name}({', '.join(said)})" if said else name


def _never(mark: ast.expr, name: str) -> bool:
    """Whether a mark has a condition that never holds, so that it does nothing."""
    if not isinstance(mark, ast.Call) or not mark.args or name in ("skip", "expectedFailure"):
        return False
    verdict = constant_truth(mark.args[0])
    return verdict is True if name == "skipUnless" else verdict is False


def _is_text(arguments: list[ast.expr]) -> bool:
    return bool(arguments) and isinstance(arguments[0], ast.Constant | ast.JoinedStr | ast.BinOp)


def _is_false(value: ast.expr | None) -> bool:
    return value is not None and constant_truth(value) is False


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        return body[1:]
    return body


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether a statement is `pass`, a constant, or a trivial assertion."""
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Return):
        return statement.value is None
    if isinstance(statement, ast.Assert):
        return constant_truth(statement.test) is True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _text_of(function: Function, body: list[ast.stmt]) -> str:
    arguments = ast.unparse(function.args)
    return "\n".join([f"({arguments})", *(ast.unparse(each) for each in body)])
