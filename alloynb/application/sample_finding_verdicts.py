"""What the findings of the sample history looked like, and what humans said to them: made up, like the rest of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from alloynb.evidence.decision_facts import finding_decision_fact
from alloynb.evidence.meaning_facts import finding_verdict_fact
from alloynb.interpretation.finding import finding_id_of
from alloynb.interpretation.verdict import Clue, weigh_clues
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.journal import Fact

_FEW = Clue("few_or_many", "code_left_intent", 0.35, "1 of 14 places that the evidence governs left it")
_HASTE = Clue("commit_words", "code_left_intent", 0.35, "the commit speaks of haste: `hotfix`")
_MEANT = Clue("commit_words", "intent_is_stale", 0.3, "the commit speaks of a decision: `migrate`")
_WRITTEN = Clue("changed_together", "intent_is_stale", 0.4, "the same change writes a decision down")
_SEEN: tuple[tuple[str, int, tuple[Clue, ...], str, str], ...] = (
    ("checkout.payment", 12, (_FEW, _HASTE), "drift", "nobody meant to"),
    ("checkout.refund", 13, (_FEW, _MEANT), "drift", "the decision was about receipts"),
    ("checkout.receipt", 14, (_WRITTEN, _MEANT), "", ""),
    ("checkout.basket", 19, (_FEW,), "", ""),
)
"""Module, night of the verdict, clues, and what a human said two days later."""


def sample_finding_verdicts(project: str, first: datetime, version: str) -> Iterator[Fact]:
    """Yield a verdict on each finding of the sample, and two answers."""
    record = f"{project}.intent.vendor-boundary"
    evidence = f"{record}#imports"
    for module, night, clues, decision, why in _SEEN:
        finding = finding_id_of(record, evidence, "import_boundary", [module, "acme.client"])
        at = first + timedelta(days=night, minutes=6)
        said: dict[str, Any] = {"project_id": project, "finding_id": finding, "record_id": record}
        verdict = weigh_clues(clues, deviates=True)
        yield finding_verdict_fact(
            **said,
            evidence_id=evidence,
            leaning=verdict.leaning or "undecided",
            strength=round(verdict.strength, 4),
            scores={name: round(score, 4) for name, score in verdict.scores.items()},
            clues=[each.as_json for each in verdict.clues],
            weighing={"version": version},
            told=verdict.told,
            severity="high",
            revision=digest_of(["revision", night // 2]).removeprefix("sha256:")[:40],
            judged_at=at,
            path=f"{module.replace('.', '/')}.py",
            lines=(3,),
        )
        if decision == "drift":
            yield finding_decision_fact(
                **said, decision="drift", principal="ada", why=why, at=at + timedelta(days=2)
            )
