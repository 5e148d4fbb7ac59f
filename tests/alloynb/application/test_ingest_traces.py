"""Traces of the existing daemon are runs of the store, once, and are read through the brief that they carry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.compile_intent import CompileIntent, compile_intent
from alloynb.application.foundry_command import find_foundry
from alloynb.application.ingest_traces import ingest_traces, shown_trace
from alloynb.compiler.lowering import gate_file
from alloynb.errors import AlloyError
from tests.fakes.alloy_shop import BOUNDARY
from tests.fakes.alloy_workspace import Governed, governed_shop
from tests.fakes.daemon_traces import daemon_gate, write_daemon_folder


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary")


@dataclass
class SaidLines:
    lines: list[bytes]

    def convert_traces(self, paths: tuple[Path, ...]) -> Iterator[bytes]:
        return iter(self.lines)


def test_a_trace_becomes_a_run_once_and_is_read_through_its_brief(governed: Governed, tmp_path: Path) -> None:
    brief = compile_intent(governed.workspace, CompileIntent("validate")).formation.brief
    folder = write_daemon_folder(
        tmp_path / "traces", alloy={"brief_id": brief.id, "brief_digest": brief.digest}
    )

    found = ingest_traces(governed.workspace, (folder,), find_foundry())

    [run_id] = found.runs
    assert found.interpreted == [run_id]
    assert [told.rpartition("/")[2] for told in found.unfit] == ["2026-03.jsonl:4: cut off, or too long"]
    ask = governed.workspace.warehouse.query
    assert ask(f"SELECT status, runner_id, brief_digest FROM runs WHERE run_id = '{run_id}'").rows == (
        ("completed", "foundryd", brief.digest),
    )
    assert ask("SELECT record_id, status FROM intent_satisfaction").rows == ((BOUNDARY, "unknown"),)
    assert ask("SELECT line_number, reason FROM quarantine").rows == ((4, "cut off, or too long"),)
    assert ask("SELECT count(*) FROM events WHERE event_type = 'greet_requested'").rows == ((3,),)
    shown = shown_trace(governed.workspace, run_id[:-2])
    assert [event["event_type"] for event in shown["events"]][-1] == "project_iteration_completed"
    assert [(block["block"], block["status"]) for block in shown["blocks"]] == [
        ("check_charter", "completed"),
        ("execute", "failed"),
    ]
    assert shown["blocks"][1]["finished_at"] > shown["blocks"][1]["started_at"]

    before = ask("SELECT count(*) FROM facts").rows
    again = ingest_traces(governed.workspace, (folder,), find_foundry())
    assert again.facts == 0
    assert ask("SELECT count(*) FROM facts").rows == before


def test_a_brief_that_is_not_here_is_named_and_the_run_is_kept(governed: Governed, tmp_path: Path) -> None:
    alloy = {"brief_id": "brief_7Z10EG9R8HHQ83WQMRKHZHNM6Q", "brief_digest": f"sha256:{'f' * 64}"}
    found = ingest_traces(
        governed.workspace, (write_daemon_folder(tmp_path / "t", alloy=alloy),), find_foundry()
    )
    assert list(found.not_interpreted) == found.runs
    assert len(governed.workspace.warehouse.query("FROM runs")) == 1


def test_a_converter_that_talks_nonsense_harms_nothing(governed: Governed, tmp_path: Path) -> None:
    lines = [
        b"nonsense\n",
        b'{"fact": {"fact_id": "x"}}\n',
        b'{"result": {}}\n',
        b"[1]\n",
        json.dumps({"unfit": 7}).encode(),
    ]
    found = ingest_traces(governed.workspace, (tmp_path,), SaidLines(lines))
    assert len(found.unfit) == len(lines)
    assert found.runs == []


def test_a_path_that_does_not_exist_is_refused_at_once(governed: Governed, tmp_path: Path) -> None:
    with pytest.raises(AlloyError, match="no such file"):
        ingest_traces(governed.workspace, (tmp_path / "nowhere",), SaidLines([]))
    with pytest.raises(AlloyError, match="no run of the store"):
        shown_trace(governed.workspace, "run_0")


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        (daemon_gate("vendor-boundary.imports"), "satisfied", "passed, as told by foundryd"),
        (daemon_gate("vendor-boundary.imports", passed=False), "unsatisfied", "failed, as told by foundryd"),
        (
            daemon_gate("vendor-boundary.imports", passed=False, exit_code=None),
            "unknown",
            "left no exit code",
        ),
        (daemon_gate("something-else"), "unknown", ""),
    ],
)
def test_what_the_daemon_tells_of_a_gate_that_the_repository_has_is_evidence_and_says_whose_word_it_is(
    governed: Governed, tmp_path: Path, told: dict[str, Any], status: str, reason: str
) -> None:
    formation = compile_intent(governed.workspace, CompileIntent("validate")).formation
    governed.shop.write(".hone-gates.json", gate_file(formation.gate_overlay.content))
    revision = governed.shop.commit("Take the gates of the brief into our own file")
    alloy = {"brief_id": formation.brief.id, "brief_digest": formation.brief.digest}
    folder = write_daemon_folder(
        tmp_path / "traces", alloy=alloy, revision=revision, gates={"gate_verification_completed": [told]}
    )

    ingest_traces(governed.workspace, (folder,), find_foundry())

    ask = governed.workspace.warehouse.query
    [(found, evidence)] = ask("SELECT status, evidence FROM intent_satisfaction").rows
    assert found == status
    assert reason in str(evidence)
    assert ask("SELECT gate, told_by FROM gate_results").rows == ((told["name"], "foundryd"),)
