"""Evidence that people, runs and the store decide, as a user meets it: answers as files, gates by request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alloynb.application.answer_review import AnswerReview, NotAQuestion, answer_review
from alloynb.application.check_evidence import CheckEvidence, NotAnswered, check_evidence
from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.drift_with_gates import NotOfThisTree, drift_with_gates
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.intent.errors import BrokenFiles
from alloynb.intent.leniency import NoReason
from runtime_artifacts.capability_manifest import CapabilityManifest
from tests.fakes.alloy_workspace import Governed, ScriptedFoundry, governed_shop

RECORD = "shop.intent.many-kinds"
EVIDENCE: list[dict[str, Any]] = [
    {
        "id": "look",
        "kind": "human_review",
        "description": "Somebody read the contract.",
        "question": "May we leave within a week?",
        "role": "owner",
        "expires_days": 30,
    },
    {
        "id": "prices",
        "kind": "gate",
        "description": "Prices are right.",
        "gate": {"name": "prices", "command": ["make", "prices"]},
    },
    {
        "id": "quiet",
        "kind": "metric",
        "description": "Nobody waived anything.",
        "condition": {"sql": "SELECT count(*) = 0, count(*) FROM waivers"},
    },
    {
        "id": "no-eval",
        "kind": "pattern",
        "description": "No eval.",
        "pattern": {
            "language": "python",
            "must": "not_occur",
            "query": '(call function: (identifier) @f (#eq? @f "eval")) @place',
            "paths": ["shop/**"],
        },
    },
]


class Assessing(ScriptedFoundry):
    """A Foundry that also promises drift assessment."""

    def manifest(self) -> CapabilityManifest:
        promised = super().manifest()
        return promised.model_copy(update={"entry_events": ("drift_assessment_requested",)})


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    made = governed_shop(tmp_path / "shop")
    texts = dict.fromkeys(("capability", "threat", "expectation", "strategy", "tradeoff"), "We can leave.")
    sources = [{"source_type": "human", "ref": "ada"}]
    fields = {"title": "We can leave", "evidence": EVIDENCE, "sources": sources, **texts}
    draft_intent(made.workspace, DraftIntent("many-kinds", fields, "talked about"))
    decide_intent(made.workspace, DecideIntent("many-kinds", "accepted", "we rely on it"))
    made.shop.commit("Say it")
    return made


def test_a_question_is_asked_until_an_answer_is_committed(governed: Governed) -> None:
    seen = look_for_drift(governed.workspace, LookForDrift())
    assert [each.evidence_id for each in seen.report.questions] == [f"{RECORD}#look"]
    assert [each.evidence_id for each in seen.seen_elsewhere] == [f"{RECORD}#prices"]
    assert seen.report.checked == (f"{RECORD}#no-eval", f"{RECORD}#quiet")
    with pytest.raises(NotAnswered, match="--answer holds"):
        check_evidence(CheckEvidence(f"{RECORD}#look", governed.shop.root))

    made = answer_review(governed.workspace, AnswerReview("many-kinds#look", "holds", " read it "))

    assert made.file.parent.name == "reviews"
    assert (made.answer.who, made.answer.why) == ("ada", "read it")
    seen = look_for_drift(governed.workspace, LookForDrift())
    assert seen.report.questions == ()
    assert f"{RECORD}#look" in seen.report.checked


def test_an_answer_that_it_is_broken_is_drift_and_a_later_one_mends_it(governed: Governed) -> None:
    answer_review(governed.workspace, AnswerReview(f"{RECORD}#look", "broken", "the notice is a year"))
    (found,) = look_for_drift(governed.workspace, LookForDrift()).open_findings
    assert found.path == ".alloy/intent/many-kinds.yaml"
    assert "the notice is a year" in found.message
    answer_review(governed.workspace, AnswerReview(f"{RECORD}#look", "holds", "a new contract"))
    seen = look_for_drift(governed.workspace, LookForDrift())
    assert [each.status for each in seen.resolved_now] == ["resolved"]


def test_only_questions_are_answered_and_never_without_a_reason(governed: Governed) -> None:
    with pytest.raises(NotAQuestion, match=f"questions: {RECORD}#look"):
        answer_review(governed.workspace, AnswerReview(f"{RECORD}#prices", "holds", "sure"))
    with pytest.raises(NoReason):
        answer_review(governed.workspace, AnswerReview(f"{RECORD}#look", "holds", "  "))
    assert not (governed.workspace.alloy_dir / "reviews").exists()


def test_an_answer_that_was_damaged_answers_nothing(governed: Governed) -> None:
    made = answer_review(governed.workspace, AnswerReview(f"{RECORD}#look", "holds", "read it"))
    made.file.write_text(made.file.read_text().replace("answer: holds", "answer: perhaps"))
    with pytest.raises(BrokenFiles, match="review_"):
        look_for_drift(governed.workspace, LookForDrift())


def test_gates_are_requested_of_foundry_and_then_read(governed: Governed) -> None:
    foundry = Assessing(gates={"many-kinds.prices": "failed"})
    seen = drift_with_gates(governed.workspace, LookForDrift(), html_of=lambda report: "", foundry=foundry)
    assert len(foundry.asked) == 1
    assert [each.subject for each in seen.open_findings] == [("gate",)]
    again = drift_with_gates(governed.workspace, LookForDrift(), html_of=lambda report: "", foundry=foundry)
    assert len(foundry.asked) == 1, "the same commit is assessed once"
    assert [each.status for each in again.open_findings] == ["new"]
    governed.shop.write("README.md", "# Later\n")
    governed.shop.commit("Later")
    unseen = look_for_drift(governed.workspace, LookForDrift())
    assert [each.evidence_id for each in unseen.seen_elsewhere] == [f"{RECORD}#prices"]
    with pytest.raises(NotOfThisTree):
        drift_with_gates(governed.workspace, LookForDrift("HEAD"), html_of=lambda report: "")
