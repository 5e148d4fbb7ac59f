from __future__ import annotations

from datetime import datetime, timedelta

from alloynb.evidence.decision_facts import exception_fact, waiver_fact
from alloynb.interpretation.contradictions.repeated_leniency import DAYS, DETECTOR, TIMES
from runtime_artifacts.journal import Fact
from tests.alloynb.interpretation.contradictions.conftest import NOW, ago

RECORD = "shop.intent.offline"


def waived(number: int, at: datetime, record_id: str = RECORD) -> Fact:
    return waiver_fact(
        project_id="shop",
        waiver_id=f"waiver_{number}",
        record_id=record_id,
        evidence_id=f"{record_id}#imports",
        principal="ada",
        why=f"reason {number}",
        until=at + timedelta(days=1),
        at=at,
    )


def excepted(number: int, at: datetime) -> Fact:
    return exception_fact(
        project_id="shop",
        exception_id=f"exception_{number}",
        record_id=RECORD,
        finding_id="finding_1",
        principal="bea",
        why="the port is late",
        until=at + timedelta(days=1),
        at=at,
    )


def test_the_threshold_is_what_it_says(make_record, make_look, keep) -> None:
    record = make_record()
    keep([waived(0, ago(days=DAYS + 1)), waived(9, ago(days=1), "shop.intent.other")])
    keep(waived(number, ago(days=number)) for number in range(1, TIMES))
    assert DETECTOR.ask(make_look(record)).questions == ()
    keep([excepted(1, NOW)])
    (question,) = DETECTOR.ask(make_look(record)).questions
    assert f"{TIMES} times within {DAYS} days" in question.question
    assert any("exception by bea" in each and "the port is late" in each for each in question.evidence)


def test_one_more_is_another_question(make_record, make_look, keep) -> None:
    keep(waived(number, ago(days=number)) for number in range(1, TIMES + 1))
    (before,) = DETECTOR.ask(make_look(make_record())).questions
    keep([waived(50, NOW)])
    (after,) = DETECTOR.ask(make_look(make_record())).questions
    assert after.question_id != before.question_id


def test_what_guides_nothing_is_not_asked_about(make_record, make_look, keep) -> None:
    keep(waived(number, ago(days=number)) for number in range(TIMES))
    assert DETECTOR.ask(make_look(make_record(status="deprecated"))).questions == ()
