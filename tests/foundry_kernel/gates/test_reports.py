"""Reports are read defensively and written as other tools expect them (spec 4.5)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from foundry_kernel.gates.reports import MAX_REPORT_BYTES, count_report, find_reports, junit_of, sarif_of
from runtime_artifacts.run_result import GateReport


def counted(tmp_path: Path, name: str, text: str | bytes) -> dict[str, Any]:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return count_report(file).model_dump(exclude_defaults=True)


def test_junit_is_counted(tmp_path: Path) -> None:
    text = """<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure/></testcase>
    <testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase></testsuite></testsuites>"""
    assert counted(tmp_path, "j.xml", text) == {"file": "j.xml", "total": 4, "failures": 2, "skipped": 1}


def test_sarif_is_counted_and_what_is_suppressed_stands_apart(tmp_path: Path) -> None:
    results = [
        {"level": "error"},
        {"level": "note"},
        {},
        {"level": "error", "suppressions": [{"kind": "inSource"}]},
    ]
    text = json.dumps(
        {"version": "2.1.0", "runs": [{"results": [*results, {"kind": "pass"}]}, {"results": []}, {}]}
    )
    assert counted(tmp_path, "s.sarif", text) == {
        "file": "s.sarif",
        "total": 5,
        "failures": 1,
        "warnings": 2,
        "skipped": 1,
    }


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><testsuite>&b;</testsuite>"""


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("bomb.xml", BOMB, "document type"),
        ("outside.xml", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type"),
        ("deep.xml", "<a>" * 200 + "</a>" * 200, "nested deeper"),
        ("cut.xml", "<testsuite><testcase", "not XML"),
        ("large.xml", b" " * (MAX_REPORT_BYTES + 1), "more than"),
        ("deep.sarif", "[" * 500 + "]" * 500, "nested deeper"),
        ("not.sarif", "{}", "no runs"),
        ("odd.sarif", '{"runs": 7}', "no runs"),
        ("cut.sarif", '{"runs": [', "not JSON"),
        ("empty.xml", "", "not XML"),
    ],
)
def test_a_hostile_or_broken_report_is_a_problem_and_nothing_else(
    name: str, text: str | bytes, problem: str, tmp_path: Path
) -> None:
    found = counted(tmp_path, name, text)
    assert problem in found["problem"]
    assert set(found) == {"file", "problem"}


def test_only_plain_files_of_the_right_kind_are_reports(tmp_path: Path) -> None:
    (tmp_path / "b.xml").write_text("<a/>")
    (tmp_path / "a.sarif").write_text("{}")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "link.xml").symlink_to("/etc/passwd")
    (tmp_path / "folder.xml").mkdir()
    os.mkfifo(tmp_path / "pipe.xml")
    assert [each.name for each in find_reports(tmp_path)] == ["a.sarif", "b.xml"]


def a_report(name: str, status: Any, **more: Any) -> GateReport:
    said = {
        "phase": "preflight",
        "required": True,
        "mode": "advisory",
        "source": "overlay",
        "duration_ms": 1500,
        **more,
    }
    return GateReport(name=name, status=status, **said)


REPORTS = (
    a_report("fine", "passed", exit_code=0),
    a_report("bad <&>", "failed", exit_code=1, details="]]> & <b>"),
    a_report("slow", "timed_out", required=False),
    a_report("not now", "skipped"),
)


def test_what_the_gates_said_is_written_as_junit_that_we_can_read_back(tmp_path: Path) -> None:
    text = junit_of(REPORTS, "preflight")
    root = ET.fromstring(text)
    assert root.attrib == {
        "name": "preflight",
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "6.000",
    }
    assert root.findtext("testcase[@name='bad <&>']/failure") == "]]> & <b>"
    assert counted(tmp_path, "own.xml", text)["failures"] == 2


def test_what_the_gates_said_is_written_as_sarif_that_we_can_read_back(tmp_path: Path) -> None:
    document = sarif_of(REPORTS, "1.0")
    (run,) = document["runs"]
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        ("bad <&>", "error"),
        ("slow", "warning"),
    ]
    assert all(
        run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"]
    )
    assert counted(tmp_path, "own.sarif", json.dumps(document)) == {
        "file": "own.sarif",
        "total": 2,
        "failures": 1,
        "warnings": 1,
    }
