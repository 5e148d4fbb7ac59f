from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.intent.evidence_definition import Waiver
from alloynb.interpretation.drift import DriftReport, NotChecked
from alloynb.interpretation.finding import DriftFinding
from alloynb.interpretation.satisfaction import (
    JudgeRun,
    ResultOfAnotherBrief,
    judge_satisfaction,
    own_observations,
    verdict_of,
)
from runtime_artifacts.evidence_observation import EvidenceObservation, ObservationStatus
from runtime_artifacts.evidence_plan import EvidencePlan, EvidencePlanItem
from runtime_artifacts.run_result import GateReport, RunResult

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
REVISION = "b" * 40
RECORD = "shop.intent.offline"
OBSERVERS = {
    "gate": "gate",
    "test": "gate",
    "import_boundary": "reading",
    "pattern": "reading",
    "trace": "trace",
}
OBSERVERS |= {"metric": "metric", "human_review": "human"}
STATUSES = get_args(ObservationStatus)


def item(name: str = "e", kind: str = "gate", need: str = "required", **definition: Any) -> EvidencePlanItem:
    return EvidencePlanItem(
        evidence_id=f"{RECORD}#{name}",
        record_id=RECORD,
        capability="Selling goes on.",
        kind=kind,
        description="d",
        need=need,
        observed_by=OBSERVERS[kind],
        definition={"id": name, "kind": kind} | definition,
        gate=f"offline.{name}" if kind in {"gate", "test", "import_boundary"} else None,
    )


def gate(name: str = "e", status: str = "passed", **more: Any) -> GateReport:
    values = {"name": f"offline.{name}", "phase": "preflight", "status": status, "required": True}
    values |= {"mode": "required_for_dry_run", "source": "overlay", "duration_ms": 5.0}
    return GateReport(**values | {"evidence_id": f"{RECORD}#{name}"} | more)


def result(*gates: GateReport, **more: Any) -> RunResult:
    values: dict[str, Any] = {
        "foundry_run_id": "run_1",
        "run_request_id": "runreq_1",
        "request_digest": DIGEST,
        "idempotency_key": DIGEST,
        "correlation_id": "c",
        "brief": {"id": "brief_1", "digest": DIGEST},
        "project_id": "shop",
        "revision_before": REVISION,
        "revision_after": REVISION,
        "throttle": "dry_run",
        "entry_event": "validation_requested",
        "status": "completed",
        "started_at": "2026-03-10T11:00:00Z",
        "finished_at": "2026-03-10T11:01:00Z",
        "gates": gates,
        "trace_id": "t",
        "foundry_version": "0",
        "runner_id": "r",
    }
    return RunResult(**values | more)


def observation(name: str = "e", status: str = "satisfied", **more: Any) -> EvidenceObservation:
    values = {"evidence_id": f"{RECORD}#{name}", "status": status, "observed_by": "Ada", "project_id": "shop"}
    return EvidenceObservation(**values | {"observed_at": "2026-03-10T10:00:00Z"} | more)


def waiver(
    name: str = "e", since: timedelta = timedelta(days=1), lasts: timedelta = timedelta(days=9)
) -> Waiver:
    return Waiver(
        waiver_id="waiver_1",
        evidence_id=f"{RECORD}#{name}",
        who="Ada",
        why="the vendor is late",
        granted_at=NOW - since,
        until=NOW - since + lasts,
    )


def judge(*items: EvidencePlanItem, **more: Any):
    plan = EvidencePlan(project_id="shop", items=items)
    (record,) = judge_satisfaction(JudgeRun(plan=plan, now=NOW, **more)).records
    return record


# The table of verdicts -----------------------------------------------------------------------------------------------


def expected(required: tuple[str, ...]) -> str:
    """The promise, written another way round than the code."""
    if not required:
        return "unknown"
    if required.count("unsatisfied"):
        return "unsatisfied"
    if required.count("satisfied") == len(required):
        return "satisfied"
    if required.count("satisfied") + required.count("waived") == len(required):
        return "waived"
    return "partially_satisfied" if {"satisfied", "partially_satisfied"} & set(required) else "unknown"


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_the_table_of_verdicts_holds_for_every_combination(size):
    for required in product(STATUSES, repeat=size):
        assert verdict_of(required) == expected(required), required


