"""Every way to demand less is named: gates, collection, thresholds, types, rules, contracts, scripts, pipelines."""

from __future__ import annotations

import json

import pytest

from foundry_kernel.gates.weakening import find_weakenings
from tests.foundry_kernel.weakening.trees import MemoryTree, found, gate, said

GATE_FILE = ".hone-gates.json"
OVERLAY = {"source": "overlay", "required": True}

# what was done → gate before, gate after (None: gone), kind
GATES = {
    "removed": (gate(), None, "gate_removed"),
    "command changed": (gate(), gate(command="pytest -x || true"), "gate_command_changed"),
    "command run by a shell": (
        gate(command=("pytest", "-q")),
        gate(command="pytest -q"),
        "gate_command_changed",
    ),
    "run elsewhere": (gate(), gate(working_directory="attic"), "gate_command_changed"),
    "made optional": (gate(), gate(required=False), "gate_made_optional"),
    "mode loosened": (
        gate(**OVERLAY, mode="required_for_mutation"),
        gate(**OVERLAY, mode="required_for_dry_run"),
        "gate_mode_loosened",
    ),
    "timeout raised": (gate(timeout_s=60), gate(timeout_s=61), "gate_timeout_raised"),
}


@pytest.mark.parametrize("what", GATES)
def test_a_loosened_gate_is_named(what: str) -> None:
    before, after, kind = GATES[what]

    (only,) = found({}, {}, [before], [after] if after else [])

    assert (only.kind, only.severity, only.subject) == (kind, "weakening", "tests")


def test_a_gate_is_found_in_the_file_that_names_it() -> None:
    text = json.dumps(
        {"gates": [{"name": "lint", "command": "ruff"}, {"name": "tests", "command": "pytest"}]}, indent=1
    )

    (only,) = found({GATE_FILE: text}, {GATE_FILE: text}, [gate()], [gate(timeout_s=99)])

    assert (only.path, only.line) == (GATE_FILE, 8)


def test_a_deleted_gate_file_is_named_with_every_gate_in_it() -> None:
    assert said(found({GATE_FILE: '{"gates": []}'}, {}, [gate()], [])) == [
        ("gate_removed", "weakening"),
        ("gate_file_removed", "weakening"),
    ]


def test_a_gate_file_that_cannot_be_read_any_more_counts_as_removed() -> None:
    before, after = MemoryTree({GATE_FILE: '{"gates": []}'}), MemoryTree({GATE_FILE: "{"})

    kinds = said(find_weakenings(before, after, [gate()], None, [GATE_FILE]))

    assert kinds == [("gate_removed", "weakening"), ("gate_file_broken", "weakening")]


def test_a_gate_that_sees_more_of_the_environment_is_suspicious() -> None:
    assert said(found({}, {}, [gate()], [gate(environment=("CI",))])) == [
        ("gate_environment_widened", "suspicious")
    ]


PYTEST = """\
[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = "--strict-markers --cov=shop --cov-fail-under=90"
xfail_strict = true
filterwarnings = ["error"]
"""
TOOLS = """\
[tool.coverage.run]
branch = true
omit = ["docs/*"]

[tool.coverage.report]
fail_under = 90

[tool.mypy]
strict = true
exclude = ["docs"]

[[tool.mypy.overrides]]
module = "shop.old"
disallow_untyped_defs = true

[tool.ruff]
line-length = 100

[tool.ruff.lint]
select = ["E", "F", "B"]
ignore = ["E203"]
mccabe.max-complexity = 8

[tool.ruff.lint.per-file-ignores]
"tests/*" = ["S101"]

[tool.pylint.main]
fail-under = 9.5

[tool.pylint."messages control"]
disable = ["fixme"]

[tool.importlinter]
root_packages = ["shop"]

[[tool.importlinter.contracts]]
id = "layers"
name = "Layers"
type = "layers"
layers = ["web", "core", "store"]
exhaustive = true

[[tool.importlinter.contracts]]
id = "apart"
name = "Apart"
type = "forbidden"
source_modules = ["shop.web"]
forbidden_modules = ["shop.store"]
ignore_imports = ["shop.web.old -> shop.store"]
"""
PYPROJECT = PYTEST + "\n" + TOOLS
TESTS = {
    "tests/test_a.py": "def test_a():\n    assert f()\n",
    "tests/slow/test_b.py": "def test_b():\n    assert f()\n",
}

