"""The exported contracts are accepted by import-linter, and it says of a tree what our own checker says."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from alloynb.archaeology.import_graph import read_import_graph
from alloynb.compiler.projection import collect_projections, projected_intent
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.boundary import evaluate_boundary
from tests.alloynb.intent.records import a_record

RUN = "from importlinter.cli import lint_imports_command as run; run()"
PROJECTION = collect_projections()["import-linter"]
TREE = {
    "shop/__init__.py": "",
    "shop/web.py": "import shop.core\nimport shop.store\n",
    "shop/api.py": "import shop.core\n",
    "shop/core/__init__.py": "",
    "shop/core/cart.py": "import shop.core\nimport json\n",
    "shop/store.py": "import sqlite3\nimport shop.core.cart\n",
    "shop/plugins/__init__.py": "",
    "shop/plugins/one.py": "import shop.plugins.two\n",
    "shop/plugins/two.py": "import shop.web\n",
}
RULES: dict[str, dict[str, Any]] = {
    "forbidden, kept": {"type": "forbidden", "sources": ["shop.core"], "targets": ["shop.web", "sqlite3"]},
    "forbidden, broken": {"type": "forbidden", "sources": ["shop.store"], "targets": ["sqlite3"]},
    "forbidden, only a chain": {
        "type": "forbidden",
        "sources": ["shop.plugins.one"],
        "targets": ["shop.web"],
    },
    "forbidden, chains count": {
        "type": "forbidden",
        "sources": ["shop.plugins.one"],
        "targets": ["shop.web"],
        "indirect": True,
    },
    "forbidden, but ignored": {
        "type": "forbidden",
        "sources": ["shop.store"],
        "targets": ["sqlite3"],
        "ignore_imports": ["shop.store -> sqlite3", "shop.web -> json"],
    },
    "forbidden, with a wildcard": {
        "type": "forbidden",
        "sources": ["shop.plugins.*"],
        "targets": ["shop.web"],
    },
    "layers, kept": {"type": "layers", "layers": ["shop.web | shop.api", "shop.store", "shop.core"]},
    "layers, broken": {"type": "layers", "layers": ["shop.core", "shop.store"]},
    "layers, siblings broken": {"type": "layers", "layers": ["shop.web | shop.store", "shop.core"]},
    "layers, only a chain": {"type": "layers", "layers": ["shop.web", "shop.plugins.one"]},
    "layers, chains count": {"type": "layers", "layers": ["shop.web", "shop.plugins.one"], "indirect": True},
    "independence, kept": {"type": "independence", "modules": ["shop.web", "shop.api"]},
    "independence, broken": {"type": "independence", "modules": ["shop.plugins.*"]},
    "independence, a chain": {"type": "independence", "modules": ["shop.plugins.one", "shop.web"]},
    "independence, chains count": {
        "type": "independence",
        "modules": ["shop.plugins.one", "shop.web"],
        "indirect": True,
    },
    "allowed only, kept": {
        "type": "allowed_only",
        "sources": ["shop.core"],
        "targets": ["json"],
        "universe": ["json", "sqlite3", "shop.web"],
    },
    "allowed only, broken": {
        "type": "allowed_only",
        "sources": ["shop.store"],
        "targets": ["shop.core"],
        "universe": ["shop.core", "sqlite3"],
    },
}
NOT_THE_SAME: dict[str, dict[str, Any]] = {
    "a part of a library": {"type": "forbidden", "sources": ["shop.core"], "targets": ["xml.dom"]},
    "layers with wildcards": {"type": "layers", "layers": ["shop.*", "other"], "packages": ["shop", "other"]},
    "layers within layers": {"type": "layers", "layers": ["shop.core", "shop"]},
    "all but a few": {"type": "allowed_only", "sources": ["shop.core"], "targets": ["shop.store"]},
    "all of a package but a part": {
        "type": "allowed_only",
        "sources": ["other"],
        "targets": ["shop.core"],
        "universe": ["shop"],
        "packages": ["shop", "other"],
    },
    "without imports for type checkers": {
        "type": "forbidden",
        "sources": ["shop.core"],
        "targets": ["shop.web"],
        "type_checking": False,
    },
}


def demanding(rule: dict[str, Any], slug: str = "kept") -> IntentRecord:
    evidence = {
        "id": "imports",
        "kind": "import_boundary",
        "description": 'Nobody "imports" 100 % of \\ it',
        "rule": {"packages": ["shop"], **rule},
    }
    return a_record(slug, status="accepted", evidence=[evidence])


def contracts(*records: IntentRecord) -> str:
    return PROJECTION.compile(projected_intent("shop", "shop", records))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name, text in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_import_linter_accepts_all_of_them_and_says_what_our_checker_says(tree: Path) -> None:
    records = [demanding(rule, f"r{number:02}") for number, rule in enumerate(RULES.values())]
    file = tree / "contracts.toml"
    file.write_text(contracts(*records))
    done = subprocess.run(
        [sys.executable, "-c", RUN, "--config", str(file), "--no-cache"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tree), "COLUMNS": "200", "PYTHONWARNINGS": "ignore"},
    )
    assert "contracts: " in done.stdout.lower(), done.stdout + done.stderr
    graph = read_import_graph(tree, ["shop"])
    folded = " ".join(done.stdout.split())
    for record, (name, _) in zip(records, RULES.items(), strict=True):
        definition = record.evidence[0]
        assert definition.kind == "import_boundary"
        ours = bool(evaluate_boundary(definition.rule, graph).violations)
        assert f"({record.id}#imports" in folded, name
        theirs = any(
            f"({record.id}#imports{part}) BROKEN" in folded
            for part in ("", *(f" {one} of {many}" for many in range(2, 9) for one in range(1, 9)))
        )
        assert theirs == ours, f"{name}: import-linter says broken={theirs}, we say {ours}\n{done.stdout}"


@pytest.mark.parametrize("rule", NOT_THE_SAME.values(), ids=NOT_THE_SAME)
def test_what_import_linter_cannot_say_is_named_with_the_reason_and_not_said_otherwise(
    rule: dict[str, Any],
) -> None:
    told = contracts(demanding(rule), demanding(RULES["layers, kept"], "other"))
    assert "# shop.intent.kept#imports\n# not said here: " in told
    found = tomllib.loads(told)["tool"]["importlinter"]["contracts"]
    assert {each["id"].rpartition(".imports")[0] for each in found} == {"shop.intent.other"}


def test_type_checking_imports_are_left_out_when_all_rules_leave_them_out() -> None:
    told = contracts(demanding(NOT_THE_SAME["without imports for type checkers"]))
    assert tomllib.loads(told)["tool"]["importlinter"]["exclude_type_checking_imports"] is True


def test_source_roots_are_in_the_command_that_the_file_tells() -> None:
    told = contracts(demanding({**RULES["forbidden, kept"], "source_roots": ["src", "."]}))
    assert "# PYTHONPATH=src lint-imports --config" in told
