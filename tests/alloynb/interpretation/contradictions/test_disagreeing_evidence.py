from __future__ import annotations

from datetime import datetime
from typing import Any

from alloynb.evidence.run_facts import new_fact
from alloynb.interpretation.contradictions.disagreeing_evidence import DETECTOR
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import Fact
from tests.alloynb.interpretation.contradictions.conftest import ago

EVIDENCE = "shop.intent.offline#imports"


def said(run: int, status: str, revision: str = "a", **more: Any) -> Fact:
    moment = format_timestamp(ago(days=2))
    given = {
        "gate": "imports",
        "phase": "preflight",
        "evidence_id": EVIDENCE,
        "revision": revision * 40,
        **more,
    }
    return Fact(
        fact_id=f"run_{run}/1",
        kind="gate_finished",
        seq=1,
        recorded_at=moment,
        run_id=f"run_{run}",
        project_id="shop",
        status=status,
        **given,
    )


def test_a_gate_that_fails_and_passes_on_one_revision_is_asked_about_once(
    make_record, make_look, keep
) -> None:
    keep(
        [
            said(1, "passed"),
            said(2, "failed"),
            said(3, "timed_out"),
            said(4, "passed", "b"),
            said(5, "failed", "b"),
        ]
    )
    (question,) = DETECTOR.ask(make_look(make_record())).questions
    assert question.record_ids == ("shop.intent.offline",)
    assert "at revision aaaaaaaaaaaa it was good 1 times and bad 2 times" in question.evidence
    assert len(question.evidence) == 2
    assert DETECTOR.ask(make_look(make_record("another"))).questions == ()


def observed(status: str, at: datetime) -> Fact:
    return new_fact(
        "observation",
        at=at,
        project_id="shop",
        record_id="shop.intent.offline",
        evidence_id=EVIDENCE,
        status=status,
        revision="c" * 40,
        payload={"observed_by": "ada"},
    )


def test_other_revisions_other_phases_and_old_results_are_no_disagreement(
    make_record, make_look, keep
) -> None:
    keep(
        [
            said(1, "passed"),
            said(2, "failed", "b"),
            said(3, "failed", phase="verify"),
            said(5, "cancelled"),
        ]
    )
    assert DETECTOR.ask(make_look(make_record())).questions == ()


def test_what_reading_says_beside_a_gate_is_no_disagreement(make_record, make_look, keep) -> None:
    keep([said(1, "failed", "c"), observed("satisfied", ago(days=1)), observed("unsatisfied", ago(days=1))])
    assert DETECTOR.ask(make_look(make_record())).questions == ()


def test_another_brief_may_ask_otherwise(make_record, make_look, keep) -> None:
    def began(run: int, digest: str) -> Fact:
        return new_fact(
            "run_started", at=ago(days=2), run_id=f"run_{run}", project_id="shop", brief_digest=digest
        )

    keep([began(1, "sha256:1"), began(2, "sha256:2"), said(1, "passed"), said(2, "failed")])
    assert DETECTOR.ask(make_look(make_record())).questions == ()
    keep([began(3, "sha256:2"), said(3, "passed")])
    assert len(DETECTOR.ask(make_look(make_record())).questions) == 1
