"""Tests that a record demands: there, run and say something, as far as reading tells; a run tells the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from alloynb.intent.record import IntentRecord
from alloynb.interpretation.drift import DriftReport, assess_drift

MakeRecord = Callable[..., IntentRecord]
Plant = Callable[[dict[str, str]], Path]
Check = Callable[..., DriftReport]

GOOD = "def test_it():\n    assert 1 + 1 == 2\n"


@pytest.fixture
def check(make_record: MakeRecord, plant: Plant, at: datetime) -> Check:
    def run(files: dict[str, str], *tests: str) -> DriftReport:
        evidence = [{"id": "t", "kind": "test", "description": "It holds.", "test": {"tests": list(tests)}}]
        return assess_drift([make_record(evidence=evidence)], plant(files), "r1", at)

    return run


def test_tests_that_are_there_are_left_to_a_run(check: Check) -> None:
    report = check({"tests/test_a.py": GOOD}, "tests/test_a.py::test_it", "tests", "tests/test_a.py")
    assert report.findings == report.checked == ()
    assert report.settled == ("shop.intent.offline#t",)
    assert "a run tells" in report.seen_elsewhere[0].text


@pytest.mark.parametrize(
    ("named", "path", "told"),
    [
        ("tests/test_b.py", ".alloy/intent/offline.yaml", "tests/test_b.py is not there"),
        ("tests/test_a.py::test_other", "tests/test_a.py", "has no test test_other"),
        ("tests/test_a.py::TestX", "tests/test_a.py", "has no test TestX"),
    ],
)
def test_a_test_that_is_gone_is_drift(check: Check, named: str, path: str, told: str) -> None:
    (found,) = check({"tests/test_a.py": GOOD}, named).findings
    assert found.path == path
    assert told in found.message


@pytest.mark.parametrize(
    "text",
    [
        f"import pytest\n@pytest.mark.skip(reason='later')\n{GOOD}",
        f"import pytest\n@pytest.mark.skipif(True, reason='later')\n{GOOD}",
        f"import pytest\n@pytest.mark.xfail\n{GOOD}",
        f"import pytest\npytestmark = [pytest.mark.skip]\n{GOOD}",
        f"import pytest\npytest.skip('all', allow_module_level=True)\n{GOOD}",
        "import pytest\ndef test_it():\n    '''Why.'''\n    pytest.skip('later')\n    assert 1 == 2\n",
        "import unittest\ndef test_it():\n    raise unittest.SkipTest('later')\n",
    ],
)
def test_a_test_that_never_runs_is_drift(check: Check, text: str) -> None:
    (found,) = check({"tests/test_a.py": text}, "tests/test_a.py::test_it").findings
    assert found.subject[-1] == "skipped"
    assert found.lines


@pytest.mark.parametrize("body", ["pass", "...", "'''Once it did.'''", "return None", "assert True"])
def test_a_test_that_was_emptied_is_drift(check: Check, body: str) -> None:
    (found,) = check({"tests/test_a.py": f"def test_it():\n    {body}\n"}, "tests").findings
    assert found.subject[-1] == "emptied"


def test_a_skip_on_a_condition_is_said_and_is_no_drift(check: Check) -> None:
    text = f"import pytest, sys\n@pytest.mark.skipif(sys.platform == 'win32', reason='…')\n{GOOD}"
    report = check({"tests/test_a.py": text}, "tests/test_a.py")
    assert report.findings == ()
    assert "runs only sometimes" in report.notes[0].text


def test_classes_parameters_and_inherited_skips_are_understood(check: Check) -> None:
    text = (
        "import pytest\n@pytest.mark.skip\nclass TestOff:\n    def test_a(self):\n        assert f()\n\n"
        "class TestOn:\n    def test_b(self, x):\n        assert f(x)\n"
    )
    report = check(
        {"tests/test_a.py": text}, "tests/test_a.py::TestOn::test_b[1]", "tests/test_a.py::TestOff"
    )
    (found,) = report.findings
    assert found.subject == ("tests/test_a.py::TestOff", "TestOff::test_a", "skipped")


def test_a_test_file_that_does_not_parse_is_unknown(check: Check) -> None:
    report = check({"tests/test_a.py": "def test_it(:\n"}, "tests/test_a.py")
    assert "tests/test_a.py: line 1" in report.could_not_check[0].reasons[0]


def test_tests_of_another_language_are_there_and_no_more_is_claimed(check: Check) -> None:
    report = check({"web/a.test.js": "it('x', () => {})\n"}, "web/a.test.js")
    assert report.findings == ()
    assert "in Python alone" in report.notes[0].text
