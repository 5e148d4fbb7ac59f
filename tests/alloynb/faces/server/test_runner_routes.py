"""Runners over HTTP: by their own key alone, one request to one runner, and nothing for those who guess."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from alloynb.application.compile_intent import CompileIntent, compile_intent
from alloynb.application.request_run import RequestRun, request_run
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact
from tests.fakes.alloy_workspace import ScriptedFoundry
from tests.fakes.api_server import Api
from tests.fakes.governed import Governed
from tests.fakes.remote_runner import manifest_bytes


def registered(api: Api, here: Governed, name: str = "mill", **more: Any) -> tuple[Api, str]:
    """Let a runner in and let it say what it supports; the answer is the API as it sees it, and its id."""
    made = api.data("POST", "projects/shop/runners", {"name": name, "projects": ["shop"], **more})
    runner = api.as_runner(made["runner_id"], made["key"])
    manifest = json.loads(manifest_bytes(here.workspace))
    runner.data("PUT", f"runners/{made['runner_id']}/capabilities", {"manifest": manifest})
    return runner, made["runner_id"]


def asked(here: Governed) -> str:
    """Ask for a run as ada; answer the id of the request."""
    brief = compile_intent(here.workspace, CompileIntent()).formation.brief
    return request_run(here.workspace, RequestRun(brief.id)).request.id


def test_a_request_goes_through_its_whole_life(api: Api, here: Governed) -> None:
    runner, runner_id = registered(api, here)
    assert runner.data("POST", f"runners/{runner_id}/run-requests/next") is None
    request = asked(here)
    offer = runner.data("POST", f"runners/{runner_id}/run-requests/next", {"host": "mill-1"})
    assert offer["request"]["id"] == request
    assert {each["schema"] for each in offer["artifacts"]} >= {
        "alloy.formation_brief.v1",
        "alloy.gate_overlay.v1",
    }
    run = new_id("run")
    lease = runner.data("POST", f"run-requests/{request}/accepted", {"run_id": run})["lease_id"]
    runner.data("POST", f"run-requests/{request}/started", {"lease_id": lease})
    fact = Fact(fact_id=f"{run}/1", kind="event", seq=1, recorded_at="2026-11-22T12:00:00Z", run_id=run)
    sent = {"lease_id": lease, "facts": [fact.model_dump(mode="json", exclude_none=True)]}
    runner.data("POST", f"run-requests/{request}/events", sent)
    beat = runner.data("POST", f"run-requests/{request}/heartbeat", {"lease_id": lease})
    assert beat["cancel"] is False
    (line,) = api.data("GET", "projects/shop/runners")["runners"]
    assert (line["state"], line["running"]) == ("alive", [request])

    posted = here.workspace.mailbox.request(request)
    result = ScriptedFoundry()._result(posted, run, 1, here.workspace.shelf)
    ended = {"lease_id": lease, "result": result.as_json()}
    assert runner.data("POST", f"run-requests/{request}/completed", ended)["status"] == "completed"
    assert runner.data("POST", f"run-requests/{request}/completed", ended)["status"] == "completed"
    assert api.data("GET", f"run-requests/{request}")["standing"]["state"] == "completed"
    assert api.data("GET", f"foundry-runs/{run}/evidence-observations") == []
    facts = [data for name, _, data in api.events(f"run-requests/{request}/stream") if name == "fact"]
    assert [each["fact_id"] for each in facts] == [f"{run}/1"]


def test_waiting_for_work_ends_when_work_comes(api: Api, here: Governed) -> None:
    runner, runner_id = registered(api, here)
    compile_intent(here.workspace, CompileIntent())
    found: list[Any] = []
    waiting = threading.Thread(
        target=lambda: found.append(
            runner.data("POST", f"runners/{runner_id}/run-requests/next", {"wait_s": 30})
        )
    )
    waiting.start()
    request = asked(here)
    waiting.join(20)
    assert not waiting.is_alive()
    assert found[0]["request"]["id"] == request


def test_a_second_runner_does_not_get_what_the_first_one_has(api: Api, here: Governed) -> None:
    (first, first_id), (second, second_id) = registered(api, here, "one"), registered(api, here, "two")
    request = asked(here)
    assert first.data("POST", f"runners/{first_id}/run-requests/next")["request"]["id"] == request
    assert second.data("POST", f"runners/{second_id}/run-requests/next")["request"]["id"] == request
    lease = first.data("POST", f"run-requests/{request}/accepted", {"run_id": new_id("run")})["lease_id"]
    second.error(409, "POST", f"run-requests/{request}/accepted", {"run_id": new_id("run")})
    second.error(409, "POST", f"run-requests/{request}/started", {"lease_id": lease})
    assert second.data("POST", f"runners/{second_id}/run-requests/next") is None


def test_a_cancellation_reaches_whoever_runs_it(api: Api, here: Governed) -> None:
    runner, runner_id = registered(api, here)
    request = asked(here)
    runner.data("POST", f"runners/{runner_id}/run-requests/next")
    lease = runner.data("POST", f"run-requests/{request}/accepted", {"run_id": new_id("run")})["lease_id"]
    assert not api.data("POST", f"run-requests/{request}/cancel", {"why": "wrong brief"})["ended"]
    beat = runner.data("POST", f"run-requests/{request}/heartbeat", {"lease_id": lease})
    assert (beat["cancel"], beat["why"]) == (True, "wrong brief")
    runner.data("POST", f"run-requests/{request}/handed-back", {"lease_id": lease})
    told = api.error(409, "POST", f"run-requests/{request}/cancel", {})
    assert told["type"] == "EndedBefore"


@pytest.mark.parametrize("key", ["", "alloyrunner_wrong", "x" * 5000])
def test_a_wrong_key_opens_nothing(api: Api, here: Governed, key: str) -> None:
    _, runner_id = registered(api, here)
    stranger = api.as_runner(runner_id, key)
    told = stranger.error(401, "POST", f"runners/{runner_id}/run-requests/next")
    assert told["type"] == "WrongKey"


def test_a_key_opens_only_what_is_for_its_runner(api: Api, here: Governed) -> None:
    runner, _ = registered(api, here)
    _, other_id = registered(api, here, "other")
    runner.error(403, "POST", f"runners/{other_id}/run-requests/next")
    assert runner.fetch("GET", "projects/shop/intent-records").status_code == 403
    assert runner.fetch("POST", "projects/shop/runners", "{}").status_code == 403


def test_a_runner_that_was_shut_out_gets_nothing_more(api: Api, here: Governed) -> None:
    runner, runner_id = registered(api, here)
    assert api.data("POST", "projects/shop/runners/mill/revoke", {"why": "lost"})["revoked"]["why"] == "lost"
    assert runner.error(403, "POST", f"runners/{runner_id}/run-requests/next")["type"] == "RunnerRevoked"


def test_the_servers_token_is_no_runners_key(api: Api, here: Governed) -> None:
    _, runner_id = registered(api, here)
    assert api.error(401, "POST", f"runners/{runner_id}/run-requests/next")["type"] == "WrongKey"


def test_who_guesses_keys_is_not_looked_at_for_a_while_and_is_recorded(api: Api, here: Governed) -> None:
    runner, runner_id = registered(api, here)
    stranger = api.as_runner(runner_id, "alloyrunner_guess")
    answers = [stranger.fetch("POST", f"runners/{runner_id}/run-requests/next", "{}") for _ in range(12)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert runner.data("POST", f"runners/{runner_id}/run-requests/next") is None, "it was known from there"
    rows = here.workspace.warehouse.query("SELECT step FROM runner_events").rows
    assert ("wrong_key",) in rows
