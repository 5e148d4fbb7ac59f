"""Every documented example, and every question of an audit, has an answer in a store that knows one."""

from __future__ import annotations

from typing import Any

import pytest

from alloynb.evidence.sql_files import SqlFile, SqlSources
from alloynb.evidence.warehouse import Warehouse
from tests.fakes.evidence_store import TickingClock, write_run
from tests.fakes.evidence_story import CHARGE_ONCE, EARLIER, LATER, asked, tell_story

SOURCES = SqlSources()
FILES = [*SOURCES.views(), *SOURCES.macros()]


@pytest.fixture(scope="module", params=["hot", "folded"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp(request.param) / ".alloy", clock=TickingClock())
    if request.param == "hot":
        write_run(warehouse.layout.root, 1, "run_01J00000000000000000000004")
        warehouse.fold()
    tell_story(warehouse)
    if request.param == "folded":
        warehouse.fold()
    return warehouse


def rows(store: Warehouse, sql: str) -> list[dict[str, Any]]:
    return store.query(sql).as_dicts()


@pytest.mark.parametrize("file", FILES, ids=[each.name for each in FILES])
def test_every_documented_example_has_an_answer(story: Warehouse, file: SqlFile) -> None:
    if file.name == "quarantine" and not len(story.query("FROM journals WHERE refused > 0")):
        return  # a line is judged when its journal is sealed
    assert len(story.query(asked(file.example))) > 0, f"{file.name}: an example that shows nothing is none"


def test_every_question_of_an_audit_is_answered_in_one_place(story: Warehouse) -> None:
    found = {row["number"]: row for row in rows(story, f"FROM run_audit('{LATER}')")}
    assert list(found) == list(range(1, 20))
    assert [row["question"] for row in found.values() if row["answer"] == "none"] == []
    told = {number: row["answer"] for number, row in found.items()}
    assert "mira" in told[1]
    assert f"{CHARGE_ONCE} v3" in told[2]
    assert told[3].startswith("prompt_pack_")
    assert told[9] == "execute_plan ran; push_changes simulated"
    assert told[10] == "services/checkout/gateway.py"
    assert told[12] == f"{CHARGE_ONCE} unsatisfied"
    assert "gateway-boundary" in told[13]
    assert "mel: waiver of" in told[15]
    assert "again" in told[16]
    assert "gate_weakening" in told[16]
    assert "foundry 1 (gate verify/gateway-boundary)" in told[18]
    assert told[19] == "shop/core.py intent is stale"


def test_where_an_audit_says_to_look_further_there_is_more(story: Warehouse) -> None:
    for row in rows(story, f"FROM run_audit('{LATER}')"):
        assert len(story.query(f"FROM {row['look_in']}")) > 0, row["look_in"]


def test_the_audit_of_a_run_that_nobody_knows_is_empty(story: Warehouse) -> None:
    assert rows(story, "FROM run_audit('run_of_nobody')") == []


def test_runs_that_todays_intent_would_refuse_are_named_with_the_reason(story: Warehouse) -> None:
    found = rows(story, "SELECT DISTINCT run_id, reason FROM refused_today ORDER BY run_id")
    assert {row["run_id"] for row in found} == {EARLIER, LATER}
    assert {row["reason"] for row in found} == {"it says something else now (version 3 ran, 4 stands)"}


def test_what_changed_between_two_runs_names_files_and_verdicts(story: Warehouse) -> None:
    found = {
        (row["what"], row["name"]): row
        for row in rows(story, f"FROM changed_between_runs('{EARLIER}', '{LATER}')")
    }
    assert found["run", "revision_after"]["after"] == "b" * 40
    assert found["file", "services/checkout/gateway.py"]["before"] is None
    assert (found["record", CHARGE_ONCE]["before"], found["record", CHARGE_ONCE]["after"]) == (
        "satisfied",
        "unsatisfied",
    )


def test_a_block_tells_what_its_agents_cost(story: Warehouse) -> None:
    [row] = rows(story, "FROM block_costs WHERE agent_calls > 0")
    assert (row["block"], row["usd"], row["tokens_in"], row["tokens_out"]) == (
        "assess_project",
        0.25,
        1200,
        300,
    )