# what was done → text in pyproject.toml, what it became, kind
PYPROJECT_CHANGES = {
    "testpaths": ('["tests"]', '["tests/slow"]', "collection_narrowed"),
    "norecursedirs": ("xfail_strict", 'norecursedirs = ["slow"]\nxfail_strict', "collection_narrowed"),
    "python_files": ("xfail_strict", 'python_files = ["test_a.py"]\nxfail_strict', "collection_narrowed"),
    "python_functions": (
        "xfail_strict",
        'python_functions = ["test_a"]\nxfail_strict',
        "collection_narrowed",
    ),
    "-k": ("--strict-markers", "--strict-markers -k a", "collection_narrowed"),
    "-m": ("--strict-markers", "--strict-markers -m 'not slow'", "collection_narrowed"),
    "--ignore": ("--strict-markers", "--strict-markers --ignore=tests/slow", "collection_narrowed"),
    "--deselect": (
        "--strict-markers",
        "--strict-markers --deselect tests/test_a.py::test_a",
        "collection_narrowed",
    ),
    "--strict-markers": ("--strict-markers ", "", "test_run_loosened"),
    "xfail_strict": ("xfail_strict = true", "xfail_strict = false", "test_run_loosened"),
    "filterwarnings": ('["error"]', '["default"]', "test_run_loosened"),
    "all warnings ignored": ('["error"]', '["error", "ignore"]', "test_run_loosened"),
    "--cov-fail-under lowered": ("under=90", "under=50", "threshold_lowered"),
    "--cov-fail-under gone": (" --cov-fail-under=90", "", "threshold_lowered"),
    "fail_under lowered": ("fail_under = 90", "fail_under = 89.9", "threshold_lowered"),
    "fail_under gone": ("fail_under = 90\n", "", "threshold_lowered"),
    "branch coverage off": ("branch = true", "branch = false", "threshold_lowered"),
    "coverage omit": ('["docs/*"]', '["docs/*", "shop/*"]', "coverage_narrowed"),
    "mypy strict off": ("strict = true\nexclude", "strict = false\nexclude", "types_loosened"),
    "mypy flag off": (
        'exclude = ["docs"]',
        'exclude = ["docs"]\ndisallow_untyped_defs = false',
        "types_loosened",
    ),
    "mypy exclude": ('exclude = ["docs"]', 'exclude = ["docs", "shop"]', "types_loosened"),
    "mypy errors ignored": ("disallow_untyped_defs = true", "ignore_errors = true", "types_loosened"),
    "mypy module let off": ("untyped_defs = true", "untyped_defs = false", "types_loosened"),
    "mypy code disabled": ("exclude = ", 'disable_error_code = ["misc"]\nexclude = ', "types_loosened"),
    "ruff select": ('["E", "F", "B"]', '["E", "F"]', "lint_rule_disabled"),
    "ruff select narrowed": ('["E", "F", "B"]', '["E4", "F", "B"]', "lint_rule_disabled"),
    "ruff ignore": ('["E203"]', '["E203", "F"]', "lint_rule_disabled"),
    "ruff per file": ('["S101"]', '["S101", "B"]', "lint_rule_disabled"),
    "ruff exclude": (
        "line-length = 100",
        'line-length = 100\nextend-exclude = ["shop"]',
        "lint_rule_disabled",
    ),
    "complexity raised": ("max-complexity = 8", "max-complexity = 20", "threshold_lowered"),
    "line length raised": ("line-length = 100", "line-length = 300", "threshold_lowered"),
    "pylint disable": ('["fixme"]', '["fixme", "all"]', "lint_rule_disabled"),
    "pylint score": ("fail-under = 9.5", "fail-under = 5", "threshold_lowered"),
    "contract removed": (
        TOOLS[TOOLS.index('[[tool.importlinter.contracts]]\nid = "apart"') :],
        "",
        "contract_removed",
    ),
    "contract indirect": (
        "ignore_imports",
        "allow_indirect_imports = true\nignore_imports",
        "contract_loosened",
    ),
    "contract ignores": (
        '-> shop.store"]',
        '-> shop.store", "shop.web -> shop.store.sql"]',
        "contract_loosened",
    ),
    "contract covers less": ('["web", "core", "store"]', '["web", "core"]', "contract_loosened"),
    "contract layers reordered": (
        '["web", "core", "store"]',
        '["store", "core", "web"]',
        "contract_loosened",
    ),
    "contract not exhaustive": ("exhaustive = true", "exhaustive = false", "contract_loosened"),
}