@pytest.mark.parametrize(
    ("required", "verdict"),
    [
        ((), "unknown"),
        (("satisfied", "satisfied"), "satisfied"),
        (("satisfied", "unsatisfied", "waived", "unknown"), "unsatisfied"),
        (("satisfied", "unknown"), "partially_satisfied"),
        (("partially_satisfied",), "partially_satisfied"),
        (("unknown", "unknown"), "unknown"),
        (("waived",), "waived"),
        (("satisfied", "waived"), "waived"),
        (("unknown", "waived"), "unknown"),
    ],
)
def test_the_table_of_verdicts_in_plain_rows(required, verdict):
    assert verdict_of(required) == verdict


@given(required=st.lists(st.sampled_from(STATUSES)), data=st.data())
def test_the_order_of_evidence_never_changes_a_verdict(required, data):
    assert verdict_of(data.draw(st.permutations(required))) == verdict_of(required)


# Gates ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("passed", "satisfied"),
        ("failed", "unsatisfied"),
        ("timed_out", "unknown"),
        ("cannot_start", "unknown"),
        ("cancelled", "unknown"),
        ("skipped", "unknown"),
    ],
)
def test_a_gate_that_gave_no_answer_says_nothing(status, verdict):
    judged = judge(item(), result=result(gate(status=status)))
    assert judged.status == verdict
    assert judged.evidence[0].links == ("trace://run_1/gates/offline.e",)
    assert judged.missing == ((f"{RECORD}#e",) if verdict == "unknown" else ())


def test_a_gate_that_never_reported_leaves_its_evidence_missing():
    judged = judge(item(), result=result())
    assert judged.status == "unknown"
    assert judged.missing == (f"{RECORD}#e",)
    assert "the run reported nothing of gate offline.e" in judged.reason


def test_the_last_phase_and_the_last_attempt_decide():
    failed_then_mended = [
        gate(status="failed", phase="verify"),
        gate(phase="verify", attempt=2),
        gate(status="failed"),
    ]
    assert judge(item(), result=result(*failed_then_mended)).status == "satisfied"


@pytest.mark.parametrize(("exit_code", "verdict"), [(1, "unsatisfied"), (2, "unknown"), (4, "unknown")])
def test_a_checker_that_could_not_check_is_not_taken_for_a_finding(exit_code, verdict):
    told = observation(status="unsatisfied", observed_by="gate offline.e", revision=REVISION)
    run = result(gate(status="failed", exit_code=exit_code), evidence_observations=(told,))
    assert judge(item(kind="import_boundary"), result=run).status == verdict


def test_a_gate_of_the_repository_fails_with_whatever_code_it_likes():
    assert judge(item(), result=result(gate(status="failed", exit_code=4))).status == "unsatisfied"


def test_tests_that_should_run_without_something_are_only_partly_shown_by_a_gate():
    judged = judge(item(kind="test", test={"tests": ["t"], "without": ["network"]}), result=result(gate()))
    assert judged.status == "partially_satisfied"
    assert "nothing kept the tests from using network" in judged.reason
    assert judge(item(kind="test", test={"tests": ["t"]}), result=result(gate())).status == "satisfied"


def test_what_a_block_observed_counts_as_well_and_the_worst_decides():
    seen = observation(
        status="unsatisfied", observed_by="block assess", revision=REVISION, notes="import at a.py:3"
    )
    judged = judge(item(), result=result(gate(), evidence_observations=(seen,)))
    assert judged.status == "unsatisfied"
    assert judged.evidence[0].reason == "import at a.py:3; gate offline.e passed"


# Reading -------------------------------------------------------------------------------------------------------------


def finding(status: str = "new", **more: Any) -> DriftFinding:
    sighting = {"revision": REVISION, "at": "2026-03-10T10:00:00Z"}
    values = {"finding_id": "finding_1", "record_id": RECORD, "evidence_id": f"{RECORD}#e", "detector": "d"}
    values |= {
        "subject": ("a", "b"),
        "path": "a.py",
        "lines": (3,),
        "message": "a imports b",
        "severity": "high",
    }
    values |= {"status": status, "revision": REVISION, "first_seen": sighting, "last_seen": sighting}
    return DriftFinding(**values | more)


def drift(
    *findings: DriftFinding, checked: bool = True, revision: str = REVISION, **more: Any
) -> DriftReport:
    values = {
        "revision": revision,
        "at": NOW,
        "checked": (f"{RECORD}#e",) if checked else (),
        "findings": findings,
    }
    return DriftReport(**values | {"could_not_check": (), "seen_elsewhere": (), "notes": ()} | more)


READ = item(kind="import_boundary")


