"""Say what is installed, what is missing, and how to mend it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from alloynb.application.foundry_command import find_foundry
from alloynb.application.read_intent import check_intent
from alloynb.application.workspace import open_workspace
from alloynb.errors import AlloyError

_LIBRARIES = (
    ("duckdb", True, "the evidence store", "evidence"),
    ("grimp", True, "import boundaries", "archaeology"),
    ("ipykernel", True, "the `foundry` kernel", "kernel"),
    ("papermill", True, "runs as notebooks", "runner"),
    ("jupyterlab", False, "exploring in notebooks", "lab"),
)
_MOST_PROBLEMS = 5


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes:
        needed: whether the main job fails without it.
        remedy: how to mend it.
    """

    name: str
    fine: bool
    needed: bool
    told: str
    remedy: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Everything looked at."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing that is needed is missing."""
        return all(check.fine or not check.needed for check in self.checks)


def diagnose(folder: Path) -> Diagnosis:
    """Look at Python, git, the libraries, Foundry and the workspace; changes nothing, raises nothing."""
    return Diagnosis(tuple(_checks(folder)))


def _checks(folder: Path) -> Iterator[Check]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    yield Check("Python", sys.version_info >= (3, 11), True, python, "install Python 3.11 or newer")
    git = shutil.which("git")
    yield Check("git", git is not None, True, git or "not on the PATH", "install git")
    for name, needed, purpose, extra in _LIBRARIES:
        yield _library(name, needed, purpose, extra)
    yield _foundry()
    yield _kernelspec()
    yield _workspace(folder)


def _library(name: str, needed: bool, purpose: str, extra: str) -> Check:
    try:
        return Check(name, True, needed, f"{version(name)} ({purpose})")
    except PackageNotFoundError:
        remedy = f'pip install "alloy-foundry[{extra}]"'
        return Check(name, False, needed, f"not installed; {purpose} will not work", remedy)


def _foundry() -> Check:
    try:
        manifest = find_foundry().manifest()
    except AlloyError as error:
        return Check("Foundry", False, True, error.message, error.next_step or "install the `kernel` extra")
    told = f"{manifest.foundry_version}, entry events: {', '.join(manifest.entry_events)}"
    return Check("Foundry", True, True, told)


def _kernelspec() -> Check:
    remedy = "install the package again; its kernelspec comes with it"
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from jupyter_client.kernelspec import find_kernel_specs as f; print(f()['foundry'])",
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("kernel", False, True, str(error), remedy)
    if done.returncode:
        return Check("kernel", False, True, "no kernelspec named `foundry`", remedy)
    return Check("kernel", True, True, done.stdout.strip())


def _workspace(folder: Path) -> Check:
    try:
        workspace = open_workspace(folder)
        checked = check_intent(workspace)
    except AlloyError as error:
        return Check("workspace", False, False, error.message, error.next_step)
    problems = [str(each) for each in checked.faults]
    problems += [f"{each.record_id}: {each.told}" for each in checked.disagreements]
    told = f"{workspace.root}, {len(checked.records)} records, {len(problems)} problems"
    shown = "".join(f"\n    {problem}" for problem in problems[:_MOST_PROBLEMS])
    return Check("workspace", not problems, False, told + shown, "run `alloynb intent check`")
