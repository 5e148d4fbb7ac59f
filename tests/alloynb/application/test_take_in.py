"""What the files of a repository tell is in the store, once, and what is damaged hides nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.application.brief_ledger import append_step
from alloynb.application.decide_intent import DecideIntent, decide_intent
from alloynb.application.run_loop import RunLoop, run_loop
from alloynb.application.take_in import take_in
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from tests.fakes.alloy_shop import BOUNDARY
from tests.fakes.alloy_workspace import Governed, ScriptedFoundry, governed_shop


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    shop = governed_shop(tmp_path / "shop", "vendor-boundary")
    run_loop(shop.workspace, RunLoop(), html_of=lambda report: "", foundry=ScriptedFoundry())
    return shop


def answers(governed: Governed, sql: str) -> list[tuple[object, ...]]:
    return list(governed.workspace.warehouse.query(sql).rows)


def test_the_ledger_of_a_record_is_its_lifecycle_in_the_store(governed: Governed) -> None:
    found = answers(
        governed,
        f"SELECT from_status, to_status FROM lifecycle WHERE record_id = '{BOUNDARY}' ORDER BY occurred_at, fact_id",
    )
    assert found == [(None, "proposed"), ("proposed", "accepted"), ("accepted", "active")]


def test_the_ledger_of_a_brief_is_there_with_every_step(governed: Governed) -> None:
    brief = governed.workspace.shelf.find(FORMATION_BRIEF, "brief_").id
    for state in ("queued", "accepted"):
        at = "2026-03-03T12:00:00Z"
        append_step(governed.workspace.alloy_dir, brief, state, at=at, by="ada", why="it is time")
    take_in(governed.workspace)
    found = answers(governed, f"SELECT to_status FROM lifecycle WHERE brief_id = '{brief}'")
    assert found[-2:] == [("queued",), ("accepted",)]


def test_taking_in_again_changes_nothing(governed: Governed) -> None:
    take_in(governed.workspace)
    before = answers(governed, "SELECT count(*) FROM facts")
    again = take_in(governed.workspace)
    assert (dict(again.facts), again.unread) == ({}, [])
    assert answers(governed, "SELECT count(*) FROM facts") == before


def test_every_artifact_is_there_by_its_digest(governed: Governed) -> None:
    found = {family for (family,) in answers(governed, "SELECT DISTINCT family FROM artifacts")}
    assert found >= {
        "alloy.formation_brief",
        "alloy.prompt_pack",
        "alloy.gate_overlay",
        "alloy.evidence_plan",
        "alloy.foundry_execution_request",
        "alloy.foundry_run_result",
    }


def test_a_record_is_told_as_it_stands_and_when_it_is_gone(governed: Governed) -> None:
    assert answers(governed, "SELECT record_id, status FROM intent_records") == [(BOUNDARY, "active")]
    assert answers(governed, "FROM refused_today") == []

    decide_intent(governed.workspace, DecideIntent(BOUNDARY, "deprecated", "we sold the shop"))
    take_in(governed.workspace)
    assert answers(governed, "SELECT reason FROM refused_today") == [("it is deprecated now",)]
    assert answers(governed, "SELECT status FROM evidence_definitions") == [("obsolete",)]

    governed.workspace.intent.file_of(BOUNDARY).unlink()
    take_in(governed.reopened(clock=governed.workspace.clock))  # type: ignore[arg-type]
    assert answers(governed, "SELECT status FROM intent_records") == [("gone",)]


def test_what_is_damaged_is_named_and_hides_nothing_else(governed: Governed) -> None:
    broken = governed.workspace.alloy_dir / "ledger" / "intent" / "other.jsonl"
    broken.write_text('{"no": "entry"}\n{"no": "entry"}\n')
    shelf = next((governed.workspace.alloy_dir / "shelf").rglob("*.json"))
    other = shelf.with_name("0" * 64 + ".json")
    other.write_bytes(shelf.read_bytes())

    found = take_in(governed.workspace)

    assert any("other.jsonl" in told for told in found.unread)
    assert any("0" * 12 in told for told in found.unread)
    assert answers(governed, "SELECT count(*) FROM intent_records") == [(1,)]
