"""The contracts of `[tool.importlinter]` hold here, and each of them would notice (house: who may import whom)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.architecture.house import PACKAGES, ROOT, pyproject, run_python

CONTRACTS = {contract["id"]: contract for contract in pyproject()["tool"]["importlinter"]["contracts"]}

# A house in which every room exists, with imports that are allowed. The contracts must hold in it.
MODEL_HOUSE = {
    "alloynb/errors.py": "",
    "alloynb/intent/record.py": "from alloynb import errors\nfrom runtime_artifacts import envelope",
    "alloynb/archaeology/excavate.py": "import alloynb.intent.record",
    "alloynb/archaeology/signals/churn.py": "import alloynb.archaeology.excavate",
    "alloynb/archaeology/signals/ports.py": "",
    "alloynb/evidence/warehouse.py": "import duckdb\nimport alloynb.intent.record",
    "alloynb/references/resolve.py": "import alloynb.intent.record",
    "alloynb/references/adapters/folder.py": "import alloynb.references.resolve",
    "alloynb/references/adapters/web.py": "",
    "alloynb/compiler/brief.py": "import alloynb.intent.record",
    "alloynb/compiler/projections/charter.py": "import alloynb.compiler.brief",
    "alloynb/compiler/projections/poster.py": "",
    "alloynb/elicitation/interview.py": "import alloynb.archaeology.excavate",
    "alloynb/elicitation/interviews/scars.py": "import alloynb.elicitation.interview",
    "alloynb/elicitation/interviews/truths.py": "",
    "alloynb/interpretation/drift.py": "import alloynb.evidence.warehouse\nimport alloynb.archaeology.excavate",
    "alloynb/interpretation/detectors/boundary.py": "import alloynb.interpretation.drift",
    "alloynb/interpretation/detectors/pattern.py": "",
    "alloynb/interpretation/contradictions/conflicts.py": "import alloynb.interpretation.drift",
    "alloynb/interpretation/clues/spread.py": "",
    "alloynb/interpretation/clues/words.py": "",
    "alloynb/interpretation/contradictions/triggers.py": "",
    "alloynb/application/workspace.py": "import alloynb.compiler.brief\nimport alloynb.interpretation.drift",
    "alloynb/faces/cli.py": "import click\nimport rich\nimport alloynb.application.workspace",
    "alloynb/faces/mcp/answers.py": "import alloynb.intent.record",
    "alloynb/faces/server/api.py": "import jupyter_server",
    "alloynb/faces/widgets/form.py": "import ipywidgets",
    "foundry_kernel/errors.py": "",
    "foundry_kernel/events/event.py": "from runtime_artifacts import envelope",
    "foundry_kernel/gateways/shell.py": "import subprocess",
    "foundry_kernel/engine/engine.py": "import foundry_kernel.events.event\nimport foundry_kernel.gateways.shell",
    "foundry_kernel/gates/resolve.py": "import foundry_kernel.gateways.shell",
    "foundry_kernel/gates/weakenings/lost_gates.py": "import foundry_kernel.gates.resolve",
    "foundry_kernel/gates/weakenings/lost_tests.py": "",
    "foundry_kernel/agents/agent.py": "",
    "foundry_kernel/agents/adapters/command_line.py": "import foundry_kernel.agents.agent",
    "foundry_kernel/agents/adapters/replayed.py": "import foundry_kernel.agents.agent",
    "foundry_kernel/interop/daemon.py": "import foundry_kernel.events.event",
    "foundry_kernel/formations/validation.py": "import foundry_kernel.engine.engine",
    "foundry_kernel/blocks/preflight.py": "import foundry_kernel.engine.engine\nimport foundry_kernel.gates.resolve",
    "foundry_kernel/blocks/route.py": "import foundry_kernel.agents.agent",
    "foundry_kernel/kernel/kernel.py": "import ipykernel\nimport foundry_kernel.blocks.preflight",
    "foundry_kernel/runner/launch.py": "import papermill\nimport nbformat\nimport foundry_kernel.kernel.kernel",
    "foundry_kernel/runner/backends/durable.py": "import dbos",
    "foundry_kernel/runner/providers/object_store.py": "import obstore",
    "alloynb/faces/mcp/server.py": "import mcp",
    "foundry_kernel/cli.py": "import click\nimport rich\nimport foundry_kernel.runner.launch",
    "artifacts/runtime_artifacts/errors.py": "",
    "artifacts/runtime_artifacts/envelope.py": "from runtime_artifacts import errors",
}

# contract → imports that it must refuse
OFFENCES = {
    "halves": [
        ("alloynb.application.workspace", "foundry_kernel.cli"),
        ("foundry_kernel.cli", "alloynb.errors"),
    ],
    "seam": [
        ("runtime_artifacts.envelope", "alloynb.errors"),
        ("runtime_artifacts.envelope", "foundry_kernel.errors"),
    ],
    "alloy-layers": [
        ("alloynb.application.workspace", "alloynb.faces.cli"),
        ("alloynb.interpretation.drift", "alloynb.compiler.brief"),
        ("alloynb.compiler.brief", "alloynb.elicitation.interview"),
        ("alloynb.evidence.warehouse", "alloynb.archaeology.excavate"),
        ("alloynb.intent.record", "alloynb.evidence.warehouse"),
        ("alloynb.errors", "alloynb.intent.record"),
    ],
    "foundry-layers": [
        ("foundry_kernel.runner.launch", "foundry_kernel.cli"),
        ("foundry_kernel.kernel.kernel", "foundry_kernel.runner.launch"),
        ("foundry_kernel.engine.engine", "foundry_kernel.blocks.route"),
        ("foundry_kernel.engine.engine", "foundry_kernel.gates.resolve"),
        ("foundry_kernel.formations.validation", "foundry_kernel.blocks.route"),
        ("foundry_kernel.interop.daemon", "foundry_kernel.agents.agent"),
        ("foundry_kernel.events.event", "foundry_kernel.gateways.shell"),
        ("foundry_kernel.errors", "foundry_kernel.events.event"),
    ],
    "faces-call-application": [
        ("alloynb.faces.cli", "alloynb.compiler.brief"),
        ("alloynb.faces.widgets.form", "alloynb.evidence.warehouse"),
        ("alloynb.faces.server.api", "alloynb.interpretation.drift"),
    ],
    "signals": [("alloynb.archaeology.signals.ports", "alloynb.archaeology.signals.churn")],
    "detectors": [("alloynb.interpretation.detectors.pattern", "alloynb.interpretation.detectors.boundary")],
    "intent-sources": [("alloynb.references.adapters.web", "alloynb.references.adapters.folder")],
    "contradictions": [
        ("alloynb.interpretation.contradictions.triggers", "alloynb.interpretation.contradictions.conflicts")
    ],
    "projections": [("alloynb.compiler.projections.poster", "alloynb.compiler.projections.charter")],
    "clues": [("alloynb.interpretation.clues.spread", "alloynb.interpretation.clues.words")],
    "interviews": [("alloynb.elicitation.interviews.truths", "alloynb.elicitation.interviews.scars")],
    "blocks": [("foundry_kernel.blocks.route", "foundry_kernel.blocks.preflight")],
    "agents": [("foundry_kernel.agents.adapters.replayed", "foundry_kernel.agents.adapters.command_line")],
    "weakenings": [
        ("foundry_kernel.gates.weakenings.lost_gates", "foundry_kernel.gates.weakenings.lost_tests")
    ],
    "store-libraries": [
        ("alloynb.application.workspace", "duckdb"),
        ("alloynb.faces.widgets.form", "pandas"),
        ("foundry_kernel.engine.engine", "duckdb"),
        ("runtime_artifacts.envelope", "pandas"),
    ],
    "notebook-libraries": [
        ("alloynb.application.workspace", "ipywidgets"),
        ("alloynb.faces.cli", "jupyter_client"),
        ("foundry_kernel.blocks.route", "IPython"),
        ("foundry_kernel.cli", "nbformat"),
        ("runtime_artifacts.envelope", "nbformat"),
    ],
    "papermill": [
        ("alloynb.application.workspace", "papermill"),
        ("foundry_kernel.kernel.kernel", "papermill"),
    ],
    "object-store": [
        ("alloynb.application.workspace", "obstore"),
        ("foundry_kernel.runner.launch", "obstore"),
    ],
    "agent-protocol": [("alloynb.application.workspace", "mcp"), ("foundry_kernel.kernel.kernel", "mcp")],
    "durable-queue": [("foundry_kernel.runner.launch", "dbos"), ("alloynb.application.workspace", "dbos")],
    "gateways": [
        ("foundry_kernel.blocks.route", "subprocess"),
        ("foundry_kernel.gates.resolve", "subprocess"),
    ],
    "quiet-core": [
        ("alloynb.intent.record", "click"),
        ("alloynb.application.workspace", "rich"),
        ("foundry_kernel.engine.engine", "rich"),
        ("runtime_artifacts.envelope", "click"),
    ],
}
LINT = ("-c", "import sys; from importlinter.cli import lint_imports_command as lint; lint(sys.argv[1:])")


def build_house(folder: Path, files: dict[str, str]) -> Path:
    """Write a source tree, a docstring into each package, and our contracts beside it."""
    for name, code in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{code}\n", encoding="utf-8")
        for parent in file.relative_to(folder).parents:
            if parent.parts and parent.parts != ("artifacts",):
                (folder / parent / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def file_of(module: str, files: dict[str, str]) -> str:
    """The file of a module in the model house."""
    path = module.replace(".", "/") + ".py"
    return next(name for name in files if name in (path, f"artifacts/{path}"))


def lint(folder: Path) -> tuple[int, dict[str, str]]:
    """Run import-linter on a tree; answer its exit code and, for each broken contract, what it printed."""
    run = run_python(*LINT, "--no-cache", "--no-logo", cwd=folder, source=folder)
    names = {contract["name"]: identifier for identifier, contract in CONTRACTS.items()}
    heading = "|".join(re.escape(name) for name in names)
    verdicts = dict(re.findall(rf"^({heading}) (KEPT|BROKEN)", run.stdout, flags=re.MULTILINE))
    assert set(verdicts) == set(names), f"not every contract was judged:\n{run.stdout}\n{run.stderr}"
    sections = re.split(rf"^({heading})\n-+\n", run.stdout, flags=re.MULTILINE)[1:]
    details = {names[name]: text for name, text in zip(sections[::2], sections[1::2], strict=True)}
    assert set(details) == {names[name] for name, verdict in verdicts.items() if verdict == "BROKEN"}
    return run.returncode, details


def test_this_checkout_keeps_every_contract() -> None:
    exit_code, broken = lint(ROOT)

    assert not broken, "\n".join(f"{name}:\n{text}" for name, text in broken.items())
    assert exit_code == 0


def test_the_model_house_keeps_every_contract(tmp_path: Path) -> None:
    assert lint(build_house(tmp_path, MODEL_HOUSE)) == (0, {})


def test_every_contract_refuses_what_it_forbids(tmp_path: Path) -> None:
    files = dict(MODEL_HOUSE)
    for offence in OFFENCES.values():
        for importer, imported in offence:
            name = file_of(importer, files)
            files[name] = f"{files[name]}\nimport {imported}"

    exit_code, broken = lint(build_house(tmp_path, files))

    assert exit_code == 1
    missed = [
        f"{contract}: {importer} -> {imported}"
        for contract, offence in OFFENCES.items()
        for importer, imported in offence
        if f"{importer} -> {imported} (" not in broken.get(contract, "")
    ]
    assert not missed


def test_every_contract_has_a_planted_offence() -> None:
    assert set(OFFENCES) == set(CONTRACTS)


def test_a_lazy_import_is_an_import(tmp_path: Path) -> None:
    files = {
        **MODEL_HOUSE,
        "alloynb/compiler/brief.py": "def compile() -> None:\n    import foundry_kernel.cli",
    }

    exit_code, broken = lint(build_house(tmp_path, files))

    assert (exit_code, set(broken)) == (1, {"halves"})


@pytest.mark.parametrize(
    ("package", "contract"), [("alloynb", "alloy-layers"), ("foundry_kernel", "foundry-layers")]
)
def test_a_new_module_must_find_its_room(tmp_path: Path, package: str, contract: str) -> None:
    exit_code, broken = lint(build_house(tmp_path, {**MODEL_HOUSE, f"{package}/cellar.py": ""}))

    assert (exit_code, set(broken)) == (1, {contract})
    assert f"{package}.cellar" in broken[contract]


@pytest.mark.parametrize(
    ("package", "contract"), [("alloynb", "alloy-layers"), ("foundry_kernel", "foundry-layers")]
)
def test_a_layer_is_optional_only_as_long_as_it_does_not_exist(package: str, contract: str) -> None:
    layers = re.findall(r"[^|:]+", "|".join(CONTRACTS[contract]["layers"]))
    optional = [layer.strip()[1:-1] for layer in layers if layer.strip().startswith("(")]
    folder = PACKAGES[package]

    exists = [
        name
        for name in optional
        if (folder / name / "__init__.py").exists() or (folder / f"{name}.py").exists()
    ]

    assert not exists, f"remove the parentheses around {exists} in the contract {contract} of pyproject.toml"


def test_every_name_in_a_contract_names_something_in_the_model_house(tmp_path: Path) -> None:
    build_house(tmp_path, MODEL_HOUSE)
    keys = ("source_modules", "forbidden_modules", "modules")
    names = {name for contract in CONTRACTS.values() for key in keys for name in contract.get(key, [])}
    inside = {name for name in names if name.split(".")[0] in ("alloynb", "foundry_kernel")}

    assert not {name for name in inside if not any(tmp_path.glob(name.replace(".", "/") + "*"))}


@pytest.mark.parametrize(
    "name", [name for c in CONTRACTS.values() for name in c.get("modules", []) if "*" in name]
)
def test_a_rule_about_plugins_finds_plugins_as_soon_as_their_folder_exists(name: str) -> None:
    folder = ROOT / name.removesuffix(".*").replace(".", "/")

    if not (folder / "__init__.py").exists():
        pytest.skip(f"{folder.relative_to(ROOT)} does not exist yet")
    assert [file for file in folder.glob("*.py") if file.stem != "__init__"]
