from __future__ import annotations

from typing import Any

from alloynb.evidence.meaning_facts import finding_fact
from alloynb.interpretation.contradictions.costly_strategies import (
    DETECTOR,
    GATE_MINUTES,
    REGRESSIONS,
    RETRIED_RUNS,
)
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import Fact
from tests.alloynb.interpretation.contradictions.conftest import ago

RECORD = "shop.intent.offline"


def gate(run: int, attempt: int, status: str, minutes: float = 0.1, record: str = RECORD) -> Fact:
    return Fact(
        fact_id=f"run_{run}/{record}/{attempt}",
        kind="gate_finished",
        seq=attempt,
        recorded_at=format_timestamp(ago(days=5)),
        run_id=f"run_{run}",
        project_id="shop",
        gate=f"{record}.imports",
        phase="verify",
        evidence_id=f"{record}#imports",
        status=status,
        duration_ms=minutes * 60000,
        payload={"gate_attempt": attempt},
    )


def retried(runs: int) -> list[Fact]:
    return [
        gate(run, attempt, status)
        for run in range(runs)
        for attempt, status in ((1, "failed"), (2, "passed"))
    ]


def came_back(times: int, days: float = 5) -> list[Fact]:
    return [
        finding_fact(
            project_id="shop",
            finding_id=f"finding_{number}",
            record_id=RECORD,
            evidence_id=f"{RECORD}#imports",
            status="regressed",
            severity="high",
            message="it is back",
            path="a.py",
            lines=[1],
            revision="a" * 40,
            seen_at=ago(days=days),
        )
        for number in range(times)
    ]


def questions(make_record: Any, make_look: Any) -> Any:
    return DETECTOR.ask(make_look(make_record())).questions


def test_two_signs_together_are_a_cost(make_record, make_look, keep) -> None:
    keep(retried(RETRIED_RUNS))
    assert questions(make_record, make_look) == (), "one sign alone is an accident"
    keep(came_back(REGRESSIONS))
    (question,) = questions(make_record, make_look)
    assert "Vendors stay behind ports." in question.question
    assert "More files." in question.question
    assert any(f"{RETRIED_RUNS} runs" in each for each in question.evidence)
    assert any("came back" in each for each in question.evidence)


def test_below_the_thresholds_there_is_no_cost(make_record, make_look, keep) -> None:
    keep(retried(RETRIED_RUNS - 1))
    keep(came_back(REGRESSIONS - 1))
    keep(came_back(9, days=300))
    assert questions(make_record, make_look) == ()


def test_gates_that_take_most_of_the_time_are_a_sign(make_record, make_look, keep) -> None:
    keep(came_back(REGRESSIONS))
    keep([gate(50, 1, "passed", GATE_MINUTES + 1), gate(50, 1, "passed", 1, "shop.intent.other")])
    (question,) = questions(make_record, make_look)
    assert any("of all gate time" in each for each in question.evidence)
