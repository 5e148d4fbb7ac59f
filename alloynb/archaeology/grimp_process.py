"""The script that reads imports with grimp, run in a Python process of its own.

It gets one JSON object on standard input and answers with one on standard output. The target tree is never on
`sys.path`, so nothing in it can be imported, even under the name of a standard module: grimp asks
`importlib.util.find_spec` where a package lies, and that function answers from `sys.modules`, where this script
has put entries that hold nothing but the place.
"""

from __future__ import annotations

import json
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def _announce(name: str, directories: list[str], initial: str | None) -> None:
    spec = ModuleSpec(name, None, origin=initial, is_package=True)
    spec.submodule_search_locations = directories
    spec.has_location = initial is not None
    placeholder = ModuleType(name)
    placeholder.__spec__ = spec
    sys.modules[name] = placeholder


def _ancestors(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _read(question: dict[str, Any]) -> dict[str, Any]:
    import grimp
    from grimp.exceptions import SourceSyntaxError

    for package in question["packages"]:
        for ancestor in _ancestors(package["name"]):
            # grimp asks what the parent of a dotted package is; a parent without a file lets it read the child alone.
            if ancestor not in sys.modules:
                _announce(ancestor, [], None)
        _announce(package["name"], package["directories"], package["initial"])
    try:
        graph = grimp.build_graph(
            *(package["name"] for package in question["packages"]),
            include_external_packages=True,
            exclude_type_checking_imports=not question["type_checking"],
            cache_dir=None,
        )
    except SourceSyntaxError as error:
        return {"error": "syntax", "file": error.filename, "line": error.lineno, "text": error.text}
    except UnicodeError as error:
        return {"error": "decode", "text": str(error)}
    modules = sorted(graph.modules)
    imports = [
        [importer, imported, detail["line_number"], detail["line_contents"]]
        for importer in modules
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        for detail in graph.get_import_details(importer=importer, imported=imported)
    ]
    external = [module for module in modules if graph.is_module_squashed(module)]
    return {"modules": modules, "external": external, "imports": imports}


def main() -> None:
    """Answer the question on standard input."""
    try:
        answer = _read(json.load(sys.stdin))
    except ImportError as error:
        answer = {"error": "missing", "text": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
