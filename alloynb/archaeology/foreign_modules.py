"""From written imports to modules: what `./x`, `crate::a`, a Go path or a Java name means in this tree (spec 2.5)."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping

from alloynb.archaeology.foreign_imports import WrittenFile, missing_grammars, read_written_imports
from alloynb.archaeology.import_graph import ImportSite
from alloynb.archaeology.module_map import ModuleMap
from alloynb.archaeology.repository import Repository

_FAMILIES = {
    "javascript and typescript": ("javascript", "typescript", "tsx"),
    "go": ("go",),
    "rust": ("rust",),
    "java": ("java",),
}
_RUST_STANDARD = {"std", "core", "alloc", "proc_macro", "test"}
_JAVA_STANDARD = ("java.", "javax.", "jdk.")
_GO_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_CRATE_NAME = re.compile(r'^\s*name\s*=\s*"([^"]+)"', re.MULTILINE)

Resolve = Callable[[str, str], tuple[str, bool] | None]
"""(path of the importer, written target) → (module or library, whether it is a library), or None to leave it out."""


def read_foreign(repository: Repository) -> tuple[ModuleMap, ...]:
    """Read the module maps of all languages other than Python that the repository holds."""
    maps = []
    for family, languages in _FAMILIES.items():
        present = {language for language in languages if repository.of_language(language)}
        if not present:
            continue
        missing = missing_grammars(present)
        notes = tuple(
            f"{language} is known by layout only: its grammar is not installed (extra `archaeology`)"
            for language in missing
        )
        files = tuple(
            file for language in sorted(present) for file in read_written_imports(repository, language)
        )
        maps.append(_map_of(family, files, repository, notes))
    return tuple(maps)


def _map_of(
    family: str, files: tuple[WrittenFile, ...], repository: Repository, notes: tuple[str, ...]
) -> ModuleMap:
    name_of, resolve = _NAMING[family](files, repository)
    paths: dict[str, str] = {}
    folders: dict[str, str] = {}
    for file in files:
        name = name_of(file)
        paths.setdefault(name, file.path)
        folder_based = family in ("go", "java")
        place = posixpath.dirname(file.path) if folder_based else posixpath.splitext(file.path)[0]
        while name:
            folders.setdefault(name, place)
            name, place = name.rpartition(".")[0], posixpath.dirname(place)
    if family not in ("go", "java"):
        folders = {name: place for name, place in folders.items() if name not in paths}
    sites: list[ImportSite] = []
    external: set[str] = set()
    for file in files:
        importer = name_of(file)
        for written in file.imports:
            resolved = resolve(file.path, written.target)
            if resolved is None or resolved[0] == importer:
                continue
            imported, is_library = resolved
            if is_library:
                external.add(imported)
            sites.append(ImportSite(importer, imported, file.path, written.line, written.text))
    external -= paths.keys()
    tops = tuple(sorted({name.split(".")[0] for name in paths}))
    return ModuleMap(
        family,
        paths,
        tuple(sorted(sites)),
        frozenset(external),
        tops,
        exact=False,
        notes=notes,
        folders=folders,
    )


_Named = tuple[Callable[[WrittenFile], str], Resolve]


def _scripts(files: tuple[WrittenFile, ...], repository: Repository) -> _Named:
    modules = {_script_name(file.path): file.path for file in files}
    workspace = _package_json_names(repository)

    def resolve(path: str, target: str) -> tuple[str, bool] | None:
        if target.startswith("."):
            return _known(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
        if target.startswith(("@/", "~/")):
            top = (
                path.split("/src/", maxsplit=1)[0] + "/src"
                if "/src/" in path
                else path.split("/", maxsplit=1)[0]
            )
            return _known(posixpath.normpath(f"{top}/{target[2:]}"))
        if not target or target.startswith(("node:", "#", "http", "/")):
            return None
        parts = target.split("/")
        package = "/".join(parts[:2]) if target.startswith("@") else parts[0]
        if package in workspace:
            folder = workspace[package]
            rest = "/".join(parts[2 if target.startswith("@") else 1 :])
            found = next(
                (
                    each
                    for each in (f"{folder}/{rest}", f"{folder}/src/{rest}", f"{folder}/src")
                    if _known(each)
                ),
                "",
            )
            return _known(found) if found else None
        return package, True

    def _known(place: str) -> tuple[str, bool] | None:
        name = _script_name(place)
        return (name, False) if name in modules else None

    return (lambda file: _script_name(file.path)), resolve


def _script_name(path: str) -> str:
    stem = re.sub(r"\.(d\.)?[cm]?[jt]sx?$", "", path)
    stem = stem.removesuffix("/index")
    return stem.strip("/").replace(".", "_").replace("/", ".") or "index"


def _package_json_names(repository: Repository) -> Mapping[str, str]:
    found = {}
    for path, text in repository.named("package.json"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            found[value["name"]] = posixpath.dirname(path)
    return found


def _go(files: tuple[WrittenFile, ...], repository: Repository) -> _Named:
    roots = {}
    for path, text in repository.named("go.mod"):
        if module := _GO_MODULE.search(text):
            roots[module[1].strip('"')] = posixpath.dirname(path)
    folders = {posixpath.dirname(file.path) for file in files}

    def name(folder: str) -> str:
        return folder.replace(".", "_").replace("/", ".") or "main"

    def resolve(_path: str, target: str) -> tuple[str, bool] | None:
        for module, root in roots.items():
            if target == module or target.startswith(f"{module}/"):
                folder = posixpath.normpath(
                    posixpath.join(root, target[len(module) :].strip("/"))
                ).removeprefix("./")
                folder = "" if folder == "." else folder
                return (name(folder), False) if folder in folders else None
        parts = target.split("/")
        return ("/".join(parts[:3]), True) if "." in parts[0] else None

    return (lambda file: name(posixpath.dirname(file.path))), resolve


def _rust(files: tuple[WrittenFile, ...], repository: Repository) -> _Named:
    crates = {}
    for path, text in repository.named("Cargo.toml"):
        if found := _CRATE_NAME.search(text):
            crates[posixpath.dirname(path)] = found[1].replace("-", "_")

    def crate_of(path: str) -> tuple[str, str]:
        folder = posixpath.dirname(path)
        while folder and folder not in crates:
            folder = posixpath.dirname(folder)
        return crates.get(folder, "crate"), folder

    def name(path: str) -> str:
        crate, folder = crate_of(path)
        inside = path.removeprefix(f"{folder}/" if folder else "").removeprefix("src/").removesuffix(".rs")
        parts = [part for part in inside.split("/") if part not in ("lib", "main", "mod")]
        return ".".join([crate, *(part.replace(".", "_") for part in parts)])

    modules = {name(file.path) for file in files}
    own = set(crates.values())

    def resolve(path: str, target: str) -> tuple[str, bool] | None:
        here = name(path)
        parts = [part for part in target.split("::") if part]
        if not parts or parts[0] in _RUST_STANDARD:
            return None
        if parts[0] == "crate":
            parts = [crate_of(path)[0], *parts[1:]]
        elif parts[0] in ("self", "super"):
            base = here.split(".")
            while parts and parts[0] in ("self", "super"):
                base = base[:-1] if parts.pop(0) == "super" else base
            parts = [*base, *parts]
        elif parts[0] not in own:
            return (parts[0], True) if f"{here}.{parts[0]}" not in modules else (f"{here}.{parts[0]}", False)
        while parts and ".".join(parts) not in modules:
            parts.pop()
        return (".".join(parts), False) if parts else None

    return (lambda file: name(file.path)), resolve


def _java(files: tuple[WrittenFile, ...], _repository: Repository) -> _Named:
    packages = {file.package for file in files if file.package}

    def resolve(_path: str, target: str) -> tuple[str, bool] | None:
        if target.startswith(_JAVA_STANDARD):
            return None
        package = target
        while package and package not in packages:
            package = package.rpartition(".")[0]
        if package:
            return package, False
        parts = target.split(".")
        return ".".join(parts[: 3 if parts[0] in ("com", "org", "io", "net") else 2]), True

    return (lambda file: file.package or "default"), resolve


_NAMING: Mapping[str, Callable[[tuple[WrittenFile, ...], Repository], _Named]] = {
    "javascript and typescript": _scripts,
    "go": _go,
    "rust": _rust,
    "java": _java,
}
