"""Who imports whom in one tree of Python files, read and never executed (spec 2.5, 6.4).

What cannot be seen: imports made by computed names (`importlib.import_module(name)`), `.pyi` stubs, notebooks, and
submodules of external packages (an external package appears under its top-level name only).
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from alloynb.archaeology import grimp_process
from alloynb.archaeology.package_files import PackageFiles, locate_packages
from alloynb.errors import CannotRun

TIME_LIMIT_S = 120.0


class ImportsUnreadable(CannotRun):
    """The imports of a tree cannot be read, so nothing may be said about its boundaries."""


class SourceDoesNotParse(ImportsUnreadable):
    """A file of the package is not Python that the parser understands."""


class SourceDoesNotDecode(ImportsUnreadable):
    """A file of the package is not text in the encoding that it declares."""


class GraphNotFromTree(ImportsUnreadable):
    """The graph that came back describes other files than those of the tree."""


@dataclass(frozen=True, slots=True, order=True)
class ImportSite:
    """One import statement that makes `importer` depend on `imported`.

    Attributes:
        path: file of the importer, relative to the root of the tree, with `/`.
        line: 1-based line where the statement begins.
        text: that line without surrounding blanks.
    """

    importer: str
    imported: str
    path: str
    line: int
    text: str


@dataclass(frozen=True)
class ImportGraph:
    """The imports of some packages of one tree.

    Attributes:
        packages: the packages that were read.
        modules: modules of these packages, sorted.
        external: top-level names of everything else that they import, sorted.
        imports: every import, sorted by importer, imported, path and line.
        paths: file of each module, relative to the root; namespace packages have none.
        unread: files that belong to the packages and are not in the graph; empty when all was read.
    """

    packages: tuple[str, ...]
    modules: tuple[str, ...]
    external: tuple[str, ...]
    imports: tuple[ImportSite, ...]
    paths: Mapping[str, str]
    unread: tuple[str, ...] = ()


def read_import_graph(
    root: Path,
    packages: Sequence[str],
    source_roots: Sequence[str] = (".",),
    *,
    type_checking: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> ImportGraph:
    """Read the import graph of `packages` as they stand below `root`.

    The reading happens in a fresh isolated process that gets directories, not names to search for, and keeps no
    cache: two versions of one package can be read one after the other, and a package of the same name that is
    installed here is never looked at. The answer is checked line by line against the files of the tree.

    Args:
        root: directory of the tree.
        packages: dotted names of regular, namespace or single-module packages.
        source_roots: directories below `root` in which they lie.
        type_checking: whether imports under `if TYPE_CHECKING:` count.
        time_limit_s: seconds, > 0.

    Raises:
        BadPackageName: a package or source root is badly written.
        PackageNotInTree: a package is not there.
        UnsafeSourceTree: a package holds links or special files.
        SourceDoesNotParse: with file and line of the first syntax error.
        SourceDoesNotDecode: with the file, and the line as far as it is known.
        GraphNotFromTree: the answer does not fit the files.
        ImportsUnreadable: the library is missing, the reader crashed or took too long.

    Spec: 2.5, 6.4.
    """
    root = root.resolve()
    files = locate_packages(root, packages, source_roots)
    with tempfile.TemporaryDirectory(prefix="alloynb-imports-") as empty:
        question = _question(files, Path(empty), type_checking=type_checking)
        answer = _ask(question, Path(empty), time_limit_s)
    if "error" in answer:
        _raise_reading_error(answer, files)
    return _checked_graph(answer, files, root, tuple(packages))


def _question(files: PackageFiles, scratch: Path, *, type_checking: bool) -> dict[str, Any]:
    packages: list[dict[str, Any]] = [
        {
            "name": portion.name,
            "directories": [str(directory) for directory in portion.directories],
            "initial": str(portion.initial) if portion.initial else None,
        }
        for portion in files.portions
    ]
    for number, (name, file) in enumerate(sorted(files.single_modules.items())):
        # grimp reads directories only, so a single module stands in a scratch directory as its only file.
        directory = scratch / str(number) / name
        directory.mkdir(parents=True)
        (directory / "__init__.py").symlink_to(file)
        packages.append(
            {"name": name, "directories": [str(directory)], "initial": str(directory / "__init__.py")}
        )
    return {"packages": packages, "type_checking": type_checking}


def _ask(question: dict[str, Any], scratch: Path, time_limit_s: float) -> dict[str, Any]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-X", "utf8", str(Path(grimp_process.__file__).resolve())],
            input=json.dumps(question),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=scratch,
            env=environment,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ImportsUnreadable(
            f"reading the imports took longer than {time_limit_s:g} s",
            next_step="name fewer packages, or allow more time",
        ) from error
    except OSError as error:
        raise ImportsUnreadable(f"the import reader did not start: {error}") from error
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ImportsUnreadable(f"the import reader ended with {done.returncode}: {last[0]}")
    answer = json.loads(done.stdout)
    if not isinstance(answer, dict):
        raise ImportsUnreadable("the import reader gave no answer")
    return answer


def _raise_reading_error(answer: dict[str, Any], files: PackageFiles) -> None:
    if answer["error"] == "missing":
        raise ImportsUnreadable(
            f"the import reader needs grimp: {answer['text']}",
            next_step="install the `archaeology` extra: pip install 'alloy-foundry[archaeology]'",
        )
    if answer["error"] == "syntax":
        named = Path(answer["file"])
        raise SourceDoesNotParse(
            f"syntax error: {(answer['text'] or '').strip()}",
            file=named if named in files.modules.values() else files.single_modules.get(named.parent.name),
            line=answer["line"],
            next_step="nothing was checked; correct the file and check again",
        )
    for file in sorted(files.modules.values()):
        _source_text(file)
    raise SourceDoesNotDecode(answer["text"])


def _source_text(file: Path) -> str:
    """Decode a source file as Python does, or say which line does not decode."""
    content = file.read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line, reason = content.count(b"\n", 0, error.start) + 1, f"not {error.encoding} text"
        raise SourceDoesNotDecode(
            reason,
            file=file,
            line=line,
            next_step="nothing was checked; declare the encoding or correct the file",
        ) from error
    except SyntaxError as error:
        raise SourceDoesNotDecode(
            error.msg,
            file=file,
            line=1,
            next_step="nothing was checked; declare the encoding or correct the file",
        ) from error


def _checked_graph(
    answer: dict[str, Any], files: PackageFiles, root: Path, packages: tuple[str, ...]
) -> ImportGraph:
    """Compare the answer with the tree: every module has a file, every import line stands in its file."""
    external = set(answer["external"])
    modules = tuple(module for module in answer["modules"] if module not in external)
    packages_above = {name for module in files.modules for name in _self_and_ancestors(module)}
    for module in modules:
        if module not in files.modules and module not in packages_above:
            raise GraphNotFromTree(f"module {module} is in the graph and not in the tree", file=root)
    texts: dict[str, str] = {}
    paths = {module: file.relative_to(root).as_posix() for module, file in files.modules.items()}
    sites = []
    for importer, imported, line, written in answer["imports"]:
        if importer not in files.modules:
            raise GraphNotFromTree(f"{importer} imports {imported} and has no file in the tree", file=root)
        if importer not in texts:
            texts[importer] = _source_text(files.modules[importer])
        text = written.removeprefix("\ufeff").strip()
        if text not in texts[importer]:
            raise GraphNotFromTree(
                f"the import of {imported} is not in this file", file=files.modules[importer], line=line
            )
        sites.append(ImportSite(importer, imported, paths[importer], line, text))
    unread = sorted(paths[module] for module in files.modules.keys() - set(modules))
    return ImportGraph(
        packages=tuple(sorted(set(packages))),
        modules=modules,
        external=tuple(sorted(external)),
        imports=tuple(sorted(sites)),
        paths=MappingProxyType({module: paths[module] for module in sorted(paths)}),
        unread=tuple(unread),
    )


def _self_and_ancestors(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
