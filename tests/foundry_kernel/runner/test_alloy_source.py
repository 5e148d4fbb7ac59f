"""A runner of a shared Alloy: what is not understood there ends no run, and what it quotes can be told."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.runner.alloy_client import AlloyClient, LeaseLost, NotUnderstood
from foundry_kernel.runner.alloy_source import AlloySource, TakenThere
from foundry_kernel.runner.backends.backend import Finished, work_of
from runtime_artifacts.content import Content
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact, JournalWriter
from runtime_artifacts.runner_protocol import Failed, Lease
from tests.foundry_kernel.runner.tiny_workspace import Tiny, make_workspace

NOW = "2026-03-02T12:00:00.000000Z"


@dataclass
class Shared(AlloyClient):
    """A shared Alloy that answers an act with an error, until it is told otherwise."""

    url: str = ""
    runner_id: str = "runner_1"
    key: str = ""
    answers: dict[str, Exception] = field(default_factory=dict)
    heard: list[tuple[str, Content]] = field(default_factory=list)
    beaten: threading.Event = field(default_factory=threading.Event)

    def say(self, request_id: str, act: str, message: Content) -> Mapping[str, Any]:
        self.heard.append((act, message))
        if act in self.answers:
            raise self.answers[act]
        if act == "heartbeat":
            self.beaten.set()
        return {"lease_id": "lease_1", "expires_at": NOW}


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny")


def taken(tiny: Tiny, client: Shared) -> TakenThere:
    lease = Lease(
        lease_id="lease_1",
        request_id=tiny.request.id,
        runner_id="runner_1",
        run_id=new_id("run"),
        number=1,
        accepted_at=NOW,
        expires_at=NOW,
        lease_s=1,
    )
    tiny.workspace.mailbox.post(tiny.request)
    tiny.workspace.mailbox.claim(tiny.request.id, lease.run_id, "runner_1", NOW)
    with JournalWriter(tiny.workspace.runs / lease.run_id / "journal" / "0001.jsonl") as journal:
        journal.append(Fact(fact_id=f"{lease.run_id}/1", kind="event", seq=1, recorded_at=NOW))
    return TakenThere(AlloySource(client, tiny.workspace), work_of(tiny.request, (), changes=False), lease)


def test_facts_that_are_not_understood_end_no_run(tiny: Tiny) -> None:
    client = Shared(answers={"events": NotUnderstood("a run writes no such fact")})
    held = taken(tiny, client)
    assert client.beaten.wait(10)

    assert held.wish() is None
    held.end(Finished("completed", result={}))
    assert [act for act, _ in client.heard].count("events") == 1
    assert client.heard[-1][0] == "completed"


def test_a_lease_that_is_lost_ends_the_run(tiny: Tiny) -> None:
    client = Shared(answers={"heartbeat": LeaseLost("somebody else has it")})
    held = taken(tiny, client)
    held._beating.join(10)

    wish = held.wish()
    assert wish is not None
    assert (wish.at_once, wish.why) == (True, "somebody else has it")


def test_a_refusal_that_quotes_a_repository_can_be_told(tiny: Tiny) -> None:
    client = Shared()
    quoted = "no such file \x1b[31mred\x1b[0m\x00" + "x" * 5000
    taken(tiny, client).end(Finished("failed", failure_class="validation", message=quoted))

    act, said = client.heard[-1]
    assert act == "failed"
    assert isinstance(said, Failed)
    assert said.message.startswith("no such file red\ufffdx")
    assert len(said.message) == 2000


def test_an_answer_of_another_request_is_told_and_not_passed_off_as_its_own(tiny: Tiny) -> None:
    client = Shared()
    result = {"content": {"run_request_id": "runreq_01K00000000000000000000009"}}
    taken(tiny, client).end(Finished("completed", result=result))

    act, said = client.heard[-1]
    assert act == "failed"
    assert isinstance(said, Failed)
    assert "as runreq_01K00000000000000000000009: completed" in said.message
