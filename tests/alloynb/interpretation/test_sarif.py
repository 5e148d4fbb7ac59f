from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from alloynb.intent.record import IntentRecord
from alloynb.interpretation.drift import NotChecked
from alloynb.interpretation.finding import (
    DriftFinding,
    FindingStatus,
    Introduced,
    Sighting,
    Step,
    finding_id_of,
)
from alloynb.interpretation.sarif import sarif_of

SHAPE = json.loads(Path(__file__).with_name("sarif_2_1_0.schema.json").read_text(encoding="utf-8"))
EVIDENCE = "shop.intent.offline#imports"


def finding(name: str, status: FindingStatus, lines: tuple[int, ...] = (3, 9)) -> DriftFinding:
    seen = Sighting(revision="r1", at=datetime(2026, 3, 1, tzinfo=UTC))
    return DriftFinding(
        finding_id=finding_id_of("shop.intent.offline", EVIDENCE, "import_boundary", (name, "b")),
        record_id="shop.intent.offline",
        evidence_id=EVIDENCE,
        detector="import_boundary",
        subject=(name, "b"),
        path=f"a/{name} ü.py",
        lines=lines,
        message=f"{name} imports b",
        severity="high",
        status=status,
        revision="r2",
        first_seen=seen,
        last_seen=seen,
    )


def assert_is_sarif(document: dict[str, Any]) -> None:
    """The rules of SARIF 2.1.0 that a consumer stumbles over, for the parts that we write."""
    assert document["version"] == "2.1.0"
    jsonschema.Draft202012Validator(SHAPE).validate(document)
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert run["tool"]["driver"]["name"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
        for invocation in run["invocations"]:
            assert isinstance(invocation["executionSuccessful"], bool)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["level"] in {"none", "note", "warning", "error"}
            assert result["message"]["text"]
            assert result["baselineState"] in {"new", "unchanged", "updated", "absent"}
            assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
            for location in result["locations"]:
                place = location["physicalLocation"]
                assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
                assert not set(place["artifactLocation"]["uri"]) & set(' \\"<>ü')
                assert place.get("region", {"startLine": 1})["startLine"] >= 1
            for suppression in result["suppressions"]:
                assert suppression["kind"] in {"inSource", "external"}
                assert suppression["status"] in {"accepted", "underReview", "rejected"}
    json.dumps(document)


def test_findings_become_results_with_place_rule_and_baseline(
    make_record: Callable[..., IntentRecord],
) -> None:
    statuses: tuple[FindingStatus, ...] = ("new", "known", "exception", "resolved", "regressed")
    findings = [finding(f"m{number}", status) for number, status in enumerate(statuses)]

    document = sarif_of(findings, [make_record()], tool_version="0.1.0", revision="r2")

    assert_is_sarif(document)
    (run,) = document["runs"]
    assert [result["baselineState"] for result in run["results"]] == [
        "new",
        "unchanged",
        "unchanged",
        "absent",
        "new",
    ]
    assert [bool(result["suppressions"]) for result in run["results"]] == [False, False, True, False, False]
    first = run["results"][0]
    assert first["partialFingerprints"] == {"alloyFinding/v1": findings[0].finding_id}
    assert [place["physicalLocation"]["region"]["startLine"] for place in first["locations"]] == [3, 9]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == EVIDENCE
    assert "record: shop.intent.offline" in rule["help"]["text"]
    assert "strategy: Vendors stay behind ports." in rule["help"]["text"]


def test_an_exception_says_who_why_and_until_when(make_record: Callable[..., IntentRecord]) -> None:
    allowed = finding("m", "exception")
    document = sarif_of(
        [allowed],
        [make_record()],
        tool_version="0",
        revision="r",
        allowed={allowed.finding_id: "ada until 2026-06-01: until the port exists"},
    )

    (suppression,) = document["runs"][0]["results"][0]["suppressions"]
    assert suppression["justification"] == "ada until 2026-06-01: until the port exists"


def test_the_same_findings_in_any_order_give_the_same_document(
    make_record: Callable[..., IntentRecord],
) -> None:
    findings = [finding(name, "new") for name in "abc"]

    one, other = (
        sarif_of(order, [make_record()], tool_version="0", revision="r")
        for order in (findings, findings[::-1])
    )

    assert json.dumps(one) == json.dumps(other)


def test_what_could_not_be_checked_makes_the_run_unsuccessful() -> None:
    document = sarif_of(
        [], [], tool_version="0", revision="r", could_not_check=[NotChecked(EVIDENCE, ("syntax error",))]
    )

    assert_is_sarif(document)
    (invocation,) = document["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == f"{EVIDENCE}: syntax error"


def test_a_finding_of_the_whole_file_has_no_region_and_an_unknown_record_no_help() -> None:
    document = sarif_of([finding("m", "new", lines=())], [], tool_version="0", revision="r")

    assert_is_sarif(document)
    (location,) = document["runs"][0]["results"][0]["locations"]
    assert "region" not in location["physicalLocation"]


def test_who_brought_it_in_where_it_goes_through_and_its_present_name_are_told(
    make_record: Callable[..., IntentRecord],
) -> None:
    more = {
        "introduced": Introduced(
            commit="c" * 40, author="Ada", at=datetime(2026, 2, 1, tzinfo=UTC), summary="Be quick"
        ),
        "through": (Step(path="a/y.py", lines=(4, 8)),),
        "alias": "finding_other",
    }
    chained = finding("m", "known").model_copy(update=more)

    document = sarif_of([chained], [make_record()], tool_version="0", revision="r")

    assert_is_sarif(document)
    (result,) = document["runs"][0]["results"]
    assert result["properties"]["introduced"]["author"] == "Ada"
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a/y.py"
    assert set(result["partialFingerprints"].values()) == {chained.finding_id, "finding_other"}


def test_the_shape_refuses_what_is_no_sarif() -> None:
    bad = {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"massage": {"text": "m"}}]}],
    }
    with pytest.raises(jsonschema.ValidationError, match="massage"):
        jsonschema.Draft202012Validator(SHAPE).validate(bad)
