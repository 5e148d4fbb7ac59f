"""A run is followed while it goes on: facts in order, then the end; who comes back goes on where they were."""

from __future__ import annotations

import threading

from alloynb.application.request_run import RequestRun, request_run
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact, JournalWriter
from tests.fakes.alloy_workspace import ScriptedFoundry
from tests.fakes.api_server import Api
from tests.fakes.governed import Governed

NOW = "2026-11-22T12:00:00Z"


def fact(seq: int) -> Fact:
    return Fact(fact_id=f"fact-{seq}", kind="event", seq=seq, recorded_at=NOW, event_type="greeted")


def requested(here: Governed) -> str:
    return request_run(here.workspace, RequestRun(here.compiled().id)).request.id


def test_facts_come_as_they_are_written_and_the_end_ends_the_stream(api: Api, here: Governed) -> None:
    request = requested(here)
    seen = []

    def listen() -> None:
        seen.extend(api.events(f"run-requests/{request}/stream"))

    listener = threading.Thread(target=listen)
    listener.start()
    run = new_id("run")
    mailbox = here.workspace.mailbox
    mailbox.claim(request, run, "runner", format_timestamp(here.clock()))
    with JournalWriter(here.workspace.run_dir(run) / "journal" / "0001.jsonl") as journal:
        journal.append(fact(1))
        journal.append(fact(2))
    ScriptedFoundry().run(request, here.root, quiet=True)
    listener.join(30)
    assert not listener.is_alive()
    assert [data["fact_id"] for name, _, data in seen if name == "fact"] == ["fact-1", "fact-2"]
    assert [identity for name, identity, _ in seen if name == "fact"] == ["1", "2"]
    name, _, last = seen[-1]
    assert (name, last["state"]) == ("state", "completed")

    again = list(api.events(f"run-requests/{request}/stream", after="1"))
    assert [identity for name, identity, _ in again if name == "fact"] == ["2"]


def test_a_stream_of_nothing_is_refused(api: Api) -> None:
    told = api.error(404, "GET", "run-requests/runreq_00000000000000000000000000/stream")
    assert told["type"] == "NotHere"