@pytest.mark.parametrize("what", PYPROJECT_CHANGES)
def test_a_loosened_setting_is_named(what: str) -> None:
    old, new, kind = PYPROJECT_CHANGES[what]
    assert PYPROJECT.count(old) >= 1

    (only,) = found(
        {"pyproject.toml": PYPROJECT, **TESTS}, {"pyproject.toml": PYPROJECT.replace(old, new, 1), **TESTS}
    )

    assert (only.kind, only.severity, only.path) == (kind, "weakening", "pyproject.toml")


def test_an_empty_pytest_ini_takes_the_place_of_all_that_was_demanded() -> None:
    kinds = {
        each.kind for each in found({"pyproject.toml": PYTEST}, {"pyproject.toml": PYTEST, "pytest.ini": ""})
    }

    assert kinds == {"test_run_loosened", "threshold_lowered"}


ESLINT = '{"rules": {"no-eval": "error", "eqeqeq": ["error", "always"]}}'
CLIPPY = '[package]\nname = "sum"\n\n[lints.clippy]\nunwrap_used = "deny"\n'
JEST = 'export default {coverageThreshold: {global: {branches: 80}}, testPathIgnorePatterns: ["/dist/"]};\n'
TSCONFIG = '{\n  // strict, as ever\n  "compilerOptions": {"strict": true, "noUnusedLocals": true,},\n}\n'
PIPELINE = "jobs:\n  test:\n    steps:\n      - run: make lint\n      - run: pytest --cov-fail-under=80\n"
MYPY_INI = "[mypy]\ndisallow_untyped_defs = True\n"
FLAKE8 = "[flake8]\nextend-ignore = E203\nmax-complexity = 8\n"
GOLANGCI = "linters:\n  enable:\n    - errcheck\n    - govet\n"
HOOKS = "repos:\n  - repo: local\n    hooks:\n      - id: ruff\n      - id: mypy\n"
CONFTEST = "collect_ignore = ['old.py']\n"

