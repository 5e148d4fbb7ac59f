"""A notebook that defines a block in a cell, runs it, replaces it and takes it back; executed by nbclient."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

pytestmark = pytest.mark.slow

DEFINE = '''%%block
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payload import Payload


class LicenceSought(Payload):
    """Somebody looked for the licence."""

    found: bool


@block(name="look_for_licence", kind="observer", sinks=("validation_completed",), emits=(LicenceSought,))
async def look_for_licence(context: BlockContext) -> BlockResult:
    """Look, and say so in the trace."""
    found = (context.work_tree / "LICENSE").exists()
    return BlockResult("there is a licence" if found else "there is none", LicenceSought(found=found))
'''
BAD = DEFINE.replace("validation_completed", "validation_complete")
PLAIN = """from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payload import EntryPayload


class StrollRequested(EntryPayload):
    \"\"\"Somebody wants to go for a stroll.\"\"\"


@block(name="stroll", kind="mutator", sinks=(StrollRequested,), emits=(), dry_run_events=lambda told: ())
async def stroll(context: BlockContext) -> BlockResult:
    (context.work_tree / "footprint").write_text("here")
    return BlockResult("strolled")


%foundry register StrollRequested stroll
"""
SPOIL = """%%block
from pathlib import Path

@block(name="sly", kind="observer", sinks=("greet_requested",), emits=())
async def sly(context):
    (context.work_tree / "README.md").write_text("spoilt")
    return BlockResult("nothing happened")
"""


def _git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=tests", "-c", "user.email=tests@example.invalid"]
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "README.md").write_text("# Project\n")
    (folder / "LICENSE").write_text("do as you like\n")
    (folder / ".hone-gates.json").write_text('{"gates": [{"name": "holds", "command": "true"}]}')
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "-m", "Begin")
    return folder


def _executed(folder: Path, *cells: str) -> list[str]:
    """Execute cells as one notebook; what each said or showed, as text."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(
        notebook,
        kernel_name="foundry",
        timeout=60,
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    nbformat.validate(notebook)
    return ["\n".join(_text(output) for output in cell.outputs) for cell in notebook.cells]


def _text(output: Any) -> str:
    if output.output_type == "error":
        return "\n".join(output.traceback)
    if output.output_type == "stream":
        return str(output.text)
    return str(output.data["text/plain"])


def test_a_block_that_a_cell_defines_takes_part_in_a_run(project: Path) -> None:
    (project / "LICENSE").unlink()  # not committed, so not what the run looks at
    defined, ran, listed, traced, history = _executed(
        project,
        DEFINE,
        "%foundry emit validation_requested demo --strict",
        "%foundry blocks look_for",
        "%foundry trace",
        "%foundry history",
    )
    assert "✓ event licence_sought; cell [1]" in defined
    assert "✓ block look_for_licence (observer): validation_completed → licence_sought; cell [1]" in defined
    assert "Try it: %foundry emit validation_requested PROJECT" in defined
    assert "✓ look_for_licence" in ran
    assert "there is a licence" in ran, "the committed revision counts"
    assert "1 uncommitted left out" in ran
    assert "· licence_sought" in ran
    assert "cell [1]" in listed
    assert traced.split("(completed")[1] == ran.split("(completed")[1].split("\ncompleted")[0]
    assert "validation_requested  dry run   ✓ completed" in history
    assert _git(project, "worktree", "list").count("\n") == 1


def test_a_cell_that_does_not_hold_together_is_named_and_running_it_again_mends_it(project: Path) -> None:
    refused, mended, again, forgotten, gone = _executed(
        project, BAD, DEFINE, DEFINE, "%foundry forget look_for_licence", "%foundry blocks look_for"
    )
    assert refused.startswith(
        "BadBlock: cell [1]: block 'look_for_licence': it sinks on 'validation_complete'"
    )
    assert "cell [2]" in mended
    assert "cell [3], replaces that of cell [2]" in again
    assert "look_for_licence of cell [3] is forgotten" in forgotten
    assert gone.startswith("Blocks with 'look_for': 0")


def test_a_mutator_of_a_cell_is_held_to_the_throttle_and_never_meets_the_checkout(project: Path) -> None:
    taken, dry, unapproved, audited, full = _executed(
        project,
        PLAIN,
        "%foundry emit stroll_requested demo",
        "%foundry emit stroll_requested demo --throttle full",
        "%foundry emit stroll_requested demo --throttle audit_only",
        '%foundry emit stroll_requested demo --throttle full --i-approve "a walk does good"',
    )
    assert "✓ block stroll (mutator): stroll_requested → nothing; cell [1]" in taken
    assert "≈ stroll (simulated, mutator): not run" in dry
    assert unapproved.startswith("NotApproved: stroll would change things at throttle full")
    assert "audit.patch" in audited
    assert "undelivered.patch" in full
    assert _git(project, "status", "--porcelain") == ""
    assert _git(project, "branch", "--list").split() == ["*", "main"], "an empty branch does not stay"


def test_an_observer_of_a_cell_that_changes_the_tree_is_caught_in_a_tree_of_its_own(project: Path) -> None:
    _, caught, strict = _executed(
        project,
        DEFINE + "\n" + SPOIL.removeprefix("%%block\n"),
        "%foundry emit greet_requested demo",
        "%foundry emit greet_requested demo --strict",
    )
    assert "observer sly changed the work tree: README.md" in caught
    assert strict.splitlines()[-1].startswith("RunDidNotComplete: stopped: observer sly")
    assert (project / "README.md").read_text() == "# Project\n"


def test_an_error_in_the_cell_is_the_cells_own(project: Path) -> None:
    broken, empty, unknown = _executed(project, "%%block\n1 / 0", "%%block\nx = 1", "%foundry register x")
    assert "ZeroDivisionError" in broken
    assert "cell [2] defines no block" in empty
    assert "x is neither a block nor an event type" in unknown


def test_the_stop_button_cancels_the_run_and_keeps_the_kernel(project: Path) -> None:
    slow = """%%block
import asyncio, _thread, threading
from foundry_kernel.engine.block import BlockResult, block

@block(name="wait", kind="observer", sinks=("greet_requested",), emits=())
async def wait(context):
    threading.Timer(0.3, _thread.interrupt_main).start()
    await context.cancel.wait()
    return BlockResult("waited")
"""
    _, cancelled, alive = _executed(
        project, slow, "%foundry emit greet_requested demo --blocks wait", "6 * 7"
    )
    assert "cancelled: interrupted" in cancelled
    assert alive == "42"
