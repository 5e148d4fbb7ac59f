"""The Python packages of a repository and their imports: by a whole graph, else file by file (spec 2.5)."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from alloynb.archaeology.import_graph import ImportGraph, ImportSite, read_import_graph
from alloynb.archaeology.module_map import ModuleMap
from alloynb.archaeology.repository import Repository, is_aside, is_test, is_vendored
from alloynb.errors import AlloyError

MOST_PACKAGES = 60
_GRAPH_LIMIT_S = 60.0


@dataclass(frozen=True)
class FoundPackage:
    """A top-level package of the product: its name, and the folder in which it lies."""

    name: str
    source_root: str


def find_packages(repository: Repository) -> tuple[FoundPackage, ...]:
    """Find the outermost folders with `__init__.py` that are neither tests nor vendored, largest first.

    Of two packages of one name the one nearest to the root counts; folders of documents, examples, templates and
    scripts count only when nothing else is there.
    """
    entrances = {
        file.path.rpartition("/")[0]
        for file in repository.of_language("python")
        if PurePosixPath(file.path).name == "__init__.py" and "/" in file.path
    }
    outermost = [
        folder
        for folder in entrances
        if folder.rpartition("/")[0] not in entrances and not is_test(f"{folder}/x.py")
    ]
    usual = [folder for folder in outermost if not is_aside(f"{folder}/x.py")] or outermost
    named: dict[str, FoundPackage] = {}
    for folder in sorted(usual, key=lambda each: (each.count("/"), each)):
        root, _, name = folder.rpartition("/")
        if name.isidentifier():
            named.setdefault(name, FoundPackage(name, root or "."))
    counts = dict.fromkeys(named, 0)
    prefixes = {
        (f"{each.source_root}/" if each.source_root != "." else "") + f"{name}/": name
        for name, each in named.items()
    }
    for file in repository.of_language("python"):
        for prefix, name in prefixes.items():
            if file.path.startswith(prefix):
                counts[name] += 1
                break
    ranked = sorted(named.values(), key=lambda each: (-counts[each.name], each.name))
    return tuple(ranked[:MOST_PACKAGES])


def read_python(repository: Repository) -> ModuleMap | None:
    """Read who imports whom among the repository's Python packages; None when there are none.

    The graph of all packages is read in one go. Where it cannot be (a file does not parse, a link, the library is
    missing), every file is read on its own, and the note says so. Tests inside packages are left out.
    """
    packages = find_packages(repository)
    if not packages:
        return None
    names = tuple(each.name for each in packages)
    roots = tuple(sorted({each.source_root for each in packages}, key=lambda each: (each != ".", each)))
    try:
        graph = read_import_graph(repository.root, names, roots, time_limit_s=_GRAPH_LIMIT_S)
    except (AlloyError, OSError) as error:
        note = f"the import graph could not be read ({error}); every file was read on its own"
        return _read_one_by_one(repository, packages, note)
    return _of_graph(graph, repository, names, roots)


def _of_graph(
    graph: ImportGraph, repository: Repository, names: Sequence[str], roots: Sequence[str]
) -> ModuleMap:
    kept = {
        module: graph.paths.get(module, "")
        for module in graph.modules
        if not (path := graph.paths.get(module))
        or (path in repository.paths and not is_test(path) and not is_vendored(path))
    }
    imports = tuple(
        site
        for site in graph.imports
        if site.importer in kept and (site.imported in kept or site.imported in graph.external)
    )
    used = frozenset(site.imported for site in imports if site.imported not in kept)
    return ModuleMap("python", kept, imports, used, tuple(names), tuple(roots), notes=tuple(graph.unread))


def _read_one_by_one(repository: Repository, packages: Iterable[FoundPackage], note: str) -> ModuleMap:
    paths: dict[str, str] = {}
    for package in packages:
        prefix = "" if package.source_root == "." else f"{package.source_root}/"
        for file in repository.of_language("python"):
            if file.path.startswith(f"{prefix}{package.name}/") and not is_test(file.path):
                parts = file.path.removeprefix(prefix).removesuffix(".py").split("/")
                parts = parts[:-1] if parts[-1] == "__init__" else parts
                if all(part.isidentifier() for part in parts):
                    paths.setdefault(".".join(parts), file.path)
    sites: list[ImportSite] = []
    unread: list[str] = []
    tops = {package.name for package in packages}
    for module, path in sorted(paths.items()):
        text = repository.text(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an invalid escape in somebody's text is not our warning
                tree = ast.parse(text or "")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            unread.append(path)
            continue
        lines = (text or "").splitlines()
        is_package = path.endswith("__init__.py")
        for line, imported in sorted(set(_imports_of(tree, module, paths, is_package=is_package))):
            target = imported if imported.split(".")[0] in tops else imported.split(".")[0]
            known = _nearest(target, paths) if target.split(".")[0] in tops else target
            if known and known != module:
                written = lines[line - 1].strip() if line <= len(lines) else ""
                sites.append(ImportSite(module, known, path, line, written))
    external = frozenset(site.imported for site in sites if site.imported not in paths)
    roots = tuple(sorted({each.source_root for each in packages}, key=lambda each: (each != ".", each)))
    notes = (note, *(f"does not parse: {path}" for path in unread))
    return ModuleMap(
        "python", paths, tuple(sorted(sites)), external, tuple(sorted(tops)), roots, False, notes
    )


def _nearest(name: str, paths: dict[str, str]) -> str:
    while name and name not in paths:
        name = name.rpartition(".")[0]
    return name


def _imports_of(
    tree: ast.Module, module: str, paths: dict[str, str], *, is_package: bool
) -> Iterable[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                above = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}" if base else alias.name
                yield node.lineno, full if full in paths else base or alias.name