def test_reading_the_same_revision_satisfies_or_breaks_with_its_place():
    assert judge(READ, drift=drift()).status == "satisfied"
    judged = judge(READ, result=result(), drift=drift(finding()))
    assert judged.status == "unsatisfied"
    assert judged.evidence[0].links == (f"repo://shop/{REVISION}/a.py#L3",)


def test_reading_another_revision_says_nothing_of_this_one():
    assert judge(READ, result=result(), drift=drift(revision="c" * 40)).status == "unknown"
    assert judge(READ, result=result(gate()), drift=drift(finding(), revision="c" * 40)).status == "satisfied"


def test_allowed_exceptions_satisfy_although_the_gate_cannot_know_them_and_stay_visible():
    run = result(gate(status="failed", exit_code=1))
    judged = judge(READ, result=run, drift=drift(finding()), findings=[finding("exception")])
    assert judged.status == "satisfied"
    assert judged.evidence[0].excepted == ("finding_1",)
    assert "1 allowed for now" in judged.evidence[0].reason
    other = finding(finding_id="finding_2")
    assert (
        judge(READ, result=run, drift=drift(), findings=[finding("exception"), other]).status == "unsatisfied"
    )


def test_what_could_not_be_read_is_unknown_and_resolved_findings_do_not_count():
    missed = drift(checked=False, could_not_check=(NotChecked(f"{RECORD}#e", ("syntax error",)),))
    judged = judge(READ, drift=missed)
    assert judged.status == "unknown"
    assert "syntax error" in judged.reason
    assert judge(READ, drift=drift(), findings=[finding("resolved")]).status == "satisfied"


def test_a_kind_that_nothing_checks_yet_says_so():
    assert "nothing checks pattern evidence yet" in judge(item(kind="pattern"), result=result()).reason


# Humans, metrics, traces ---------------------------------------------------------------------------------------------

REVIEW = item(kind="human_review", question="Did it work?", role="shop lead", expires_days=30)


def test_a_review_is_unknown_until_a_human_answers():
    judged = judge(REVIEW, result=result())
    assert judged.status == "unknown"
    assert "shop lead has not answered: Did it work?" in judged.reason
    assert judge(REVIEW, observations=[observation()]).status == "satisfied"


@pytest.mark.parametrize(("days", "verdict"), [(29, "satisfied"), (30, "unknown"), (400, "unknown")])
def test_an_answer_counts_until_it_expires(days, verdict):
    answered = (NOW - timedelta(days=days)).isoformat()
    assert judge(REVIEW, observations=[observation(observed_at=answered)]).status == verdict


def test_the_latest_answer_counts_whoever_gave_it():
    earlier = observation(status="satisfied", observed_at="2026-03-01T00:00:00Z")
    later = observation(status="unsatisfied", observed_at="2026-03-02T00:00:00Z", observed_by="Bo")
    assert judge(REVIEW, observations=[later, earlier]).status == "unsatisfied"


def test_a_run_never_answers_for_a_human():
    claimed = observation(observed_by="block reviewer")
    assert judge(REVIEW, result=result(evidence_observations=(claimed,))).status == "unknown"


def test_an_answer_from_the_future_is_not_counted():
    assert judge(REVIEW, observations=[observation(observed_at="2027-01-01T00:00:00Z")]).status == "unknown"


def test_an_observation_cannot_waive():
    judged = judge(REVIEW, observations=[observation(status="waived")])
    assert judged.status == "unknown"
    assert "only a waiver does" in judged.reason


def test_a_metric_is_what_the_store_answered_at_this_revision():
    metric = item(kind="metric", condition={"sql": "SELECT true"})
    assert "its SQL condition was not evaluated" in judge(metric, result=result()).reason
    assert judge(metric, result=result(), observations=[observation(revision=REVISION)]).status == "satisfied"
    assert judge(metric, result=result(), observations=[observation()]).status == "satisfied"
    assert judge(metric, result=result(), observations=[observation(revision="c" * 40)]).status == "unknown"


def test_a_named_trace_condition_is_evaluated_over_the_run():
    judged = judge(item(kind="trace", condition="revision_unchanged"), result=result())
    assert judged.status == "satisfied"
    assert judged.evidence[0].observed_by == "condition revision_unchanged"
    unheard = judge(item(kind="trace", condition="nobody_knows"), result=result())
    assert unheard.status == "unknown"
    assert "known: every_gate_reported" in unheard.reason


