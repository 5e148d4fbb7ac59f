"""An address as a provider: bounded, sent again when no answer came, and never sent again when one did."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from foundry_kernel.errors import FoundryError
from foundry_kernel.runner.providers.provider import (
    NoAnswer,
    NotHeld,
    ProviderRefuses,
    ProviderUnreachable,
    Sending,
)
from foundry_kernel.runner.providers.web import Web

NAME = f"evidence_plan/{'0b' * 32}.json"
TEXT = b'{"items": []}'


@dataclass
class Site:
    """What is said to the next requests: a status, `breaks off`, `trickles` or `too much`; afterwards the file."""

    address: str
    plan: list[int | str] = field(default_factory=list)
    asked: int = 0


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked += 1
            planned = site.plan.pop(0) if site.plan else 200
            self.send_response(planned if isinstance(planned, int) else 200)
            length = {"too much": 17 * 1024 * 1024, "breaks off": 999, "trickles": 999}.get(
                str(planned), len(TEXT)
            )
            self.send_header("Content-Length", str(length))
            self.end_headers()
            try:
                if planned == "trickles":
                    for _ in range(100):
                        self.wfile.write(b" ")
                        time.sleep(0.05)
                self.wfile.write(b" " * length if planned == "too much" else TEXT)
            except OSError:
                pass  # nobody reads any more

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(f"http://127.0.0.1:{server.server_port}/shelf/")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def web(site: Site, waits: list[float], time_limit_s: float = 10) -> Web:
    return Web(site.address, time_limit_s, Sending(3, waits.append))


def test_a_message_without_an_answer_is_sent_again_and_counted(site: Site) -> None:
    waits: list[float] = []
    site.plan[:] = [503, "breaks off"]
    opened = web(site, waits)
    assert opened.fetch(NAME) == TEXT
    assert (opened.resent, waits) == (2, [0.2, 0.4])


@pytest.mark.parametrize(
    ("answer", "error"),
    [(404, NotHeld), (403, ProviderRefuses), (401, ProviderRefuses), (400, ProviderUnreachable)],
)
def test_an_answer_is_not_asked_for_again(site: Site, answer: int, error: type[FoundryError]) -> None:
    site.plan[:] = [answer]
    with pytest.raises(error, match=r"http://127\.0\.0\.1 does not give"):
        web(site, []).fetch(NAME)
    assert site.asked == 1


def test_what_is_too_large_is_not_read_to_its_end_and_a_trickle_buys_no_time(site: Site) -> None:
    site.plan[:] = ["too much", "trickles", "trickles", "trickles"]
    with pytest.raises(ProviderUnreachable, match="more than 16777216 bytes"):
        web(site, []).fetch(NAME)
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"not within 0\.3 s"):
        web(site, [], time_limit_s=0.3).fetch(NAME)
    assert time.monotonic() - began < 10, "three times a third of a second, and what a busy machine adds"


def test_where_nobody_listens_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        Web("http://127.0.0.1:9", 2, Sending(2, [].append)).fetch(NAME)
