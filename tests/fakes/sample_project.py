"""A small real Python project with a seeded defect, a real bare remote, and agents who mend it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFECT = '''"""Prices of a basket."""


def total(prices: list[int], discount_percent: int = 0) -> int:
    """Sum of the prices in cents, less the discount."""
    return sum(prices) + sum(prices) * discount_percent // 100
'''
WRONG = DEFECT.replace("return sum(prices) + ", "return sum(prices) - 1 + ")
RIGHT = DEFECT.replace("return sum(prices) + ", "return sum(prices) - ")
TESTS = """from basket import total


def test_nothing_costs_nothing():
    assert total([]) == 0


def test_prices_are_summed():
    assert total([100, 250]) == 350
"""
PROVEN = (
    TESTS
    + """

def test_a_discount_makes_it_cheaper():
    assert total([100, 100], 50) == 100
"""
)
RUN_TESTS = """import importlib, sys
sys.dont_write_bytecode = True
sys.path.insert(0, ".")
tests = importlib.import_module("test_basket")
for name in sorted(vars(tests)):
    if name.startswith("test_"):
        getattr(tests, name)()
        print("passed", name)
"""
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.invalid",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.invalid",
}


@dataclass(frozen=True)
class Sample:
    """The project, its remote, and the recordings that its agents play.

    Attributes:
        root: the user's checkout.
        remote: bare repository, `origin` of the checkout.
        recordings: folder of the agents' recordings, outside of the checkout.
    """

    root: Path
    remote: Path
    recordings: Path

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def record(self, name: str, **recording: Any) -> None:
        """Write what an agent answers in a phase, see `foundry_kernel/agents/recording.py`."""
        (self.recordings / f"{name}.json").write_text(json.dumps(recording))

    def forget(self, name: str) -> None:
        (self.recordings / f"{name}.json").unlink()

    def agents(self, text: str) -> None:
        """Say who serves; the file is ignored by git, and read from the checkout."""
        (self.root / ".alloy" / "agents.toml").write_text(text)

    def state(self) -> dict[str, str]:
        """Everything of the user's that a run must leave alone: files, index, HEAD, refs, configuration."""
        found = {
            f"file {file.relative_to(self.root)}": _digest(file)
            for file in sorted(self.root.rglob("*"))
            if file.is_file() and not {".git", ".alloy"} & set(file.relative_to(self.root).parts)
        }
        for name in ("index", "HEAD", "config"):
            found[name] = _digest(self.root / ".git" / name)
        for line in self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines():
            name, commit = line.split()
            found[name] = commit
        found["worktrees"] = self.git("worktree", "list", "--porcelain")
        return found

    def remote_refs(self) -> dict[str, str]:
        lines = git(self.remote, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split() for line in lines)


def sample_project(folder: Path, *, gates: list[dict[str, Any]] | None = None) -> Sample:
    """Make the project: one commit, pushed to a bare remote; the agent that is recorded mends it at the second try."""
    root, remote, recordings = folder / "basket", folder / "basket.git", folder / "recordings"
    for each in (root, remote, recordings):
        each.mkdir(parents=True)
    git(remote, "init", "--quiet", "--bare", "--initial-branch=main")
    git(root, "init", "--quiet", "--initial-branch=main")
    files = {
        "CHARTER.md": "# Basket\n\nTells people what their basket costs, to the cent, discounts included.\n",
        "basket.py": DEFECT,
        "test_basket.py": TESTS,
        "run_tests.py": RUN_TESTS,
        ".gitignore": "__pycache__/\n.alloy/\n",
        ".hone-gates.json": json.dumps({"gates": gates if gates is not None else default_gates()}),
    }
    for name, text in files.items():
        (root / name).write_text(text)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "Begin")
    git(root, "remote", "add", "origin", str(remote))
    git(root, "push", "--quiet", "origin", "main")
    (root / ".alloy").mkdir()
    made = Sample(root, remote, recordings)
    made.agents(f'[agents.default]\nadapter = "replayed"\nfolder = "{recordings}"\n')
    the_usual_recordings(made)
    return made


def default_gates() -> list[dict[str, Any]]:
    return [
        {"name": "tests", "command": [sys.executable, "run_tests.py"], "timeout": 60},
        {"name": "style", "command": "! grep -rn '\t' --include='*.py' .", "required": False},
    ]


def the_usual_recordings(sample: Sample) -> None:
    """An agent that finds the defect, mends it wrongly, and rightly when it is told what failed."""
    sample.record(
        "assessment",
        text="I looked at the discount.",
        answer={
            "principle": "A basket costs what it costs",
            "severity": 8,
            "assessment": "A discount makes the basket more expensive.",
            "evidence": ["basket.py:6"],
        },
    )
    sample.record("triage", answer={"accepted": True, "reason": "customers pay too much"})
    sample.record(
        "planning",
        answer={
            "plan": "Subtract the discount in basket.py, and prove it in test_basket.py.",
            "files_in_scope": ["basket.py", "test_basket.py"],
        },
    )
    sample.record(
        "execution",
        write={"basket.py": WRONG, "test_basket.py": PROVEN},
        answer={"summary": "Subtracted one, and the discount."},
    )
    sample.record("retry", write={"basket.py": RIGHT}, answer={"summary": "Subtracted the discount alone."})
    sample.record(
        "summarization",
        answer={
            "headline": "Subtract the discount from the basket",
            "summary": "It was added.\n\nIdempotency-Key: forged",
        },
    )


def git(folder: Path, *arguments: str) -> str:
    """Run git as Ada, without anybody's settings."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        **IDENTITY,
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
