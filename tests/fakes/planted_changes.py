"""Twenty changes planted into a real project: ten leave the intent, five keep it, five make it stale.

Each is one commit, or a few, on top of kedro 1.7.0 as its authors published it, with the rules that they enforce.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.fakes.kedro_intent import KEDRO_RULES, kedro_evidence

Truth = Literal["code_left_intent", "refactor_keeps_intent", "intent_is_stale"]

TESTS = "tests/test_import.py"
EVAL = '(call function: (identifier) @name (#any-of? @name "eval" "exec")) @place'
PARSING = ["kedro/io/**", "kedro/config/**"]
RUNS = '(function_definition name: (identifier) @name (#eq? @name "_get_executor")) @place'
MORE_EVIDENCE: list[dict[str, Any]] = [
    {
        "id": "no-eval",
        "kind": "pattern",
        "description": "What a catalog says is never evaluated.",
        "pattern": {
            "language": "python",
            "must": "not_occur",
            "query": EVAL,
            "paths": PARSING,
        },
    },
    {
        "id": "executors",
        "kind": "pattern",
        "description": "Every runner says which executor it uses.",
        "pattern": {
            "language": "python",
            "must": "occur",
            "query": RUNS,
            "paths": ["kedro/runner/*_runner.py"],
        },
    },
    {
        "id": "light",
        "kind": "dependency",
        "description": "Installing kedro brings no table library.",
        "dependency": {"forbidden": ["polars", "duckdb", "pyarrow"], "where": ["pyproject.toml"]},
    },
    {
        "id": "imports-tested",
        "kind": "test",
        "description": "What may be imported is tested.",
        "test": {"tests": [TESTS]},
    },
    {
        "id": "server-alone",
        "kind": "import_boundary",
        "description": "Nothing below the command line knows the server.",
        "rule": {
            "type": "forbidden",
            "packages": ["kedro"],
            "sources": ["kedro.io", "kedro.pipeline", "kedro.runner", "kedro.config"],
            "targets": ["kedro.server"],
        },
    },
]
EVIDENCE = [*kedro_evidence(), *MORE_EVIDENCE]
OWNER = "Ada Lovelace"


@dataclass
class Project:
    """A governed copy that is changed."""

    root: Path

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new, 1))

    def append(self, path: str, text: str) -> None:
        self.write(path, self.read(path) + text)

    def everywhere(self, pattern: str, new: str) -> None:
        """Replace in every Python file: the other half of a rename."""
        for file in sorted(self.root.rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            changed = re.sub(pattern, new, text)
            if changed != text:
                file.write_text(changed, encoding="utf-8")

    def edit_record(self, **changes: str) -> None:
        path = ".alloy/intent/kedro.yaml"
        text = self.read(path)
        for name, value in changes.items():
            text += f"{name}: {value}\n"
        self.write(path, text)

    def commit(self, message: str, author: str = "Grace Hopper", at: str = "2026-02-27T10:00:00Z") -> None:
        self.git("add", "--all")
        email = author.split(" ", maxsplit=1)[0].lower()
        self.git(
            "commit", "--quiet", f"--author={author} <{email}@example.org>", f"--date={at}", "-m", message
        )


Plant = Callable[[Project], None]


@dataclass(frozen=True)
class Planted:
    """One change, and what it really is."""

    name: str
    truth: Truth
    plant: Plant


def _line_after_future(project: Project, path: str, line: str) -> None:
    """Add an import where imports begin."""
    text = project.read(path)
    future = "from __future__ import annotations\n"
    text = text.replace(future, f"{future}\n{line}\n", 1) if future in text else f"{line}\n{text}"
    project.write(path, text)


# Ten that leave the intent -------------------------------------------------------------------------------------------


def _upward(project: Project) -> None:
    _line_after_future(project, "kedro/io/memory_dataset.py", "from kedro.framework.project import settings")
    project.commit("Read the settings where they are needed")


def _catalog_in_config(project: Project) -> None:
    _line_after_future(project, "kedro/config/omegaconf_config.py", "from kedro.io import MemoryDataset")
    project.commit("Quick fix for empty globals")


def _pipeline_knows_io(project: Project) -> None:
    _line_after_future(project, "kedro/pipeline/transcoding.py", "from kedro.io.core import VERSION_FORMAT")
    project.commit("Show versions in node names")


def _hidden_in_a_function(project: Project) -> None:
    project.append(
        "kedro/runner/sequential_runner.py",
        "\n\ndef _session():\n    from kedro.framework.session import KedroSession\n\n    return KedroSession\n",
    )
    project.commit("Hotfix: sessions in notebooks")


def _under_another_name(project: Project) -> None:
    _line_after_future(
        project, "kedro/runner/thread_runner.py", "from kedro.framework import cli as _commands"
    )
    project.commit("Add a progress bar")


def _evaluates(project: Project) -> None:
    project.append("kedro/io/cached_dataset.py", "\n\ndef _options(text):\n    return eval(text)\n")
    project.commit("Let options be expressions")


def _runner_without_executor(project: Project) -> None:
    project.write(
        "kedro/runner/remote_runner.py", '"""Runs elsewhere."""\n\n\nclass RemoteRunner:\n    pass\n'
    )
    project.commit("Add a remote runner")


def _heavy_dependency(project: Project) -> None:
    project.replace(
        "pyproject.toml", '    "omegaconf>=2.1.1",\n', '    "omegaconf>=2.1.1",\n    "polars>=1",\n'
    )
    project.commit("Parse dates more simply")


def _skipped_test(project: Project) -> None:
    text = project.read(TESTS)
    name = re.search(r"^def (test_\w+)", text, re.MULTILINE)
    assert name is not None
    project.write(TESTS, text.replace(f"def {name[1]}", f"@pytest.mark.skip\ndef {name[1]}", 1))
    project.commit("Make the build green again")


def _config_through_a_helper(project: Project) -> None:
    project.append("kedro/utils.py", "\n\nfrom kedro.config import OmegaConfigLoader  # noqa: E402\n")
    _line_after_future(
        project, "kedro/io/catalog_config_resolver.py", "from kedro.config import AbstractConfigLoader"
    )
    project.commit("Load credentials here for now")


# Five that keep it ---------------------------------------------------------------------------------------------------


def _rename_within(project: Project) -> None:
    project.git("mv", "kedro/io/memory_dataset.py", "kedro/io/in_memory.py")
    project.everywhere(r"kedro\.io\.memory_dataset|\.memory_dataset\b", "kedro.io.in_memory")
    project.commit("Rename the module of memory datasets")


def _rename_a_layer(project: Project) -> None:
    project.git("mv", "kedro/config", "kedro/configuration")
    project.everywhere(r"kedro\.config\b", "kedro.configuration")
    project.commit("Write configuration out")


def _rename_an_allowed_importer(project: Project) -> None:
    project.git("mv", "kedro/runner/task.py", "kedro/runner/work.py")
    project.everywhere(r"kedro\.runner\.task\b", "kedro.runner.work")
    project.commit("Call a task what it is")


def _for_annotations(project: Project) -> None:
    project.append(
        "kedro/io/core.py",
        "\n\nif TYPE_CHECKING:\n    from kedro.framework.context import KedroContext  # noqa: F401\n",
    )
    project.commit("Annotate what hooks are given")


def _move_the_tests(project: Project) -> None:
    project.write("tests/api/__init__.py", "")
    project.git("mv", TESTS, "tests/api/test_public_names.py")
    project.commit("Sort the tests by what they are about")


# Five that make it stale ---------------------------------------------------------------------------------------------


def _decided_otherwise(project: Project) -> None:
    project.write(
        "docs/decisions/0012-config-reads-the-catalog.md",
        "# Configuration may read the catalog\n\nAccepted. Supersedes the rule that kedro.config is alone: it may now "
        "use kedro.io, since every resolver needs datasets.\n",
    )
    _line_after_future(project, "kedro/config/omegaconf_config.py", "from kedro.io import MemoryDataset")
    _line_after_future(project, "kedro/config/abstract_config.py", "from kedro.io import CachedDataset")
    project.commit("Let configuration read the catalog, as decided", OWNER)


def _server_is_gone(project: Project) -> None:
    project.git("rm", "-r", "--quiet", "kedro/server", "kedro/framework/cli/server.py")
    project.commit("Take the server out; it lives in a plugin from now on")


def _everybody_does(project: Project) -> None:
    people = ("Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov")
    files = ("cached_dataset", "memory_dataset", "shared_memory_dataset", "data_catalog")
    packages = ("io",) * len(files)
    for number, (person, package, name) in enumerate(zip(people, packages, files, strict=True), 1):
        _line_after_future(
            project, f"kedro/{package}/{name}.py", "from kedro.framework.project import settings"
        )
        project.commit(f"Ask the settings in {name}", person, f"2025-0{number}-10T10:00:00Z")
    for number in range(3):
        for name in files:
            project.append(f"kedro/io/{name}.py", f"\n# note {number}\n")
        project.commit(f"Note {number}", people[number], f"2025-1{number}-10T10:00:00Z")


def _look_again(project: Project) -> None:
    project.edit_record(
        review_triggers='[{date: 2026-01-15, why: "polars 2 is light enough to depend on"}]',
    )
    project.commit("Say when to look again", OWNER, "2025-12-01T10:00:00Z")
    project.replace(
        "pyproject.toml", '    "omegaconf>=2.1.1",\n', '    "omegaconf>=2.1.1",\n    "polars>=2",\n'
    )
    project.commit("Adopt polars as the one table type", OWNER)


def _newer_record(project: Project) -> None:
    text = project.read(".alloy/intent/kedro.yaml")
    review = "{id: look, kind: human_review, description: looked at, question: Well?, role: owner, expires_days: 90}"
    newer = re.sub(r"(?ms)^evidence:.*?(?=^\w)", f"evidence: [{review}]\n", text)
    newer = newer.replace("id: kedro.intent.kedro", "id: kedro.intent.one-process", 1)
    link = "{type: supersedes, target: kedro.intent.kedro, notes: runners are inlined}"
    project.write(".alloy/intent/one-process.yaml", f"{newer}relationships: [{link}]\n")
    body = '"""Runs in this very process."""\n\n\nclass InlineRunner:\n    pass\n'
    project.write("kedro/runner/inline_runner.py", body)
    project.commit("Run inline, which needs no executor", OWNER)


PLANTED: tuple[Planted, ...] = (
    Planted("a lower layer imports a higher one", "code_left_intent", _upward),
    Planted("config imports the catalog, in haste", "code_left_intent", _catalog_in_config),
    Planted("one of two independent packages imports the other", "code_left_intent", _pipeline_knows_io),
    Planted("a forbidden import inside a function", "code_left_intent", _hidden_in_a_function),
    Planted("a forbidden import under another name", "code_left_intent", _under_another_name),
    Planted("a call that must not be", "code_left_intent", _evaluates),
    Planted("a file without what each must hold", "code_left_intent", _runner_without_executor),
    Planted("a forbidden dependency", "code_left_intent", _heavy_dependency),
    Planted("a test that is skipped", "code_left_intent", _skipped_test),
    Planted("an import for now", "code_left_intent", _config_through_a_helper),
    Planted("a module is renamed within its layer", "refactor_keeps_intent", _rename_within),
    Planted("a whole layer is renamed", "refactor_keeps_intent", _rename_a_layer),
    Planted(
        "the importer that the rule lets pass is renamed",
        "refactor_keeps_intent",
        _rename_an_allowed_importer,
    ),
    Planted("an import for annotations alone", "refactor_keeps_intent", _for_annotations),
    Planted("the demanded tests move", "refactor_keeps_intent", _move_the_tests),
    Planted("a decision takes the rule back", "intent_is_stale", _decided_otherwise),
    Planted("what the rule keeps out is gone", "intent_is_stale", _server_is_gone),
    Planted("everybody does it, for a year", "intent_is_stale", _everybody_does),
    Planted("a review trigger fired, and the owner acts on it", "intent_is_stale", _look_again),
    Planted("a newer record replaces this one", "intent_is_stale", _newer_record),
)

assert len(KEDRO_RULES) + len(MORE_EVIDENCE) == len(EVIDENCE)
