from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from alloynb.intent.record import IntentRecord
from alloynb.interpretation.drift import DriftReport, assess_drift

MakeRecord = Callable[..., IntentRecord]
Plant = Callable[[dict[str, str]], Path]
Check = Callable[..., DriftReport]

PYPROJECT = """\
[build-system]
requires = ["hatchling"]

[project]
name = "shop"
# "requests" was here once
dependencies = [
    "click>=8.1",
    "Zope_Interface[test] ; python_version > '3'",
]

[project.optional-dependencies]
web = ["requests == 2.0"]

[dependency-groups]
dev = ["pytest", {include-group = "web"}]
more = ["pytest"]

[tool.poetry.dependencies]
python = "^3.11"
boto3 = "*"
"""


@pytest.fixture
def check(make_record: MakeRecord, plant: Plant, at: datetime) -> Check:
    def run(files: dict[str, str], **dependency: Any) -> DriftReport:
        evidence = [{"id": "deps", "kind": "dependency", "description": "…", "dependency": dependency}]
        return assess_drift([make_record(evidence=evidence)], plant(files), "r1", at)

    return run


def seen(report: DriftReport) -> list[tuple[str, str, tuple[int, ...]]]:
    return sorted((each.path, each.subject[1], each.lines) for each in report.findings)


def test_a_forbidden_package_is_found_on_its_line_in_every_section(check: Check) -> None:
    report = check({"pyproject.toml": PYPROJECT}, forbidden=["requests", "zope.interface", "boto*", "pytest"])

    assert seen(report) == [
        ("pyproject.toml", "boto3", (21,)),
        ("pyproject.toml", "pytest", (16, 17)),
        ("pyproject.toml", "requests", (13,)),
        ("pyproject.toml", "zope-interface", (9,)),
    ]
    told = {each.subject[1]: each.message for each in report.findings}
    assert told["requests"] == (
        "pyproject.toml declares requests (project.optional-dependencies.web); requests is forbidden"
    )
    assert report.checked == ("shop.intent.offline#deps",)


def test_what_is_not_allowed_is_found_and_build_tools_are_not_meant(check: Check) -> None:
    report = check({"pyproject.toml": PYPROJECT}, allowed=["click", "zope-interface", "pytest", "boto3"])

    assert [each.subject[1] for each in report.findings] == ["requests"]
    assert "only click, zope-interface, pytest, boto3 may be declared" in report.findings[0].message


def test_requirements_are_read_with_what_they_include(check: Check) -> None:
    files = {
        "requirements.txt": (
            "# click\n-r requirements/more.txt\n--index-url x\nrequests==2.0 \\\n    --hash=sha256:00\n"
            "-e .[test]\n-c limits.txt\n"
        ),
        "requirements/more.txt": "-r ../requirements.txt\nclick  # why\ngit+https://example.org/x#egg=Flask\n",
    }

    report = check(files, forbidden=["click", "requests", "flask"], where=["requirements.txt"])

    assert seen(report) == [
        ("requirements.txt", "requests", (4,)),
        ("requirements/more.txt", "click", (2,)),
        ("requirements/more.txt", "flask", (3,)),
    ]
    assert report.could_not_check == ()


def test_package_json_names_are_compared_as_written(check: Check) -> None:
    manifest = '{\n "name": "left-pad",\n "dependencies": {\n  "left-pad": "1",\n  "@aws/s3": "2"\n },\n'
    manifest += ' "devDependencies": {\n  "jest": "3"\n }\n}\n'

    report = check({"package.json": manifest}, forbidden=["left-pad", "@aws/*", "Jest"])

    assert seen(report) == [("package.json", "@aws/s3", (5,)), ("package.json", "left-pad", (4,))]


@pytest.mark.parametrize(
    ("files", "where", "reason"),
    [
        ({"readme": ""}, [], "no manifest"),
        ({"readme": ""}, ["pyproject.toml"], "is not in the tree"),
        ({"setup.py": ""}, ["setup.py"], "no manifest that is understood"),
        ({"pyproject.toml": "[project\n"}, [], "not TOML"),
        ({"package.json": "{\n  nope"}, [], "package.json:2: not JSON"),
        ({"pyproject.toml": "[project]\ndynamic = ['dependencies']\n"}, [], "dynamic"),
        (
            {"requirements.txt": "./wheels/x.whl\n"},
            [],
            "requirements.txt:1: './wheels/x.whl' names no package",
        ),
        ({"requirements.txt": "-r ../../etc/passwd\n"}, [], "workspace"),
        ({"requirements.txt": "-r gone.txt\n"}, [], "gone.txt is not in the tree"),
    ],
)
def test_what_cannot_be_read_is_unknown_and_says_why(
    check: Check, files: dict[str, str], where: list[str], reason: str
) -> None:
    report = check(files, forbidden=["x"], where=where)

    assert report.checked == ()
    assert reason in report.could_not_check[0].reasons[0]


def test_a_readable_manifest_is_judged_although_another_one_is_not(check: Check) -> None:
    files = {"pyproject.toml": PYPROJECT, "package.json": "["}

    report = check(files, forbidden=["click"])

    assert seen(report) == [("pyproject.toml", "click", (8,))]
    assert len(report.could_not_check) == 1


def test_a_rule_about_sections_judges_what_stands_there_and_nothing_else(check: Check) -> None:
    files = {"pyproject.toml": PYPROJECT}
    assert check(files, forbidden=["requests"], sections=["project.dependencies"]).findings == ()
    (found,) = check(files, forbidden=["requests"], sections=["project.optional-dependencies.*"]).findings
    assert "project.optional-dependencies.web" in found.message


def test_a_section_that_nobody_has_is_told_and_proves_nothing(check: Check) -> None:
    report = check({"pyproject.toml": PYPROJECT}, forbidden=["requests"], sections=["project.dependancies"])
    assert report.findings == ()
    assert "vacuous: no section project.dependancies declares anything" in str(report.could_not_check)