# what was done → path, text before, old, new, kind
OTHER_FILES = {
    "eslint rule off": (
        ".eslintrc.json",
        ESLINT,
        '"no-eval": "error"',
        '"no-eval": "off"',
        "lint_rule_disabled",
    ),
    "eslint rule a warning": (
        ".eslintrc.json",
        ESLINT,
        '["error", "always"]',
        '["warn"]',
        "lint_rule_disabled",
    ),
    "eslint rule newly off": (
        ".eslintrc.json",
        ESLINT,
        '{"no-eval"',
        '{"curly": 0, "no-eval"',
        "lint_rule_disabled",
    ),
    "clippy allowed": ("Cargo.toml", CLIPPY, '"deny"', '"allow"', "lint_rule_disabled"),
    "golangci enable": (".golangci.yml", GOLANGCI, "    - govet\n", "", "lint_rule_disabled"),
    "pre-commit hook": (".pre-commit-config.yaml", HOOKS, "      - id: mypy\n", "", "lint_rule_disabled"),
    "flake8 ignore": (".flake8", FLAKE8, "E203", "E203, F", "lint_rule_disabled"),
    "flake8 complexity": (".flake8", FLAKE8, "= 8", "= 80", "threshold_lowered"),
    "jest threshold": ("jest.config.js", JEST, "branches: 80", "branches: 8", "threshold_lowered"),
    "jest ignores": ("jest.config.js", JEST, '"/dist/"', '"/dist/", "/src/"', "collection_narrowed"),
    "tsconfig strict": ("tsconfig.json", TSCONFIG, '"strict": true', '"strict": false', "types_loosened"),
    "tsconfig flag": (
        "tsconfig.json",
        TSCONFIG,
        "true, ",
        'true, "noImplicitAny": false, ',
        "types_loosened",
    ),
    "mypy.ini": ("mypy.ini", MYPY_INI, "True", "False", "types_loosened"),
    "mypy.ini section": (
        "mypy.ini",
        MYPY_INI,
        "[mypy]",
        "[mypy-shop.*]\nignore_errors = True\n[mypy]",
        "types_loosened",
    ),
    "coveragerc": (".coveragerc", "[report]\nfail_under = 80\n", "80", "0", "threshold_lowered"),
    "collect_ignore": (
        "tests/conftest.py",
        CONFTEST,
        "['old.py']",
        "['old.py', 'test_a.py']",
        "collection_narrowed",
    ),
    "pipeline || true": (
        ".github/workflows/ci.yml",
        PIPELINE,
        "make lint",
        "make lint || true",
        "pipeline_softened",
    ),
    "pipeline continues": (
        ".github/workflows/ci.yml",
        PIPELINE,
        "  test:\n",
        "  test:\n    continue-on-error: true\n",
        "pipeline_softened",
    ),
    "pipeline threshold": (".github/workflows/ci.yml", PIPELINE, "under=80", "under=8", "pipeline_softened"),
    "pipeline job never": (
        ".gitlab-ci.yml",
        PIPELINE,
        "  test:\n",
        "  test:\n    when: never\n",
        "pipeline_softened",
    ),
    "blanket noqa": ("shop.py", "import os\n", "import os\n", "import os  # noqa\n", "suppression_added"),
    "file noqa": (
        "shop.py",
        "import os\n",
        "import os\n",
        "# ruff: noqa: F401\nimport os\n",
        "suppression_added",
    ),
    "blanket type: ignore": ("shop.py", "x = 1\n", "x = 1\n", "x = 1  # type: ignore\n", "suppression_added"),
    "mypy: ignore-errors": (
        "shop.py",
        "x = 1\n",
        "x = 1\n",
        "# mypy: ignore-errors\nx = 1\n",
        "suppression_added",
    ),
    "eslint-disable": ("a.js", "f();\n", "f();\n", "/* eslint-disable */\nf();\n", "suppression_added"),
    "@ts-nocheck": ("a.ts", "f();\n", "f();\n", "// @ts-nocheck\nf();\n", "suppression_added"),
    "//nolint": ("a.go", "f()\n", "f()\n", "f() //nolint\n", "suppression_added"),
    "#![allow": (
        "a.rs",
        "fn f() {}\n",
        "fn f() {}\n",
        "#![allow(warnings)]\nfn f() {}\n",
        "suppression_added",
    ),
}


@pytest.mark.parametrize("what", OTHER_FILES)
def test_a_loosened_file_is_named(what: str) -> None:
    path, before, old, new, kind = OTHER_FILES[what]
    assert old in before

    (only,) = found({path: before}, {path: before.replace(old, new, 1)})

    assert (only.kind, only.severity, only.path) == (kind, "weakening", path)


def test_a_suppression_of_one_rule_on_one_line_is_only_suspicious() -> None:
    (only,) = found({"shop.py": "import os\n"}, {"shop.py": "\nimport os  # noqa: F401\n"})

    assert (only.kind, only.severity, only.path, only.line) == (
        "suppression_added",
        "suspicious",
        "shop.py",
        2,
    )


def test_a_deleted_pipeline_is_named() -> None:
    assert said(found({".github/workflows/ci.yml": PIPELINE}, {})) == [("pipeline_removed", "weakening")]


