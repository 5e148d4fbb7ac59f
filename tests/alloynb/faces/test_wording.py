"""A report is put into words that say each thing once."""

from __future__ import annotations

from dataclasses import replace

from alloynb.application.loop_report import GateLine
from alloynb.faces.report import html_of
from alloynb.faces.wording import errors_beyond_gates, headline_of, left_out
from tests.alloynb.faces.widgets.test_widgets import RECORD, REPORT

LINT = GateLine("lint", "preflight", "timed_out", True, "required", "repository", 1.0, "", None)


def test_errors_that_gates_tell_are_not_told_again() -> None:
    report = replace(
        REPORT,
        status="failed",
        failure_class="execution",
        gates=(LINT,),
        errors=(
            "1 of 1 gates did not pass: lint (timed_out)",
            "gate lint timed out in preflight",
            "gate lint changed the tree",
        ),
    )

    assert errors_beyond_gates(report) == ("gate lint changed the tree",)


def test_an_error_is_kept_when_no_gate_explains_it() -> None:
    report = replace(REPORT, gates=(), errors=("1 of 1 gates did not pass: lint (failed)", "the kernel died"))

    assert errors_beyond_gates(report) == report.errors


def test_a_run_without_an_answer_says_so_before_what_it_saw() -> None:
    died = replace(REPORT, status="failed", failure_class="execution", gates=())

    assert headline_of(died).startswith("The run failed (execution); the capability does not hold")


def test_gates_that_failed_are_an_answer_and_no_failure_of_the_run() -> None:
    missed = replace(
        REPORT, status="failed", failure_class="execution", gates=(LINT,), records=(), findings=()
    )

    assert headline_of(missed) == "1 of 1 gates did not pass"


def test_what_holds_is_said_although_a_gate_of_the_repository_failed() -> None:
    holding = (replace(RECORD, verdict="satisfied"), replace(RECORD, verdict="unknown"))
    missed = replace(
        REPORT, status="failed", failure_class="execution", gates=(LINT,), records=holding, findings=()
    )

    assert headline_of(missed) == "1 of 2 capabilities hold; 1 of 1 gates did not pass"


def test_several_records_are_counted() -> None:
    two = replace(REPORT, records=(RECORD, replace(RECORD, verdict="satisfied")), findings=(), gates=())

    assert headline_of(two) == "1 of 2 capabilities does not hold"


def test_what_is_left_out_is_told_apart_from_what_alloy_wrote() -> None:
    paths = (".alloy/intent/a.yaml", ".alloy/ledger/intent/a.jsonl", "a.py", "b.py", "c.py")
    left = left_out(replace(REPORT, uncommitted=paths))

    assert left.counted == "3 paths, and 2 below .alloy/"
    assert left.named(2) == "a.py, b.py and 1 more, and 2 below .alloy/"
    assert left_out(replace(REPORT, uncommitted=paths[:2])).named(2) == "2 below .alloy/"
    assert not left_out(REPORT)


def test_the_page_escapes_what_it_tells_and_loads_nothing() -> None:
    page = html_of(replace(REPORT, objective="See `a.py` <b>now</b>", errors=("the disk is <full>",)))

    assert "See <code>a.py</code> &lt;b&gt;now&lt;/b&gt;" in page
    assert "the disk is &lt;full&gt;" in page
    assert "<script" not in page
    assert not any(loading in page for loading in ("http://", "https://", "src=", "@import", "url("))


def test_the_page_says_every_block_with_its_time_and_place_on_the_line() -> None:
    from alloynb.application.loop_report import StepLine

    steps = (
        StepLine("resolve_gates", "observer", "completed", 0.0, 2.0, "two gates"),
        StepLine("run_preflight", "observer", "failed", 2.0, 1998.0, "one failed"),
    )
    page = html_of(replace(REPORT, steps=steps))

    assert "margin-left:0.10%;width:99.90%" in page
    assert '<div class="bar bad"' in page
    assert "2.0 s" in page


def test_a_page_without_gates_steps_and_findings_is_a_page() -> None:
    assert "<h2>Gates" not in html_of(replace(REPORT, gates=(), findings=(), records=()))
