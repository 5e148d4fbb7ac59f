"""Whatever is sent to the API, the answer is one envelope, nothing breaks, and nobody gets in who must not."""

from __future__ import annotations

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alloynb.faces.server.route import Route, collect_routes
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact
from tests.alloynb.faces.server.conftest import TOKEN
from tests.alloynb.faces.server.test_runner_routes import asked, registered
from tests.fakes.api_server import Api
from tests.fakes.governed import Governed

ROUTES = [each for each in collect_routes() if not each.streams]
SETTINGS = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_WORDS = "shop mill .. ../../../etc/passwd a/b \x00 \x1b[2J \u202e * [a] - NaN brief_ shop.intent. facts;--"
_LONG = ("é" * 90, "x" * 3000, "runreq_01K00000000000000000000009")
NAMES = st.sampled_from((*_WORDS.split(" "), *_LONG)) | st.text(min_size=1, max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
NO_JSON = st.sampled_from(["", "{", "[]", "1", '{"a":1,"a":2}', "[" * 10_000, "\x00", '{"a":NaN}'])


@st.composite
def calls(draw: st.DrawFn) -> tuple[Route, str, str]:
    """A route, a path that fits it, and a body that may."""
    route = draw(st.sampled_from(ROUTES))
    path = route.path
    for part in route.parts:
        path = path.replace(f"{{{part}}}", quote(draw(NAMES), safe=""), 1)
    known = list(route.body.model_fields) if route.body else ["why"]
    bodies = st.dictionaries(st.sampled_from(known) | NAMES, JSON, max_size=5).map(json.dumps)
    return route, path, draw(bodies | NO_JSON)


@SETTINGS
@given(call=calls())
def test_no_call_breaks_the_server_and_every_answer_is_an_envelope(
    call: tuple[Route, str, str], api: Api, mill: Api
) -> None:
    route, path, body = call
    who = mill if route.by_runner else api
    sent = {"content": body.encode()} if route.method in ("POST", "PUT") else {}
    # Written out by hand: a client would tidy `..` away before it is sent.
    answer = httpx.request(
        route.method,
        f"{who.address}alloy/api/v1/{path}",
        headers=who.headers,
        timeout=60,
        trust_env=False,
        **sent,  # type: ignore[arg-type]
    )

    assert answer.status_code < 500, answer.text
    if "alloy/api/v1" in answer.request.url.path:
        assert set(answer.json()) == {"success", "data", "error"}
        assert "Traceback" not in answer.text


@pytest.fixture
def mill(api: Api, here: Governed) -> Api:
    """The API as a registered runner sees it."""
    return registered(api, here)[0]


NOWHERE = ["projects/shop/../../../etc/passwd", "projects/%2e%2e/me", "nothing", "projects/shop/%00"]


@pytest.mark.parametrize("path", NOWHERE)
def test_a_path_that_is_no_route_is_nowhere(api: Api, path: str) -> None:
    parts = urlsplit(api.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as raw:
        head = f"GET /alloy/api/v1/{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: token {TOKEN}\r\n\r\n"
        raw.sendall(head.encode())
        answer = b"".join(iter(lambda: raw.recv(1 << 16), b""))

    status = int(answer.split()[1])
    assert status in (404, 422)
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["next_step"]


def test_of_twenty_that_accept_at_once_one_gets_it(api: Api, here: Governed) -> None:
    many = [registered(api, here, f"mill-{number}")[0] for number in range(20)]
    request = asked(here)

    def accept(runner: Api) -> int:
        return runner("POST", f"run-requests/{request}/accepted", {"run_id": new_id("run")})[0]

    with ThreadPoolExecutor(20) as pool:
        assert Counter(pool.map(accept, many)) == {200: 1, 409: 19}
    (held,) = [each for each in api.data("GET", "projects/shop/runners")["runners"] if each["running"]]
    assert held["running"] == [request]


def test_another_site_cannot_speak_through_a_browser(api: Api, here: Governed) -> None:
    """A browser is logged in by cookie; a page of another site makes it call."""
    with httpx.Client(trust_env=False, follow_redirects=True, base_url=api.address) as browser:
        _speak_through(browser, here)
    assert list(here.workspace.mailbox.requests()) == []


def _speak_through(browser: httpx.Client, here: Governed) -> None:
    """Call as a page of another site would make a browser call."""
    browser.get(f"login?token={TOKEN}")
    there = {"Origin": "https://elsewhere.example"}
    body = json.dumps({"brief": here.compiled().id})
    assert browser.get("alloy/api/v1/projects").status_code == 200

    plain = browser.post("alloy/api/v1/projects/shop/run-requests", content=body)
    assert (plain.status_code, "_xsrf" in plain.text) == (403, True)
    for call in ("GET", "POST"):
        answer = browser.request(call, "alloy/api/v1/projects/shop/run-requests", content=body, headers=there)
        assert answer.status_code in (403, 404)
        assert "access-control-allow-origin" not in answer.headers
    asked_before = browser.options(
        "alloy/api/v1/projects/shop/run-requests", headers={**there, "Access-Control-Request-Method": "POST"}
    )
    assert "access-control-allow-origin" not in asked_before.headers


def test_a_runners_key_works_in_no_page_of_another_site(api: Api, here: Governed) -> None:
    runner, runner_id = registered(api, here)
    runner.headers["Origin"] = "https://elsewhere.example"
    answer = runner.fetch("POST", f"runners/{runner_id}/run-requests/next", "{}")

    assert answer.status_code == 404
    assert "access-control-allow-origin" not in answer.headers


def test_nobody_listens_to_a_run_without_being_known(api: Api, here: Governed) -> None:
    request = asked(here)
    for stranger in (Api(api.address), api.seen_by("guess"), registered(api, here)[0]):
        answer = stranger.fetch("GET", f"run-requests/{request}/stream")
        assert answer.status_code == 403
        assert "event:" not in answer.text


def test_a_client_that_never_ends_its_sentence_holds_up_nobody(api: Api, here: Governed) -> None:
    parts = urlsplit(api.address)
    slow = []
    for _ in range(20):
        raw = socket.create_connection((parts.hostname, parts.port), timeout=20)
        raw.sendall(b"POST /alloy/api/v1/runners/x/run-requests/next HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        raw.sendall(b"Content-Length: 1000\r\n\r\n{")
        slow.append(raw)
    try:
        assert api.data("GET", "projects")[0]["project"] == "shop"
    finally:
        for raw in slow:
            raw.close()


def test_what_a_runner_says_is_data_and_steers_no_terminal_and_no_page(api: Api, here: Governed) -> None:
    runner, _ = registered(api, here)
    request, run = asked(here), new_id("run")
    lease = runner.data("POST", f"run-requests/{request}/accepted", {"run_id": run})["lease_id"]

    def event(said: str) -> dict[str, Any]:
        fact = Fact(
            fact_id=f"{run}/1",
            kind="event",
            seq=1,
            recorded_at="2026-11-22T12:00:00Z",
            run_id=run,
            event_type="greeted",
            summary=said,
            payload={"said": said},
        )
        return {"lease_id": lease, "facts": [fact.model_dump(mode="json", exclude_none=True)]}

    for act, said in (
        ("events", event("\x1b[2J")),
        ("failed", {"lease_id": lease, "failure_class": "dispatch", "message": "\x1b]0;owned\x07"}),
    ):
        refused = runner.error(422, "POST", f"run-requests/{request}/{act}", said)
        assert "U+001B" in refused["message"]
    page = "<script>alert(1)</script>\nevent: state\ndata: {}\n\n"
    runner.data("POST", f"run-requests/{request}/events", event(page))
    said = {"lease_id": lease, "failure_class": "validation", "message": page}
    runner.data("POST", f"run-requests/{request}/failed", said)

    answer = api.fetch("GET", f"run-requests/{request}")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["data"]["standing"]["state"] == "failed"
    stream = [(name, data) for name, _, data in api.events(f"run-requests/{request}/stream")]
    assert [name for name, _ in stream].count("state") == 1, "what is said begins no event of its own"
