"""Which Python files belong to a package of a tree, by the rules that Python itself uses to find them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from alloynb.errors import AlloyError, CannotRun


class BadPackageName(AlloyError):
    """A package or source root is not written as a dotted name or a relative path."""


class PackageNotInTree(CannotRun):
    """None of the source roots of the tree holds this package."""


class UnsafeSourceTree(CannotRun):
    """A file or directory of the package is a link or a device, so that what is read may not be the tree."""


@dataclass(frozen=True)
class Portion:
    """One directory that holds modules of a package.

    Attributes:
        name: dotted name of the package.
        directories: absolute directories; more than one only for a namespace package.
        initial: its `__init__.py`, or None for a namespace package.
    """

    name: str
    directories: tuple[Path, ...]
    initial: Path | None


@dataclass(frozen=True)
class PackageFiles:
    """The files behind a set of packages.

    Attributes:
        portions: directories to read, including namespace directories inside regular packages.
        single_modules: packages that are one file, by dotted name.
        modules: every module that Python could import, by dotted name, with its absolute file.
    """

    portions: tuple[Portion, ...]
    single_modules: dict[str, Path]
    modules: dict[str, Path]


@dataclass
class _Gathered:
    portions: dict[str, Portion] = field(default_factory=dict)
    single_modules: dict[str, Path] = field(default_factory=dict)
    modules: dict[str, Path] = field(default_factory=dict)

    def add(self, portion: Portion) -> None:
        known = self.portions.get(portion.name)
        if known is not None:
            merged = (*known.directories, *portion.directories)
            portion = Portion(portion.name, merged, known.initial or portion.initial)
        self.portions[portion.name] = portion


def locate_packages(root: Path, packages: Sequence[str], source_roots: Sequence[str]) -> PackageFiles:
    """Find the files of `packages` below `root`, without importing anything.

    The source roots are searched in order, as Python searches its path: the first regular package or module
    wins, and directories without `__init__.py` become one namespace package. A package that lies inside another
    one of the list is read with it.

    Args:
        root: directory of the tree.
        packages: dotted names.
        source_roots: paths relative to `root`.

    Raises:
        BadPackageName: a name is not dotted identifiers, a source root is absolute or climbs.
        PackageNotInTree: no source root holds a package.
        UnsafeSourceTree: a package holds a link to a directory or out of the tree, or a special file.
    """
    root = root.resolve()
    roots = [_source_root(root, relative) for relative in source_roots]
    wanted = sorted(set(packages))
    for name in wanted:
        if not all(part.isidentifier() for part in name.split(".")):
            raise BadPackageName(f"{name!r} is not a dotted Python package name")
    outermost = [name for name in wanted if not any(name.startswith(f"{other}.") for other in wanted)]
    if not outermost:
        raise BadPackageName("no package is named", next_step="name at least one package to read")
    gathered = _Gathered()
    for name in outermost:
        _locate(name, root, roots, gathered)
    return PackageFiles(tuple(gathered.portions.values()), gathered.single_modules, gathered.modules)


def _source_root(root: Path, relative: str) -> Path:
    pure = PurePosixPath(relative)
    if pure.is_absolute() or ".." in pure.parts or "\0" in relative:
        raise BadPackageName(f"source root {relative!r} must be a path inside the tree")
    directory = root / pure
    if not directory.resolve().is_relative_to(root):
        raise UnsafeSourceTree("the source root leads out of the tree", file=directory)
    return directory


def _locate(name: str, root: Path, roots: Sequence[Path], gathered: _Gathered) -> None:
    parts = name.split(".")
    namespace: list[Path] = []
    for source_root in roots:
        directory = source_root.joinpath(*parts)
        single = directory.with_name(f"{parts[-1]}.py")
        if not directory.resolve().is_relative_to(root):
            raise UnsafeSourceTree(f"package {name} leads out of the tree", file=directory)
        if (directory / "__init__.py").is_file():
            gathered.add(Portion(name, (directory,), directory / "__init__.py"))
            _walk(directory, name, root, gathered)
            return
        if single.is_file():
            _refuse_escape(single, root)
            gathered.single_modules[name] = single
            gathered.modules[name] = single
            return
        if directory.is_dir() and _holds_python(directory):
            namespace.append(directory)
    if not namespace:
        looked = ", ".join(str(source_root) for source_root in roots)
        raise PackageNotInTree(
            f"package {name} is not in the tree (looked in {looked})",
            next_step="correct `packages`, or name the directory that holds it in `source_roots`",
        )
    gathered.add(Portion(name, tuple(namespace), None))
    for directory in namespace:
        _walk(directory, name, root, gathered)


def _walk(directory: Path, name: str, root: Path, gathered: _Gathered) -> None:
    for entry in _entries(directory):
        path = Path(entry.path)
        if entry.name.isidentifier() and path.is_dir():
            if entry.is_symlink():
                if _holds_python(path.resolve()):
                    raise UnsafeSourceTree("a package directory is a symbolic link", file=path)
                continue
            child = f"{name}.{entry.name}"
            child_is_regular = (path / "__init__.py").is_file()
            if not child_is_regular and _holds_python(path):
                # grimp passes over most namespace directories inside packages unless they are named to it.
                gathered.add(Portion(child, (path,), None))
            _walk(path, child, root, gathered)
        elif _is_module_file(entry.name):
            _refuse_escape(path, root)
            module = name if entry.name == "__init__.py" else f"{name}.{entry.name.removesuffix('.py')}"
            gathered.modules.setdefault(module, path)


def _is_module_file(file_name: str) -> bool:
    return file_name.endswith(".py") and file_name.count(".") == 1


def _refuse_escape(path: Path, root: Path) -> None:
    if not path.is_file():
        raise UnsafeSourceTree(
            "a module is not a regular file", file=path, next_step="remove it from the package"
        )
    if not path.resolve().is_relative_to(root):
        raise UnsafeSourceTree("a module is a symbolic link out of the tree", file=path)


def _holds_python(directory: Path) -> bool:
    return any(
        _is_module_file(file_name) for _, _, file_names in os.walk(directory) for file_name in file_names
    )


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        yield from sorted(entries, key=lambda entry: entry.name)
