"""Python files of one tree, parsed, and what a name in one of them stands for."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath

from foundry_kernel.gates.comparing.comparison import Side

Function = ast.FunctionDef | ast.AsyncFunctionDef


_MAX_NODES = 2_000_000


class TooDeep(Exception):
    """The file is nested more deeply, or more intricate, than can be read here, though Python may read it."""


class PythonSource:
    """One parsed file.

    Attributes:
        functions: functions of the module by name; the last of a name counts, as it does for Python.
        classes: classes by name.
        values: what is assigned to a name in the module.
    """

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path = path
        self.tree = tree
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.values: dict[str, ast.expr] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        for statement in flattened(tree.body):
            self._note(statement)

    def every_function(self) -> dict[str, Function]:
        """Functions of the module and methods of its classes, methods as `Class.name`."""
        methods = {
            f"{owner.name}.{each.name}": each
            for owner in self.classes.values()
            for each in owner.body
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        return {**self.functions, **methods}

    def _note(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            self.functions[statement.name] = statement
        elif isinstance(statement, ast.ClassDef):
            self.classes[statement.name] = statement
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    self.values[target.id] = statement.value
        elif (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.value
        ):
            self.values[statement.target.id] = statement.value
        elif isinstance(statement, ast.ImportFrom):
            module = "." * statement.level + (statement.module or "")
            for alias in statement.names:
                self.imports[alias.asname or alias.name] = (module, alias.name)
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                self.imports[alias.asname or alias.name.split(".")[0]] = (alias.name, "")


class PythonSources:
    """The Python files of one tree; each is parsed once, when somebody asks."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._parsed: dict[str, PythonSource | None] = {}
        self._nodes = 0

    def begin(self) -> None:
        """Start to read another file: the effort is counted anew."""
        self._nodes = 0

    def spend(self, nodes: int) -> None:
        """Count the effort of reading, so that functions that call each other many times over come to an end.

        Raises:
            TooDeep: too much was spent since `begin`.
        """
        self._nodes += nodes
        if self._nodes > _MAX_NODES:
            raise TooDeep("too intricate")

    def parsed(self, path: str) -> PythonSource | None:
        """A file, None when there is none or its syntax is broken.

        Raises:
            TooDeep: it is nested too deeply to be read.
        """
        if path not in self._parsed:
            self._parsed[path] = self._parse(path)
        return self._parsed[path]

    def _parse(self, path: str) -> PythonSource | None:
        found = self._side.bytes_of(path)
        if found is None or self._side.is_too_large(path):
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a doubtful escape in somebody's file
                return PythonSource(path, ast.parse(found))
        except (RecursionError, MemoryError) as error:
            raise TooDeep(path) from error
        except (SyntaxError, ValueError):
            return None

    def imported(self, source: PythonSource, name: str) -> tuple[PythonSource, str] | None:
        """File of this tree in which an imported name is defined, and its name there ("" for a module)."""
        if name not in source.imports:
            return None
        module, attribute = source.imports[name]
        for path, inner in _candidates(source.path, module, attribute):
            try:
                found = self.parsed(path)
            except TooDeep:
                continue
            if found is not None:
                return found, inner
        return None

    def conftests(self, path: str) -> Iterator[PythonSource]:
        """The `conftest.py` files that apply to a file, nearest first."""
        for folder in PurePosixPath(path).parents:
            try:
                found = self.parsed((folder / "conftest.py").as_posix())
            except TooDeep:
                continue
            if found is not None:
                yield found


def flattened(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module or class, those inside of `if`, `try` and `with` among them; dead branches left out."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            verdict = constant_truth(statement.test)
            if verdict is not False:
                yield from flattened(statement.body)
            if verdict is not True:
                yield from flattened(statement.orelse)
        elif isinstance(statement, ast.Try):
            yield from flattened(statement.body)
            for handler in statement.handlers:
                yield from flattened(handler.body)
            yield from flattened(statement.orelse)
            yield from flattened(statement.finalbody)
        elif isinstance(statement, ast.With):
            yield from flattened(statement.body)


def constant_truth(test: ast.expr) -> bool | None:
    """What a condition always is, None when that depends."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = constant_truth(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        parts = [constant_truth(each) for each in test.values]
        decisive = isinstance(test.op, ast.Or)
        if decisive in parts:
            return decisive
        return (not decisive) if None not in parts else None
    if isinstance(test, ast.Tuple | ast.List | ast.Set):
        return bool(test.elts) if not any(isinstance(each, ast.Starred) for each in test.elts) else None
    if isinstance(test, ast.Dict):
        return bool(test.keys)
    if isinstance(test, ast.Name | ast.Attribute) and dotted(test).split(".")[-1] == "TYPE_CHECKING":
        return False
    return None


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an expression of names; a call counts as what is called; "" for all else."""
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else node.attr
    return ""


def _candidates(path: str, module: str, attribute: str) -> Iterator[tuple[str, str]]:
    """Files in which `from module import attribute` in the file at `path` may find its name, and the name there."""
    parts = module.lstrip(".").split(".") if module.strip(".") else []
    level = len(module) - len(module.lstrip("."))
    folder = PurePosixPath(path).parent
    if level:
        bases = [folder.parents[level - 2] if level > 1 and len(folder.parents) >= level - 1 else folder]
    else:
        bases = [folder, *folder.parents, PurePosixPath("src")]
    for base in bases:
        here = base.joinpath(*parts)
        if attribute:
            yield f"{here}.py", attribute
            yield (here / "__init__.py").as_posix(), attribute
            yield (here / f"{attribute}.py").as_posix(), ""
        else:
            yield f"{here}.py", ""
            yield (here / "__init__.py").as_posix(), ""