# Waivers, suggestions, the report ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["failed", "timed_out"])
def test_a_valid_waiver_takes_the_place_of_what_is_not_satisfied(status):
    judged = judge(item(), result=result(gate(status=status)), waivers=[waiver()])
    assert judged.status == "waived"
    assert judged.evidence[0].seen != "waived"
    assert judged.evidence[0].waiver == waiver()
    assert "waived by Ada until 2026-03-18: the vendor is late" in judged.reason


def test_an_expired_waiver_is_not_a_waiver_and_is_named():
    late = waiver(since=timedelta(days=9), lasts=timedelta(days=9))
    judged = judge(item(), result=result(gate(status="failed")), waivers=[late])
    assert judged.status == "unsatisfied"
    assert "the waiver by Ada expired on 2026-03-10" in judged.reason


def test_a_waiver_that_begins_later_or_is_for_other_evidence_does_nothing():
    for other in (waiver(since=timedelta(days=-1)), waiver("other")):
        assert judge(item(), result=result(gate(status="failed")), waivers=[other]).status == "unsatisfied"


def test_a_valid_waiver_counts_beside_an_expired_one():
    expired = waiver(since=timedelta(days=20), lasts=timedelta(days=1))
    assert judge(item(), result=result(gate(status="failed")), waivers=[waiver(), expired]).status == "waived"


def test_satisfied_evidence_needs_no_waiver():
    judged = judge(item(), result=result(gate()), waivers=[waiver()])
    assert judged.status == "satisfied"
    assert judged.evidence[0].waiver is None


@given(
    status=st.sampled_from(["passed", "failed", "timed_out"]), suggested=st.sampled_from(["passed", "failed"])
)
def test_suggested_evidence_is_reported_and_never_changes_the_verdict(status, suggested):
    alone = judge(item(), result=result(gate(status=status)))
    beside = judge(
        item(), item("s", need="suggested"), result=result(gate(status=status), gate("s", suggested))
    )
    assert beside.status == alone.status
    assert beside.missing == alone.missing
    assert beside.failing == alone.failing
    assert [each.need for each in beside.evidence] == ["required", "suggested"]


def test_with_suggested_evidence_alone_nothing_is_proved():
    judged = judge(item(need="suggested"), result=result(gate()))
    assert judged.status == "unknown"
    assert judged.reason == "No evidence is required, so nothing can prove it."


def test_reasons_name_the_evidence_that_decided():
    def told(first: str, second: str = "passed") -> str:
        return judge(item("a"), item("b"), result=result(gate("a", first), gate("b", second))).reason

    assert told("passed") == "All 2 required evidence items hold."
    assert told("failed") == "Broken by a (gate offline.a failed)."
    assert told("timed_out") == (
        "1 of 2 required evidence items hold; open: a (gate offline.a gave no answer: timed out)."
    )
    assert judge(item(), result=result(gate())).reason == "Holds by e (gate offline.e passed)."


def test_a_result_of_another_brief_is_refused():
    plan = EvidencePlan(project_id="shop", items=(item(),))
    with pytest.raises(
        ResultOfAnotherBrief, match="judge it by the evidence plan of the brief that it ran"
    ) as caught:
        judge_satisfaction(JudgeRun(plan=plan, now=NOW, result=result(), brief_digest="sha256:" + "f" * 64))
    assert caught.value.exit_code == 3
    assert judge_satisfaction(JudgeRun(plan=plan, now=NOW, result=result(), brief_digest=DIGEST))


def test_a_report_can_be_written_down_and_names_run_brief_and_revision():
    plan = EvidencePlan(project_id="shop", items=(item(),))
    report = judge_satisfaction(
        JudgeRun(plan=plan, now=NOW, result=result(gate(status="failed")), waivers=[waiver()])
    )
    assert (report.run_id, report.brief_digest, report.revision) == ("run_1", DIGEST, REVISION)
    assert type(report).model_validate_json(report.model_dump_json()) == report
    assert report.of(RECORD) is report.records[0]
    assert report.of("shop.intent.other") is None


def test_alloy_keeps_observations_of_what_it_saw_itself_and_no_others():
    plan = EvidencePlan(
        project_id="shop", items=(item("a"), item("t", kind="trace", condition="revision_unchanged"), READ)
    )
    report = judge_satisfaction(JudgeRun(plan=plan, now=NOW, result=result(gate("a")), drift=drift()))
    kept = own_observations(report)
    assert [(each.evidence_id, each.status, each.observed_by) for each in kept] == [
        (f"{RECORD}#t", "satisfied", "condition revision_unchanged"),
        (f"{RECORD}#e", "satisfied", "reading"),
    ]
    assert {each.revision for each in kept} == {REVISION}