def test_a_step_that_left_a_pipeline_is_suspicious() -> None:
    after = PIPELINE.replace("      - run: make lint\n", "")

    assert said(found({".gitlab-ci.yml": PIPELINE}, {".gitlab-ci.yml": after})) == [
        ("pipeline_steps_removed", "suspicious")
    ]


def test_settings_that_can_no_longer_be_parsed_are_suspicious() -> None:
    assert said(found({"pyproject.toml": TOOLS}, {"pyproject.toml": "["})) == [
        ("cannot_be_judged", "suspicious")
    ]


MAKEFILE = "check: lint\n\t@pytest -q\n\nlint:\n\truff check .\n\ndocs:\n\tmkdocs build\n"
PACKAGE = json.dumps({"scripts": {"test": "jest --ci", "docs": "typedoc"}}, indent=1)
SCRIPT = "#!/bin/sh\nset -e\n# exit 0 when done\npytest -q\n"

# what was done → command of the gate, path, text before, old, new, kind and severity
SCRIPTS = {
    "recipe || true": (
        "make check",
        "Makefile",
        MAKEFILE,
        "pytest -q",
        "pytest -q || true",
        "gate_script_softened",
    ),
    "recipe -": ("make check", "Makefile", MAKEFILE, "\truff", "\t-ruff", "gate_script_softened"),
    "recipe emptied": ("make check", "Makefile", MAKEFILE, "@pytest -q", "@echo fine", "gate_script_emptied"),
    "need dropped": ("make check", "Makefile", MAKEFILE, "check: lint", "check:", "gate_script_removed"),
    "script || true": (
        "ci/test.sh",
        "ci/test.sh",
        SCRIPT,
        "pytest -q",
        "pytest -q || true",
        "gate_script_softened",
    ),
    "script exit 0": (
        "sh ci/test.sh",
        "ci/test.sh",
        SCRIPT,
        "pytest -q",
        "pytest -q; exit 0",
        "gate_script_softened",
    ),
    "script set -e gone": (
        ("sh", "ci/test.sh"),
        "ci/test.sh",
        SCRIPT,
        "set -e\n",
        "",
        "gate_script_softened",
    ),
    "npm script": (
        "npm test",
        "package.json",
        PACKAGE,
        "jest --ci",
        "jest --passWithNoTests",
        "gate_script_softened",
    ),
    "npm script emptied": (
        "npm run test",
        "package.json",
        PACKAGE,
        "jest --ci",
        "exit 0",
        "gate_script_emptied",
    ),
}


@pytest.mark.parametrize("what", SCRIPTS)
def test_a_softened_script_that_a_gate_calls_is_named(what: str) -> None:
    command, path, before, old, new, kind = SCRIPTS[what]
    assert old in before

    named = found({path: before}, {path: before.replace(old, new, 1)}, [gate(command=command)])

    assert (kind, "weakening", path) in [(each.kind, each.severity, each.path) for each in named]


def test_a_script_is_followed_through_the_makefile_that_calls_it() -> None:
    makefile = {"Makefile": "check:\n\tbash ci/test.sh\n"}

    named = found(
        {"ci/test.sh": SCRIPT, **makefile},
        {"ci/test.sh": SCRIPT.replace("-q", "-q || :"), **makefile},
        [gate(command="make check")],
    )

    assert [(each.kind, each.line) for each in named] == [("gate_script_softened", 4)]


def test_a_script_that_was_otherwise_changed_is_suspicious() -> None:
    after = MAKEFILE.replace("pytest -q", "pytest tests/unit")

    assert said(found({"Makefile": MAKEFILE}, {"Makefile": after}, [gate(command="make check")])) == [
        ("gate_script_changed", "suspicious")
    ]


def test_a_recipe_that_no_gate_calls_may_do_what_it_likes() -> None:
    after = MAKEFILE.replace("mkdocs build", "mkdocs build || true")

    assert not found({"Makefile": MAKEFILE}, {"Makefile": after}, [gate(command="make check")])
