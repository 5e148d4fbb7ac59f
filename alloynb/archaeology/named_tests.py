"""Which tests a file holds, and which of them do not run or assert nothing: read, never run (spec 2.3, 6.4)."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from alloynb.archaeology.repository import Repository, is_test

_SKIPS = {"skip", "xfail", "expectedFailure", "SkipTest", "skipTest"}
_CONDITIONS = {"skipif", "skipIf", "skipUnless", "importorskip"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class NamedTest:
    """One test function.

    Attributes:
        name: with its class, `TestX::test_y`.
        line: 1-based; of what keeps it from running or from failing, else where it begins.
        never_runs: what keeps it from running, or from failing; empty when nothing does.
        sometimes: a condition on which it is skipped; empty without.
        empty: whether its body does nothing that could fail.
    """

    name: str
    line: int
    never_runs: str
    sometimes: str
    empty: bool


@dataclass(frozen=True)
class FileOutline:
    """The tests of one Python file; `fault` says why they cannot be told, and is empty when they can."""

    tests: tuple[NamedTest, ...]
    fault: str = ""

    def meant_by(self, rest: str) -> tuple[NamedTest, ...]:
        """The tests that a node id means after its path: all when `rest` is empty, else a class or one test."""
        wanted = rest.split("[", 1)[0]
        return tuple(
            each
            for each in self.tests
            if not wanted or each.name == wanted or each.name.startswith(f"{wanted}::")
        )


def files_meant(files: Repository, path: str) -> tuple[str, ...]:
    """Name the files that a path means: itself, or the test files below a folder."""
    if path in files.paths:
        return (path,)
    return tuple(
        file.path
        for file in files.files
        if file.path.startswith(f"{path}/") and file.language not in ("", "document") and is_test(file.path)
        and PurePosixPath(file.path).name not in ("conftest.py", "__init__.py")
    )  # fmt: skip


@lru_cache(maxsize=512)
def outline_tests(path: str, text: str | None) -> FileOutline | None:
    """Read the tests of a Python file; None for another language."""
    if not path.endswith(".py"):
        return None
    if text is None:
        return FileOutline((), "cannot be read")
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
        return FileOutline((), f"{line}not Python that can be read ({type(error).__name__})")
    never, sometimes = _of_marks(_marks_assigned(module.body))
    for node in module.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            word, call = _word(node.value), node.value
            if word == "skip" and any(each.arg == "allow_module_level" for each in call.keywords):
                never = never or call
            elif word == "importorskip":
                sometimes = sometimes or ast.unparse(call)
    return FileOutline(tuple(_tests(module.body, "", never, sometimes)))


def _tests(
    body: Iterable[ast.stmt], prefix: str, never: ast.expr | None, sometimes: str
) -> Iterator[NamedTest]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = [*node.decorator_list, *_marks_assigned(node.body)]
            more_never, more_sometimes = _of_marks(own)
            name = f"{prefix}{node.name}::"
            yield from _tests(node.body, name, never or more_never, sometimes or more_sometimes)
        elif isinstance(node, Function) and node.name.startswith("test"):
            own_never, own_sometimes = _of_marks(node.decorator_list)
            cause = never or own_never or _skips_itself(node)
            empty = all(_does_nothing(each) for each in node.body)
            yield NamedTest(
                f"{prefix}{node.name}",
                (cause or (node.body[0] if empty else node)).lineno,
                ast.unparse(cause) if cause is not None else "",
                sometimes or own_sometimes,
                empty,
            )


def _marks_assigned(body: Iterable[ast.stmt]) -> list[ast.expr]:
    """The marks of `pytestmark = …` in a module or class."""
    marks: list[ast.expr] = []
    for node in body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            marks += node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
    return marks


def _of_marks(marks: Iterable[ast.expr]) -> tuple[ast.expr | None, str]:
    """What of some marks or decorators keeps tests from running always, and what sometimes."""
    never: ast.expr | None = None
    sometimes = ""
    for mark in marks:
        word = _word(mark)
        condition = mark.args[0] if isinstance(mark, ast.Call) and mark.args else None
        if (word in _SKIPS and not (word == "xfail" and _is_conditional(mark))) or (
            word in _CONDITIONS
            and isinstance(condition, ast.Constant)
            and bool(condition.value) == (word != "skipUnless")
        ):
            never = never or mark
        elif word in _CONDITIONS or word == "xfail":
            sometimes = sometimes or ast.unparse(mark)
    return never, sometimes


def _is_conditional(mark: ast.expr) -> bool:
    """Whether an `xfail` names a condition that is not simply true."""
    if not isinstance(mark, ast.Call):
        return False
    given = [*mark.args, *(each.value for each in mark.keywords if each.arg == "condition")]
    return bool(given) and not (isinstance(given[0], ast.Constant) and bool(given[0].value))


def _skips_itself(node: Function) -> ast.expr | None:
    """What a test does first, if that is to skip itself."""
    body = [each for each in node.body if not _is_docstring(each)]
    if not body:
        return None
    first = body[0]
    called = (
        first.value if isinstance(first, ast.Expr) else first.exc if isinstance(first, ast.Raise) else None
    )
    return called if called is not None and _word(called) in _SKIPS else None


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass) or _is_docstring(node):
        return True
    if isinstance(node, ast.Return):
        return node.value is None or isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assert):
        return isinstance(node.test, ast.Constant) and bool(node.test.value)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _word(node: ast.expr) -> str:
    """The last name of what is called or named: `skip` of `pytest.mark.skip(…)`."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
