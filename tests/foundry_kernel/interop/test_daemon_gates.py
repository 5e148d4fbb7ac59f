"""What the daemon tells of gates is read as what it is: somebody else's word, with nothing put into its mouth."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.interop.daemon_files import DaemonTrace
from foundry_kernel.interop.daemon_gates import TOLD_BY, gates_of
from foundry_kernel.interop.daemon_traces import facts_of_trace, result_of_trace
from runtime_artifacts.run_result import GateReport
from tests.fakes.daemon_traces import daemon_gate, daemon_trace

ALLOY = {"brief_id": "brief_7Z10EG9R8HHQ83WQMRKHZHNM6Q", "brief_digest": f"sha256:{'f' * 64}"}


def told(gates: dict[str, list[Any]]) -> list[GateReport]:
    return [each for _, each in gates_of(DaemonTrace.model_validate(daemon_trace(gates=gates)))]


def test_gates_of_both_phases_are_told_with_who_told_them() -> None:
    first, second, third = told(
        {
            "preflight_completed": [daemon_gate("fmt"), daemon_gate("tests", passed=False, required=False)],
            "gate_verification_completed": [daemon_gate("fmt", fix_applied=True)],
        }
    )
    assert (first.name, first.phase, first.status, first.required, first.exit_code, first.duration_ms) == (
        "fmt", "preflight", "passed", True, 0, 120,
    )  # fmt: skip
    assert (second.status, second.mode, second.details, second.exit_code) == ("failed", "advisory", "boom", 1)
    assert (third.phase, third.attempt) == ("verify", 1)
    assert "fix command" in third.details
    assert {each.told_by for each in (first, second, third)} == {TOLD_BY}
    assert {each.source for each in (first, second, third)} == {"repository"}


def test_a_gate_that_is_told_again_is_its_next_try() -> None:
    trace = daemon_trace(gates={"gate_verification_completed": [daemon_gate("fmt", passed=False)]})
    again = {**trace["events"][2], "id": "evt_again", "payload": {"results": [daemon_gate("fmt")]}}
    trace["events"].insert(3, again)
    found = [each for _, each in gates_of(DaemonTrace.model_validate(trace))]
    assert [(each.attempt, each.status) for each in found] == [(1, "failed"), (2, "passed")]


def test_the_end_of_a_validation_counts_only_where_nothing_else_tells_of_gates() -> None:
    ended = {"validation_completed": [daemon_gate("fmt")]}
    assert [each.phase for each in told(ended)] == ["preflight"]
    assert len(told({"preflight_completed": [daemon_gate("fmt")], **ended})) == 1


def test_facts_and_result_carry_them() -> None:
    trace = DaemonTrace.model_validate(
        daemon_trace(alloy=ALLOY, gates={"preflight_completed": [daemon_gate("fmt")]})
    )
    (fact,) = [each for each in facts_of_trace(trace) if each.kind == "gate_finished"]
    assert (fact.gate, fact.phase, fact.status, fact.payload["told_by"]) == (
        "fmt",
        "preflight",
        "passed",
        TOLD_BY,
    )
    result = result_of_trace(trace)
    assert result is not None
    assert [each.name for each in result.content.gates] == ["fmt"]


def test_a_revision_that_is_none_is_not_believed() -> None:
    for revision in ("--help", "HEAD", "b" * 6, "../x"):
        result = result_of_trace(DaemonTrace.model_validate(daemon_trace(alloy=ALLOY, revision=revision)))
        assert result is not None
        assert result.content.revision_before == "unknown"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "passed", "required", "output", "exit_code", "duration_ms", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_nothing_that_a_trace_may_hold_breaks_it_off(results: Any) -> None:
    trace = daemon_trace(gates={"preflight_completed": results})
    for _, each in gates_of(DaemonTrace.model_validate(trace)):
        assert each.status in {"passed", "failed"}
