"""A message that got no answer is sent again, is counted, and has the effect of one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from foundry_kernel.runner.alloy_client import (
    AlloyClient,
    LeaseLost,
    NoAnswer,
    NotUnderstood,
    RefusedByAlloy,
)
from runtime_artifacts.runner_protocol import Acceptance, Heartbeat, Poll

BEAT = Heartbeat(lease_id="lease_1")


@contextmanager
def alloy(*answers: tuple[int, Any] | None) -> Iterator[tuple[AlloyClient, list[dict[str, Any]]]]:
    """A shared Alloy that gives these answers in turn; None hangs up."""
    heard: list[dict[str, Any]] = []
    left = list(answers)

    class Spoken(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append({"path": self.path, "key": self.headers["X-Alloy-Runner-Key"], **body})
            answer = left.pop(0)
            if answer is None:
                self.connection.close()
                return
            status, data = answer
            error = {"message": str(data)} if status >= 300 else None
            text = json.dumps({"success": status < 300, "data": None if error else data, "error": error})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *arguments: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Spoken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        yield AlloyClient(address, "runner_1", "the key", wait=lambda seconds: None), heard
    finally:
        server.shutdown()
        server.server_close()


def test_what_got_no_answer_is_sent_again_and_counted_for_its_request() -> None:
    with alloy(None, (503, "busy"), (200, {"lease_id": "lease_1"})) as (client, heard):
        assert client.say("runreq_1", "heartbeat", BEAT) == {"lease_id": "lease_1"}

    assert [each["sends"] for each in heard] == [1, 2, 3]
    assert {each["path"] for each in heard} == {"/alloy/api/v1/run-requests/runreq_1/heartbeat"}
    assert client.transport_retries == {"runreq_1": 2}


def test_what_is_said_once_more_because_nothing_was_answered_is_counted_too() -> None:
    state = (200, {"lease_id": "lease_1"})
    with alloy(state, None, None, None, state, state) as (client, heard):
        client.most_sends = 3
        client.accept("runreq_1", Acceptance(run_id=f"run_{'0' * 26}"))
        with pytest.raises(NoAnswer):
            client.say("runreq_1", "heartbeat", BEAT)
        client.say("runreq_1", "heartbeat", BEAT)
        client.say("runreq_1", "heartbeat", BEAT)

    assert [each.get("resent") for each in heard] == [None, 0, 1, 2, 3, 3]
    with alloy(state) as (later, _):
        client.url = later.url
        client.accept("runreq_1", Acceptance(run_id=f"run_{'0' * 26}"))
    assert client.transport_retries == {}, "a new lease counts anew"


def test_what_is_refused_is_not_sent_again() -> None:
    for status, error in (
        (409, LeaseLost),
        (401, RefusedByAlloy),
        (403, RefusedByAlloy),
        (422, NotUnderstood),
    ):
        with alloy((status, "no")) as (client, heard):
            with pytest.raises(error, match="says: no"):
                client.say("runreq_1", "heartbeat", BEAT)
            assert len(heard) == 1


def test_being_asked_to_wait_is_no_refusal() -> None:
    with alloy((429, "wait"), (200, {})) as (client, heard):
        client.say("runreq_1", "heartbeat", BEAT)
    assert len(heard) == 2


def test_nothing_to_do_is_no_error() -> None:
    with alloy((200, None)) as (client, _):
        assert client.poll(Poll()) is None


def test_an_alloy_that_never_answers_is_named_and_the_key_is_not() -> None:
    client = AlloyClient("http://127.0.0.1:1", "runner_1", "the key", wait=lambda seconds: None)
    with pytest.raises(NoAnswer) as refused:
        client.say("runreq_1", "heartbeat", BEAT)

    assert "the key" not in str(refused.value) + repr(client)
    with pytest.raises(NotUnderstood):
        AlloyClient("ftp://here", "runner_1", "k").poll(Poll())
