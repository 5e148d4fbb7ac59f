"""A trace of the existing daemon is a run: the same one wherever it is read, and nothing in it is guessed."""

from __future__ import annotations

from foundry_kernel.interop.daemon_files import DaemonTrace
from foundry_kernel.interop.daemon_traces import facts_of_trace, result_of_trace, run_id_of, succeeded
from tests.fakes.daemon_traces import daemon_trace

ALLOY = {"brief_id": "brief_7Z10EG9R8HHQ83WQMRKHZHNM6Q", "brief_digest": f"sha256:{'f' * 64}"}


def trace(**more: object) -> DaemonTrace:
    return DaemonTrace.model_validate(daemon_trace(**more))  # type: ignore[arg-type]


def test_a_trace_is_told_in_order_with_causes_and_ends() -> None:
    facts = list(facts_of_trace(trace()))
    assert [fact.kind for fact in facts] == [
        "run_started", "event", "event", "event", "block_started", "block_finished", "block_started", "block_finished",
        "run_finished",
    ]  # fmt: skip
    assert [fact.caused_by for fact in facts if fact.kind == "event"] == [None, "evt_a", "evt_b"]
    assert {fact.block_kind for fact in facts} == {None}
    ended = facts[-1]
    assert (ended.status, ended.occurred_at, ended.duration_ms) == (
        "completed",
        "2026-03-02T09:00:03.123456Z",
        3000,
    )


def test_the_event_that_decides_counts_more_than_the_blocks() -> None:
    assert succeeded(trace(success=True))
    assert not succeeded(trace(success=False))
    without = daemon_trace()
    without["events"] = without["events"][:2]
    assert not succeeded(DaemonTrace.model_validate(without))


def test_the_same_trace_is_the_same_run_and_the_same_facts() -> None:
    assert run_id_of(trace()) == run_id_of(trace())
    assert [fact.fact_id for fact in facts_of_trace(trace())] == [
        fact.fact_id for fact in facts_of_trace(trace())
    ]
    ids = [fact.fact_id for fact in facts_of_trace(trace())]
    assert len(ids) == len(set(ids))


def test_a_result_is_made_where_a_brief_is_carried_and_claims_nothing_about_mutators() -> None:
    assert result_of_trace(trace()) is None
    assert result_of_trace(trace(alloy={"brief_id": "../brief", "brief_digest": "sha256:x"})) is None
    result = result_of_trace(trace(alloy=ALLOY, success=False))
    assert result is not None
    content = result.content
    assert (content.brief.digest, content.status, content.failure_class) == (
        ALLOY["brief_digest"],
        "failed",
        "execution",
    )
    assert content.trace_summary is not None
    assert content.trace_summary.truncated
    assert content.gates == ()
    assert result_of_trace(trace(alloy=ALLOY, success=False)) == result
