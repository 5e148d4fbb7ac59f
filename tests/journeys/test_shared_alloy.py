"""Mode 2: runners on other machines pull requests of a shared Alloy over HTTP, and bring back what happened."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.workspace import open_workspace
from tests.fakes.api_server import Api, api_server
from tests.fakes.governed import Governed, govern_here

pytestmark = pytest.mark.slow
TOKEN = "a-token-of-the-tests"


@dataclass
class Shared:
    """A server that serves one governed repository, and machines with clones of it."""

    api: Api
    governed: Governed
    folder: Path

    def register(self, name: str) -> dict[str, Any]:
        said = {"name": name, "projects": ["shop"]}
        return dict(self.api.data("POST", "projects/shop/runners", said))

    def request(self, **more: Any) -> str:
        brief = self.governed.compiled()
        answer = self.api.data("POST", "projects/shop/run-requests", {"brief": brief.id, **more})
        return str(answer["request"]["id"])

    def machine(self, name: str) -> Path:
        """A clone of the repository with an empty `.alloy`, as on another machine."""
        clone = self.folder / f"machine-{name}"
        subprocess.run(["git", "clone", "-q", str(self.governed.root), str(clone)], check=True)
        (clone / ".alloy").mkdir(exist_ok=True)
        return clone

    def serving(self, who: dict[str, Any], clone: Path, *more: str) -> subprocess.Popen[str]:
        address = self.api.address.rstrip("/")
        arguments = ["serve", "--alloy", address, "--runner", who["runner_id"], "--lease", "3", *more]
        return subprocess.Popen(
            [sys.executable, "-m", "foundry_kernel.cli", *arguments],
            cwd=clone,
            env={**os.environ, "ALLOY_RUNNER_KEY": who["key"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def standing(self, request_id: str) -> dict[str, Any]:
        return dict(self.api.data("GET", f"run-requests/{request_id}")["standing"])


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    served = tmp_path / "served"
    served.mkdir()
    environment = {"ALLOY_PRINCIPAL": "ada"}
    with api_server(served, tmp_path / "settings", token=TOKEN, environment=environment) as api:
        yield Shared(api, govern_here(served), tmp_path)


def test_a_runner_elsewhere_executes_a_request_and_brings_back_result_and_journal(shared: Shared) -> None:
    who, clone = shared.register("near"), shared.machine("near")
    request_id = shared.request()
    assert shared.standing(request_id)["why"] == ["near has not said what it supports"]
    process = shared.serving(who, clone, "--until-empty")
    out, errors = process.communicate(timeout=90)

    assert process.returncode in (0, 1), errors
    standing = shared.standing(request_id)
    assert standing["state"] in {"completed", "completed_with_findings"}, (standing, out, errors)
    here = open_workspace(shared.governed.root)
    run_id = standing["run_id"]
    asked = f"SELECT count(*) FROM facts WHERE run_id = '{run_id}' AND kind = 'run_finished'"
    assert here.warehouse.query(asked).rows == ((1,),), "the journal came back whole"
    steps = here.warehouse.query(f"SELECT step FROM dispatch WHERE request_id = '{request_id}'").rows
    assert [step for (step,) in steps] == ["accepted", "started", "ended"]
    fleet = shared.api.data("GET", "projects/shop/runners")
    assert [(each["name"], each["state"]) for each in fleet["runners"]] == [("near", "alive")]


def test_when_a_runner_is_killed_another_machine_takes_its_request_up(shared: Shared) -> None:
    one, two = shared.register("one"), shared.register("two")
    request_id = shared.request()
    first = shared.serving(one, shared.machine("one"))
    deadline = time.monotonic() + 60
    while shared.standing(request_id)["state"] != "executing":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    first.kill()
    first.communicate()
    second = shared.serving(two, shared.machine("two"))
    while shared.standing(request_id)["state"] not in {"completed", "completed_with_findings"}:
        assert time.monotonic() < deadline + 60, shared.standing(request_id)
        time.sleep(0.3)
    second.terminate()
    second.communicate(timeout=30)

    standing = shared.standing(request_id)
    assert (standing["holder"], standing["runner_retries"]) == ("two", 1)
    (result,) = shared.api.data("GET", f"run-requests/{request_id}")["results"]
    assert result["content"]["retries"] == {"transport": 0, "runner": 1, "foundry": 0}


def test_a_runner_with_a_wrong_key_gets_nothing_and_says_so(shared: Shared) -> None:
    who, clone = shared.register("near"), shared.machine("near")
    process = shared.serving({**who, "key": "guessed"}, clone, "--once")
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 3
    assert "this is not the key of a runner" in errors
