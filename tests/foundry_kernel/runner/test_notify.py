"""Somebody is told of what ended badly, without secrets, within a time, and never at the cost of the request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from foundry_kernel.runner.backends.backend import Finished
from foundry_kernel.runner.notify import LONGEST_NOTICE, Notifier, notice_text
from tests.fakes.queue_runner import piece_of_work

WORK = piece_of_work(1)
BAD = Finished("failed", "run_1", failure_class="execution", message="it broke", recovery_actions=("resume",))


@contextmanager
def listening(status: int = 200, location: str = "") -> Iterator[tuple[str, list[bytes]]]:
    """A web address on this machine, and what was posted to it."""
    heard: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_failure_is_told_to_the_command_and_to_the_address(tmp_path: Path) -> None:
    with listening() as (address, heard):
        Notifier(("sh", "-c", f"cat > {tmp_path}/told"), address)(WORK, BAD)

    assert json.loads(heard[0]) == json.loads((tmp_path / "told").read_text())
    assert json.loads(heard[0]) == {
        "request_id": WORK.request_id,
        "run_id": "run_1",
        "project_id": "shop",
        "requested_by": "ada",
        "status": "failed",
        "failure_class": "execution",
        "message": "it broke",
        "next_step": "",
        "recovery_actions": ["resume"],
    }


def test_what_ended_well_is_told_to_nobody() -> None:
    with listening() as (address, heard):
        Notifier(webhook=address)(WORK, Finished("completed"))
    assert heard == []


def test_secrets_of_the_runner_are_blotted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "very-secret-value")
    told = notice_text(WORK, Finished("failed", message="pushing with very-secret-value failed"))

    assert b"very-secret-value" not in told
    assert b"***DEPLOY_TOKEN***" in told


def test_a_notice_is_never_long() -> None:
    assert (
        len(notice_text(WORK, Finished("failed", message="ü" * 100_000, next_step="x" * 9_000)))
        <= LONGEST_NOTICE
    )


@pytest.mark.parametrize(
    "notifier",
    [
        Notifier(("sh", "-c", "exit 7")),
        Notifier(("no-such-program",)),
        Notifier(("sleep", "60"), time_limit_s=0.2),
        Notifier(webhook="http://127.0.0.1:1/nobody"),
        Notifier(webhook="file:///etc/passwd"),
    ],
    ids=["fails", "missing", "hangs", "unreachable", "no address"],
)
def test_a_notifier_that_fails_fails_nothing_else_and_is_named(notifier: Notifier) -> None:
    told: list[str] = []
    began = time.monotonic()
    notifier(WORK, BAD, told.append)

    assert len(told) == 1
    assert WORK.request_id in told[0]
    assert time.monotonic() - began < 30, "it does not wait for what hangs"


def test_a_redirect_is_not_followed() -> None:
    with listening() as (other, heard), listening(307, other) as (address, _):
        told: list[str] = []
        Notifier(webhook=address)(WORK, BAD, told.append)

    assert heard == []
    assert len(told) == 1
