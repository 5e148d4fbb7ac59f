"""What a result says of branch, commits and changed files follows from the journal alone (spec 3.7)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.runner.delivery_report import Delivery, delivery_of, questions_of
from runtime_artifacts.journal import Fact


def facts(*said: tuple[str, dict[str, Any]], simulated: bool = False) -> list[Fact]:
    return [
        Fact(
            fact_id=str(number),
            kind="event",
            seq=number,
            recorded_at="2026-01-31T12:00:00.000000Z",
            event_type=event_type,
            payload=payload,
            simulated=simulated,
        )
        for number, (event_type, payload) in enumerate(said, start=1)
    ]


EXECUTED = ("execution_completed", {"success": True, "changed_files": ["b", "a"]})
COMMITTED = ("project_changes_committed", {"commit": "c1", "branch": "alloy/x", "subject": "Do it"})


def test_a_commit_that_was_pushed() -> None:
    pushed = ("project_changes_pushed", {"success": True, "commit": "c1", "remote": "origin"})
    found = delivery_of(facts(EXECUTED, COMMITTED, pushed))
    (commit,) = found.commits
    assert (commit.pushed, commit.push_outcome) == (True, "pushed to origin")
    assert (found.branch, found.revision_after, found.changed_files) == ("alloy/x", "c1", ("a", "b"))


def test_a_commit_whose_push_failed_or_was_not_asked_for_or_never_came() -> None:
    for success in (True, False):
        said = ("project_changes_pushed", {"success": success, "commit": "c1", "reason": "no way"})
        (commit,) = delivery_of(facts(COMMITTED, said)).commits
        assert (commit.pushed, commit.push_outcome) == (False, "no way")
    (commit,) = delivery_of(facts(COMMITTED)).commits
    assert (commit.pushed, commit.push_outcome) == (False, "not tried")


def test_nothing_that_was_simulated_counts() -> None:
    assert delivery_of(facts(EXECUTED, COMMITTED, simulated=True)) == Delivery()


def test_an_event_of_no_commit_is_none() -> None:
    found = delivery_of(facts(("project_changes_committed", {"commit": "", "reason": "nothing had changed"})))
    assert (found.commits, found.branch, found.revision_after) == ((), None, None)


def test_what_a_plan_asks_is_asked_of_a_human_once() -> None:
    plan = ("plan_completed", {"plan": "?", "questions": ["which?", "when?"]})
    assert questions_of(facts(plan, plan)) == ("which?", "when?")
    assert questions_of(facts(plan, simulated=True)) == ()
