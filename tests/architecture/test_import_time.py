"""Importing costs nothing that is not needed: heavy libraries wait for the function that uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.architecture.house import PACKAGES, ROOT, module_names, run_python

HEAVY = {
    *(
        "IPython",
        "anywidget",
        "cryptography",
        "dbos",
        "duckdb",
        "grimp",
        "importlinter",
        "tree_sitter",
        "ipykernel",
        "ipywidgets",
    ),
    *(
        "jupyter_client",
        "jupyter_core",
        "jupyter_server",
        "nbclient",
        "nbconvert",
        "nbformat",
        "numpy",
        "pandas",
    ),
    *(
        "papermill",
        "pathspec",
        "psutil",
        "pyarrow",
        "requests",
        "rich",
        "ruamel",
        "securesystemslib",
        "tornado",
    ),
    *("traitlets", "yaml", "zmq"),
}
# These derive their classes from a library, and nothing imports them by accident.
BUILT_ON_A_LIBRARY = (
    "alloynb.faces.cli.terminal",
    "alloynb.faces.server",
    "alloynb.faces.widgets",
    "foundry_kernel.kernel",
    "foundry_kernel.runner.backends",
    "foundry_kernel.runner.notebook_engine",
)
COMMAND_LINES = {"alloynb.faces.cli": "alloynb/faces/cli", "foundry_kernel.cli": "foundry_kernel/cli"}

_BLAME = """
import importlib, json, sys
modules, heavy = json.loads(sys.argv[1]), set(json.loads(sys.argv[2]))
blamed, seen = {}, {name for name in heavy if name in sys.modules}
for module in modules:
    importlib.import_module(module)
    new = {name for name in heavy if name in sys.modules} - seen
    if new:
        blamed[module] = sorted(new)
    seen |= new
print(json.dumps(blamed))
"""


def heavy_imports(modules: list[str], heavy: set[str], source: Path = ROOT) -> dict[str, list[str]]:
    """Import modules one by one in a new process; answer which heavy library came with which of them."""
    answer = run_python("-c", _BLAME, json.dumps(modules), json.dumps(sorted(heavy)), source=source)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_importing_any_module_of_the_core_loads_no_heavy_library() -> None:
    core = [name for name in module_names() if not name.startswith(BUILT_ON_A_LIBRARY)]
    assert len(core) > len(PACKAGES)

    assert heavy_imports(core, HEAVY) == {}


@pytest.mark.parametrize("module", COMMAND_LINES)
def test_a_command_line_loads_click_and_nothing_else_before_it_knows_the_command(module: str) -> None:
    place = ROOT / COMMAND_LINES[module]
    assert place.is_dir() or place.with_suffix(".py").exists()

    assert heavy_imports([module], HEAVY | {"pydantic", "rfc8785", "ulid", "asyncio", "sqlite3"}) == {}


def test_this_rule_would_notice(tmp_path: Path) -> None:
    (tmp_path / "light.py").write_text("def later():\n    import rich\n")
    (tmp_path / "leaden.py").write_text("import rich.text\n")

    assert heavy_imports(["light", "leaden"], HEAVY, source=tmp_path) == {"leaden": ["rich"]}
