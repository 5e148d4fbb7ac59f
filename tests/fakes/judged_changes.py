"""Plant changes into copies of a real project, and see what each looks like."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.judge_findings import JudgedEvidence, judge_findings
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.application.workspace import open_workspace
from alloynb.intent.authority import Principal
from tests.fakes.planted_changes import EVIDENCE, OWNER, Plant, Project
from tests.fakes.public_projects import public_project

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Principal("ada")
TRUTHS = ("code_left_intent", "refactor_keeps_intent", "intent_is_stale")
HOLDS = "holds"


def governed_kedro(folder: Path) -> Project:
    """Make a repository of kedro 1.7.0 as published, under its own rules and a few more."""
    root = folder / "kedro"
    shutil.copytree(public_project("kedro", "1.7.0"), root)
    project = Project(root)
    project.git("init", "--quiet", "--initial-branch=main")
    project.commit("Kedro 1.7.0", OWNER, "2024-06-01T10:00:00Z")
    initialize_workspace(InitializeWorkspace(root, "kedro"))
    workspace = open_workspace(root, principal=ADA, clock=lambda: NOW)
    texts = dict.fromkeys(
        ("capability", "threat", "expectation", "strategy", "tradeoff"), "Parts can be used alone."
    )
    sources = [{"source_type": "human", "ref": "ada"}]
    fields = {"title": "Layers hold", "evidence": EVIDENCE, "owner": OWNER, "sources": sources, **texts}
    draft_intent(workspace, DraftIntent("kedro", fields, "as they enforce it"))
    decide_intent(workspace, DecideIntent("kedro", "accepted", "as they enforce it"))
    project.commit("Say what we rely on", OWNER, "2024-06-02T10:00:00Z")
    return project


class Plantable(Protocol):
    """A change that can be planted."""

    @property
    def plant(self) -> Plant:
        """Plants it."""


def judged(base: Project, planted: Plantable, folder: Path) -> tuple[JudgedEvidence, ...]:
    """Plant one change into a copy, look, and give a verdict on everything that was seen."""
    root = folder / "planted"
    subprocess.run(["git", "clone", "--quiet", str(base.root), str(root)], check=True)
    project = Project(root)
    planted.plant(project)
    workspace = open_workspace(root, principal=ADA, clock=lambda: NOW)
    seen = look_for_drift(workspace, LookForDrift(keep=False))
    found = judge_findings(workspace, seen)
    shutil.rmtree(root)
    return found


def verdict_on(found: Iterable[JudgedEvidence]) -> str:
    """What a change looks like as a whole: nothing was seen, all verdicts agree, or they do not."""
    leanings = {each.verdict.leaning or "undecided" for each in found}
    if not leanings:
        return HOLDS
    return leanings.pop() if len(leanings) == 1 else "undecided"


def is_right(truth: str, verdict: str) -> bool:
    """A refactor that nothing complains of is as right as one that is recognized."""
    return verdict == truth or (truth == "refactor_keeps_intent" and verdict == HOLDS)


def confusion_table(pairs: Iterable[tuple[str, str]]) -> str:
    """Rows are what the changes are, columns what they look like."""
    counted = Counter(pairs)
    columns = (*TRUTHS, HOLDS, "undecided")
    named = {
        "code_left_intent": "code left intent",
        "refactor_keeps_intent": "refactor",
        "intent_is_stale": "intent stale",
    }
    lines = [
        "| it is … and looks like → | " + " | ".join(named.get(each, each) for each in columns) + " |",
        "| --- |" + " ---: |" * len(columns),
    ]
    for truth in TRUTHS:
        cells = " | ".join(str(counted[truth, each]) for each in columns)
        lines.append(f"| {named[truth]} | {cells} |")
    return "\n".join(lines)
