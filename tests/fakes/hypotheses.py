"""Hypotheses as archaeology would have kept them, as many as a test wants."""

from __future__ import annotations

from alloynb.application.discover_intent import hypothesis_store
from alloynb.application.workspace import Workspace
from alloynb.archaeology.kept_hypothesis import KeptHypothesis, KeptObservation

_PARTS = ("orders", "ledger", "catalog", "shipping", "accounts", "search", "billing", "returns")


def keep_hypotheses(workspace: Workspace, number: int) -> tuple[KeptHypothesis, ...]:
    """Keep `number` open hypotheses, the most confident first; each could be accepted as it stands."""
    store, project = hypothesis_store(workspace), workspace.settings.project
    made = [_hypothesis(project, at, 0.95 - 0.7 * at / max(number, 1), workspace) for at in range(number)]
    return tuple(store.create(each).model for each in made)


def _hypothesis(project: str, at: int, confidence: float, workspace: Workspace) -> KeptHypothesis:
    own, other = _PARTS[at % len(_PARTS)], _PARTS[(at // len(_PARTS) + at + 1) % len(_PARTS)]
    title = f"`{own}` stays free of `{other}`, number {at}"
    told = f"`{own}` never imports `{other}`."
    rule = {"type": "forbidden", "packages": [own, other], "sources": [own], "targets": [other]}
    return KeptHypothesis(
        id=f"{project}.hypothesis.free-{at:04}",
        hypothesis_id=f"hypothesis_{at:012x}",
        kind="library_confinement",
        title=title,
        confidence=round(confidence, 3),
        observed=(
            KeptObservation(
                signal="sibling_independence",
                ref=f"{own}/__init__.py:{at % 90 + 1}",
                told=f"no module of `{own}` imports `{other}`, though it could",
                weight=0.6,
                observed_text=f"from {own}.model import Thing",
            ),
            KeptObservation(
                signal="change_coupling",
                ref="commit 1a2b3c4",
                told="both were changed together once",
                weight=0.1,
                supports=False,
                source_type="git_history",
            ),
        ),
        intent={
            "title": title,
            "capability": f"We can replace `{other}` without touching `{own}`.",
            "threat": f"Somebody needs one thing of `{other}` in `{own}` and imports it.",
            "expectation": f"`{other}` is replaced within two years.",
            "strategy": told,
            "tradeoff": "One more interface to keep in step.",
            "evidence": [
                {
                    "id": "imports",
                    "kind": "import_boundary",
                    "description": f"`{own}` never imports `{other}`.",
                    "rule": rule,
                }
            ],
            "scope": {"modules": [own]},
        },
        questions=("Was this ever discussed?",),
        suggested_next_action="accept, or reject with a reason",
        found_at=workspace.clock(),
    )
