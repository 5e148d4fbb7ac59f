"""What a Python function asserts when it is called: itself, and through the helpers of this tree that it calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from foundry_kernel.gates.comparing.python_source import (
    Function,
    PythonSource,
    PythonSources,
    constant_truth,
    dotted,
)

_MAX_HELPERS_DEEP = 3
_CHECKING = re.compile(
    r"^(assert\w*|_assert\w*|raises(_\w+)?|warns|deprecated_call|fail|expect|should|verify(_\w+)?|match_snapshot)$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"(^|\.)(fail|exit|_exit|abort)$")
_CATCHES_FAILURES = {"", "Exception", "BaseException", "AssertionError"}
_PLAIN_VALUES = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp)


@dataclass(frozen=True)
class Asserted:
    """Finds assertions in one file.

    Attributes:
        owner: class whose methods `self.…` means.
        nested: functions that are defined inside the function that is read.
    """

    source: PythonSource
    sources: PythonSources
    owner: ast.ClassDef | None = None
    nested: dict[str, Function] = field(default_factory=dict)
    deep: int = 0
    seen: frozenset[int] = frozenset()

    def of(self, function: Function) -> Iterator[str]:
        """Assertions that are reached when the function is called, as texts."""
        if self.deep > _MAX_HELPERS_DEEP or id(function) in self.seen:
            return
        nodes = list(ast.walk(function))
        self.sources.spend(len(nodes))
        inner = {
            each.name: each
            for each in function.body
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        here = Asserted(
            self.source,
            self.sources,
            self.owner,
            {**self.nested, **inner},
            self.deep,
            self.seen | {id(function)},
        )
        yield from here._in_body(function.body)
        yield from here._in_fixtures(function)
        used = {each.id for each in nodes if isinstance(each, ast.Name)}
        called = {dotted(each) for each in nodes if isinstance(each, ast.Call)}
        for name, nested in inner.items():  # handed on to somebody who will call it
            if name in used and name not in called:
                yield from here._deeper().of(nested)

    def _deeper(self) -> Asserted:
        return Asserted(self.source, self.sources, self.owner, self.nested, self.deep + 1, self.seen)

    def _in_body(self, body: list[ast.stmt]) -> Iterator[str]:
        for statement in body:
            yield from self._in_statement(statement)
            if _ends(statement):
                return

    def _in_statement(self, statement: ast.stmt) -> Iterator[str]:  # noqa: PLR0912 - one branch per kind of statement
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return
            case ast.Assert():
                if not is_trivial(statement.test):
                    yield f"assert {ast.unparse(statement.test)}"
                    yield from self._in_expression(statement.test, checks_count=False)
            case ast.If() | ast.While():
                verdict = constant_truth(statement.test)
                yield from self._in_expression(statement.test)
                if verdict is not False:
                    yield from self._in_body(statement.body)
                if verdict is not True:
                    yield from self._in_body(statement.orelse)
            case ast.For() | ast.AsyncFor():
                if constant_truth(statement.iter) is not False:
                    yield from self._in_body(statement.body)
                yield from self._in_body(statement.orelse)
            case ast.Try() | ast.TryStar():
                inside = list(self._in_body(statement.body))
                if not any(_swallows(handler) for handler in statement.handlers):
                    yield from inside
                for handler in statement.handlers:
                    yield from self._in_body(handler.body)
                yield from self._in_body(statement.orelse)
                yield from self._in_body(statement.finalbody)
            case ast.With() | ast.AsyncWith():
                for item in statement.items:
                    yield from self._in_expression(item.context_expr)
                if not any(_suppresses(item.context_expr) for item in statement.items):
                    yield from self._in_body(statement.body)
            case ast.Match():
                for case in statement.cases:
                    yield from self._in_body(case.body)
            case ast.Raise() if statement.exc is not None and dotted(statement.exc) == "AssertionError":
                yield ast.unparse(statement.exc)
            case _:
                yield from self._in_expression(statement)

    def _in_expression(self, node: ast.AST, *, checks_count: bool = True) -> Iterator[str]:
        for each in ast.walk(node):
            if not isinstance(each, ast.Call):
                continue
            helper = self._helper(each.func)
            if helper is not None:
                reader, function = helper
                yield from reader.of(function)
            elif checks_count and _is_check(each):
                yield ast.unparse(each)

    def _helper(self, called: ast.expr) -> tuple[Asserted, Function] | None:
        """The function of this tree that is called, with a reader that stands where it is defined."""
        if isinstance(called, ast.Name):
            local = self.nested.get(called.id) or self.source.functions.get(called.id)
            if local is not None:
                return self._deeper(), local
            return self._elsewhere(called.id, "")
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            if called.value.id in ("self", "cls"):
                method = self._method(self.owner, called.attr)
                return (self._deeper(), method) if method is not None else None
            return self._elsewhere(called.value.id, called.attr)
        return None

    def _elsewhere(self, name: str, attribute: str) -> tuple[Asserted, Function] | None:
        found = self.sources.imported(self.source, name)
        if found is None:
            return None
        source, inner = found
        function = source.functions.get(attribute or inner)
        if function is None:
            return None
        return Asserted(source, self.sources, deep=self.deep + 1, seen=self.seen), function

    def _method(self, owner: ast.ClassDef | None, name: str, deep: int = 0) -> Function | None:
        if owner is None or deep > _MAX_HELPERS_DEEP:
            return None
        for each in reversed(owner.body):
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name:
                return each
        bases = [self.source.classes.get(dotted(base)) for base in owner.bases]
        return next((found for base in bases if (found := self._method(base, name, deep + 1))), None)

    def _in_fixtures(self, function: Function) -> Iterator[str]:
        """Assertions of the fixtures that the function asks for by the names of its parameters."""
        for parameter in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            for place in (self.source, *self.sources.conftests(self.source.path)):
                fixture = place.functions.get(parameter.arg)
                if fixture is not None and is_fixture(fixture):
                    yield from Asserted(place, self.sources, deep=self.deep + 1, seen=self.seen).of(fixture)
                    break


def is_fixture(function: Function) -> bool:
    """Whether a function is a fixture of pytest."""
    return any(dotted(each).split(".")[-1].endswith("fixture") for each in function.decorator_list)


def is_trivial(test: ast.expr) -> bool:
    """Whether an assertion holds whatever the code does."""
    if constant_truth(test) is True:
        return True
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        calls = any(isinstance(each, ast.Call | ast.Await) for each in ast.walk(test))
        reflexive = not calls and isinstance(test.ops[0], ast.Eq | ast.Is | ast.LtE | ast.GtE)
        if reflexive and ast.dump(left) == ast.dump(right):
            return True
        if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
            return True
        if isinstance(test.ops[0], ast.GtE) and dotted(left) == "len" and isinstance(right, ast.Constant):
            return right.value == 0
    if isinstance(test, ast.Call) and dotted(test) == "isinstance" and len(test.args) == 2:
        return dotted(test.args[1]) == "object"
    return False


def _is_check(call: ast.Call) -> bool:
    name = dotted(call.func)
    if not _CHECKING.match(name.split(".")[-1]):
        return False
    by_itself = isinstance(call.func, ast.Name) or name.startswith(("self.", "cls."))
    constant = bool(call.args) and all(_is_constant(each) for each in call.args)
    same = (
        len(call.args) >= 2 and "equal" in name.lower() and ast.dump(call.args[0]) == ast.dump(call.args[1])
    )
    trivial = (constant or (same and "not" not in name.lower())) and name.split(".")[-1].lower().startswith(
        "assert"
    )
    expects_constant = name == "expect" and constant
    return not (by_itself and (trivial or expects_constant))


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, _PLAIN_VALUES) and all(
        isinstance(each, (*_PLAIN_VALUES, ast.expr_context, ast.unaryop)) for each in ast.walk(node)
    )


def _ends(statement: ast.stmt) -> bool:
    """Whether nothing after a statement is reached."""
    if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return True
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return _ENDS.search(dotted(statement.value)) is not None
    if isinstance(statement, ast.If):
        verdict = constant_truth(statement.test)
        taken = statement.body if verdict is True else statement.orelse if verdict is False else []
        return any(_ends(each) for each in taken)
    return False


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler lets a failed assertion pass."""
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught] if caught is not None else []
    if kinds and not any(dotted(each).split(".")[-1] in _CATCHES_FAILURES for each in kinds):
        return False
    return not any(
        isinstance(each, ast.Raise | ast.Assert)
        or (isinstance(each, ast.Call) and _CHECKING.match(dotted(each.func).split(".")[-1]) is not None)
        for statement in handler.body
        for each in ast.walk(statement)
    )


def _suppresses(context: ast.expr) -> bool:
    if not isinstance(context, ast.Call) or dotted(context).split(".")[-1] != "suppress":
        return False
    return any(dotted(each).split(".")[-1] in _CATCHES_FAILURES - {""} for each in context.args)
