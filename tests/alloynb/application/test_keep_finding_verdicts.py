"""What a finding looked like is kept with every clue and its weight, and can be held against what a human said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.decide_finding import DecideFinding, decide_finding
from alloynb.application.drift_sarif import write_sarif
from alloynb.application.judge_findings import JudgedEvidence
from alloynb.application.keep_finding_verdicts import judge_and_keep
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from tests.fakes.alloy_shop import CART
from tests.fakes.alloy_workspace import Governed, governed_shop


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    governed = governed_shop(tmp_path / "shop", "vendor-boundary")
    governed.shop.plant()
    governed.shop.commit("Hotfix: pay at once")
    return governed


def look(governed: Governed, run_id: str | None = None) -> tuple[JudgedEvidence, ...]:
    seen = look_for_drift(governed.workspace, LookForDrift())
    return judge_and_keep(governed.workspace, seen, run_id=run_id)


def rows(governed: Governed, sql: str) -> list[dict[str, Any]]:
    return governed.workspace.warehouse.query(sql).as_dicts()


def test_a_verdict_is_kept_with_its_clues_and_with_the_weights_that_they_had(governed: Governed) -> None:
    (judged,) = look(governed)
    (kept,) = rows(governed, "FROM finding_verdicts")
    assert judged.finding is not None
    assert (kept["finding_id"], kept["path"], kept["leaning"]) == (
        judged.finding.finding_id, CART, "code_left_intent",
    )  # fmt: skip
    assert kept["strength"] == round(judged.verdict.strength, 4)
    assert kept["because"] == judged.verdict.clues[0].told
    assert (kept["agreement"], kept["run_id"]) == ("unanswered", None)
    clues = rows(governed, "FROM verdict_clues ORDER BY weight DESC, clue, told")
    assert [(each["clue"], each["weight"], each["told"]) for each in clues] == [
        (each.name, each.weight, each.told) for each in judged.verdict.clues
    ]
    assert rows(governed, "SELECT looks_like FROM findings") == [{"looks_like": "code_left_intent"}]


def test_looking_again_is_no_new_verdict_and_a_changed_record_is(governed: Governed) -> None:
    look(governed)
    look(governed)
    assert len(rows(governed, "FROM finding_verdicts")) == 1
    look(governed, "run_01K00000000000000000000001")
    look(governed, "run_01K00000000000000000000001")
    assert len(rows(governed, "FROM finding_verdicts")) == 2, "what a run showed is told of that run"
    governed.shop.write("notes.md", "something else")
    governed.shop.commit("Do something else")
    look(governed)
    assert len(rows(governed, "FROM finding_verdicts WHERE run_id IS NULL")) == 2, "of another commit"


@pytest.mark.parametrize(
    ("decision", "agreement", "was_right"), [("drift", "agrees", True), ("obsolete", "disagrees", False)]
)
def test_a_human_answer_stands_beside_the_verdict(
    governed: Governed, decision: Any, agreement: str, was_right: bool
) -> None:
    (judged,) = look(governed)
    assert judged.finding is not None
    decide_finding(governed.workspace, DecideFinding(judged.finding.finding_id, decision, "I looked"))
    (kept,) = rows(governed, "FROM finding_verdicts")
    assert (kept["agreement"], kept["decided_by"]) == (agreement, governed.workspace.principal.name)
    asked = "SELECT DISTINCT was_right FROM verdict_clues WHERE leans = 'code_left_intent'"
    assert rows(governed, asked) == [{"was_right": was_right}]
    (agreed,) = rows(governed, "FROM verdict_agreement")
    assert (agreed["leaning"], agreed["agreement"], agreed["findings"]) == ("code_left_intent", agreement, 1)


def test_sarif_tells_what_a_finding_looks_like_when_that_was_asked(
    governed: Governed, tmp_path: Path
) -> None:
    seen = look_for_drift(governed.workspace, LookForDrift())
    file = tmp_path / "drift.sarif"
    write_sarif(governed.workspace, seen, file)
    (plain,) = json.loads(file.read_text())["runs"][0]["results"]
    assert "verdict" not in plain["properties"]
    write_sarif(governed.workspace, seen, file, judge_and_keep(governed.workspace, seen))
    (told,) = json.loads(file.read_text())["runs"][0]["results"]
    assert told["message"]["text"].startswith(plain["message"]["text"])
    assert "looks like code that left valid intent" in told["message"]["text"]
    verdict = told["properties"]["verdict"]
    assert (verdict["leaning"], verdict["clues"][0]["leans"]) == ("code_left_intent", "code_left_intent")
    assert told["partialFingerprints"] == plain["partialFingerprints"]
