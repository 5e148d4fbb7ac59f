"""Triggers on records, expectations and strategies; the conditions here are those that the documentation shows."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alloynb.evidence.change_facts import commit_facts
from alloynb.evidence.decision_facts import waiver_fact
from alloynb.evidence.meaning_facts import confirmation_fact
from alloynb.intent.expectation import Expectation
from alloynb.intent.strategy import Strategy
from alloynb.interpretation.contradictions.review_triggers import DETECTOR
from tests.alloynb.interpretation.contradictions.conftest import NOW, ago
from tests.fakes.evidence_store import run_fact

DOCS = Path(__file__).parents[4] / "docs" / "explore.md"
RECORD = "shop.intent.offline"


def documented(words: str) -> str:
    """The condition that the guide shows for these words."""
    found = re.search(rf"\| {re.escape(words)} \| `([^`]+)` \|", DOCS.read_text("utf-8"))
    assert found, f"{DOCS.name} shows no condition for: {words}"
    return found[1]


def sql(text: str) -> dict[str, Any]:
    return {"review_triggers": [{"sql": text}]}


def committed(moment: datetime, path: str, commit: str) -> Any:
    at = int(moment.timestamp())
    return commit_facts(
        project_id="shop",
        commit=commit * 40,
        at=at,
        authored_at=at,
        author="ada",
        email="ada@example.org",
        subject="Change",
        changes=[(path, "modified")],
    )


def fires(make_record, make_look, text: str) -> bool:
    asked = DETECTOR.ask(make_look(make_record(**sql(text))))
    assert asked.doubts == ()
    return bool(asked.questions)


def test_a_path_that_nobody_touched_for_long(make_record, make_look, keep) -> None:
    condition = documented("no commit touched `adapters/stripe` for 24 months")
    keep(committed(ago(days=800), "adapters/stripe/client.py", "a"))
    keep(committed(ago(days=3), "adapters/other.py", "b"))
    assert fires(make_record, make_look, condition)
    keep(committed(ago(days=300), "adapters/stripe/client.py", "c"))
    assert not fires(make_record, make_look, condition)


def test_a_path_of_which_nothing_is_known_is_a_doubt_and_no_question(make_record, make_look) -> None:
    condition = documented("no commit touched `adapters/stripe` for 24 months")
    asked = DETECTOR.ask(make_look(make_record(**sql(condition))))
    assert asked.questions == ()
    assert "NULL" in asked.doubts[0]
    assert RECORD in asked.doubts[0]


def test_several_waivers_in_a_short_time(make_record, make_look, keep) -> None:
    condition = documented("three waivers in 90 days").replace("RECORD", RECORD)

    def waive(number: int, at: Any) -> None:
        keep(
            [
                waiver_fact(
                    project_id="shop",
                    waiver_id=f"waiver_{number}",
                    record_id=RECORD,
                    evidence_id=f"{RECORD}#imports",
                    principal="ada",
                    why="soon",
                    until=NOW,
                    at=at,
                )
            ]
        )

    waive(1, ago(days=200))
    waive(2, ago(days=20))
    waive(3, ago(days=10))
    assert not fires(make_record, make_look, condition)
    waive(4, ago(days=1))
    assert fires(make_record, make_look, condition)


def test_a_gate_that_never_failed_in_many_runs(make_record, make_look, keep) -> None:
    condition = documented("the gate `totals` has not failed in its last 200 runs")
    outcome = {"gate": "totals", "phase": "preflight", "required": True}

    def run(number: int, status: str) -> Any:
        return run_fact(f"run_{number:04d}", number, "gate_finished", status=status, **outcome)

    keep(run(number, "passed") for number in range(1, 200))
    assert not fires(make_record, make_look, condition)
    keep([run(200, "passed")])
    assert fires(make_record, make_look, condition)
    keep([run(201, "failed")])
    assert not fires(make_record, make_look, condition)


def test_something_that_nobody_confirmed_for_long(make_record, make_look, keep) -> None:
    condition = documented("nobody confirmed it for a year").replace("RECORD", RECORD)
    said = {"project_id": "shop", "confirmed_id": RECORD, "principal": "ada", "why": "read"}
    keep([confirmation_fact(at=ago(days=400), **said)])
    assert fires(make_record, make_look, condition)
    keep([confirmation_fact(at=ago(days=30), **said)])
    assert not fires(make_record, make_look, condition)


def test_a_date_fires_from_its_day_on_until_somebody_confirms(make_record, make_look) -> None:
    today = NOW.date()
    for days, expected in ((1, 0), (0, 1), (-300, 1)):
        record = make_record(
            review_triggers=[{"date": str(today + timedelta(days=days)), "why": "contract ends"}]
        )
        assert len(DETECTOR.ask(make_look(record)).questions) == expected
    due = make_record(review_triggers=[{"date": str(today - timedelta(days=10)), "why": "contract ends"}])
    (question,) = DETECTOR.ask(make_look(due)).questions
    assert question.record_ids == (RECORD,)
    assert "why it was set: contract ends" in question.evidence
    assert DETECTOR.ask(make_look(due, confirmed_at=lambda _: ago(days=20))).questions == (question,)
    assert DETECTOR.ask(make_look(due, confirmed_at=lambda _: ago(days=2))).questions == ()


def test_shared_expectations_and_strategies_are_looked_at_when_a_record_leans_on_them(
    make_record, make_look
) -> None:
    moments = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    expectation = Expectation.model_validate(
        {"id": "shop.expectation.vendors", "statement": "Vendors change.", **sql("SELECT true"), **moments}
    )
    strategy = Strategy.model_validate(
        {"id": "shop.strategy.ports", "name": "Ports", "definition": "Here.", **sql("SELECT true"), **moments}
    )
    assert DETECTOR.ask(make_look(expectation, strategy, make_record())).questions == ()
    leaning = make_record(expectation_ref=expectation.id, strategy_ref=strategy.id)
    asked = DETECTOR.ask(make_look(expectation, strategy, leaning)).questions
    assert [each.about for each in asked] == [(expectation.id,), (strategy.id,)]
    assert {each.record_ids for each in asked} == {(RECORD,)}


BROKEN = {
    "SELEC true": "SELEC",
    "SELECT * FROM no_such_view": "no_such_view",
    "SELECT 3": "gives 3",
    "SELECT NULL::BOOLEAN": "NULL",
    "DROP VIEW facts": "only queries",
    "SELECT true; SELECT true": "one statement",
    "SELECT * FROM read_csv('/etc/passwd')": "disabled",
}


def test_a_condition_that_cannot_be_asked_is_a_doubt_that_names_it(make_record, make_look) -> None:
    other = make_record("other", **sql("SELECT true"))
    broken = make_record(review_triggers=[{"sql": text} for text in BROKEN])
    asked = DETECTOR.ask(make_look(broken, other))
    assert [each.record_ids for each in asked.questions] == [(other.id,)]
    for doubt, (text, said) in zip(asked.doubts, BROKEN.items(), strict=True):
        assert doubt.startswith(f"{RECORD}: the review trigger `{text}`")
        assert said in doubt


def test_a_condition_that_takes_too_long_is_interrupted(make_record, make_look, store) -> None:
    endless = "SELECT count(*) < 0 FROM range(100000000000) a"
    look = make_look(
        make_record(**sql(endless)),
        ask_store=lambda text, given: store.query(text, given, time_limit_s=0.2).as_dicts(),
    )
    (doubt,) = DETECTOR.ask(look).doubts
    assert "interrupted" in doubt


def test_no_rows_and_false_do_not_fire(make_record, make_look) -> None:
    assert not fires(make_record, make_look, "SELECT true WHERE false")
    assert not fires(make_record, make_look, "SELECT unnest([false, NULL])")
    assert fires(make_record, make_look, "SELECT unnest([false, true])")


def test_a_changed_condition_is_another_question_and_changed_words_are_not(make_record, make_look) -> None:
    def asked(**trigger: str) -> str:
        return DETECTOR.ask(make_look(make_record(review_triggers=[trigger]))).questions[0].question_id

    first = asked(sql="SELECT true")
    assert asked(sql="SELECT true", why="because") == first
    assert asked(sql="SELECT 1 = 1") != first
