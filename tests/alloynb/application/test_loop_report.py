"""The report as a value: what it holds, and what a command that tells it ends with."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.alloy_report import finding, gate, record, report_with

BROKEN_GATE = gate(status="failed")
CUT_OFF_GATE = gate(name="slow", status="cancelled")
FAILED: dict[str, Any] = {"status": "failed", "failure_class": "execution"}


@pytest.mark.parametrize(
    ("told", "exit_code"),
    [
        ({}, 0),
        ({"records": (record("waived"), record("unknown"), record("partially_satisfied"))}, 0),
        ({"records": (record("unsatisfied"),)}, 1),
        ({"findings": (finding(status="new"),)}, 1),
        ({"findings": (finding(status="exception"),)}, 0),
        ({"contradictions": ("Which of the two?",)}, 1),
        ({"status": "completed_with_findings", "gates": (gate(status="failed", required=False),)}, 1),
        ({**FAILED, "gates": (BROKEN_GATE,)}, 1),
        ({**FAILED, "gates": (gate(status="timed_out"), gate(status="skipped"))}, 1),
        ({**FAILED, "gates": (BROKEN_GATE, CUT_OFF_GATE)}, 4),
        ({**FAILED, "gates": (gate(status="failed", required=False),)}, 4),
        (FAILED, 4),
        ({"status": "failed", "failure_class": "semantic"}, 1),
        ({"status": "stopped", "failure_class": "validation"}, 2),
        ({"status": "stopped", "failure_class": "safety"}, 3),
        ({"status": "failed", "failure_class": "dispatch"}, 4),
        ({"status": "cancelled"}, 4),
        ({"status": "cancelled", "findings": (finding(status="new"),)}, 4),
    ],
)
def test_the_exit_code_says_whether_it_holds_or_why_nobody_knows(
    told: dict[str, Any], exit_code: int
) -> None:
    report = report_with(**told)
    assert report.exit_code == exit_code
    assert report.holds is (exit_code == 0)


def test_verdicts_are_counted_worst_first() -> None:
    report = report_with(
        records=(record("satisfied"), record("unknown"), record("unsatisfied"), record("satisfied"))
    )
    assert list(report.counts.items()) == [("unsatisfied", 1), ("unknown", 1), ("satisfied", 2)]


def test_the_whole_report_is_plain_json() -> None:
    report = report_with(records=(record("unsatisfied"),), findings=(finding(),), gates=(BROKEN_GATE,))
    value = json.loads(json.dumps(report.as_json()))
    assert value["holds"] is False
    assert value["counts"] == {"unsatisfied": 1}
    assert value["findings"][0]["place"] == "shop/cart.py:7"
    assert value["provenance"]["run_id"] == report.provenance.run_id
    assert replace(report, title="Other").as_json() != report.as_json()
