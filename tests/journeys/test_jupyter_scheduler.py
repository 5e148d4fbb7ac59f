"""jupyter-scheduler itself executes the run notebook: a real server, asked over its REST API.

It needs an older croniter than the `queue` extra, so it has no place in the pinned environment: with
`ALLOY_SCHEDULER=1` a throwaway environment is built beside that one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from foundry_kernel.runner.launch import run_notebook
from tests.fakes.api_server import Api, api_server
from tests.fakes.environment_beside import environment_beside
from tests.foundry_kernel.runner.tiny_workspace import Tiny, gate, make_workspace

pytestmark = pytest.mark.slow

SWITCH = "ALLOY_SCHEDULER"
SCHEDULER = "jupyter-scheduler==2.12.1"
TIME_LIMIT_S = 90
ENDED = {"COMPLETED", "FAILED"}
"""STOPPED is no end: a job has this status from its creation until its process has begun."""


class Scheduler:
    """The scheduler's API, as its own pages call it."""

    def __init__(self, api: Api, staging: Path) -> None:
        self._api = api
        self._staging = staging
        (environment, *_) = self.call("GET", "runtime_environments")
        self._common = {
            "input_uri": run_notebook().name,
            "runtime_environment_name": environment["name"],
            "output_formats": ["ipynb"],
        }

    def call(self, method: str, path: str, body: Any = None) -> Any:
        response = httpx.request(
            method,
            f"{self._api.address}scheduler/{path}",
            json=body,
            headers=self._api.headers,
            timeout=TIME_LIMIT_S,
            trust_env=False,
        )
        assert response.status_code == 200, response.text
        return response.json()

    def define(self, name: str, schedule: str, **parameters: str) -> str:
        """A job that recurs."""
        body = {**self._common, "name": name, "schedule": schedule, "parameters": parameters}
        defined: str = self.call("POST", "job_definitions", body)["job_definition_id"]
        return defined

    def start(self, name: str, **parameters: str) -> str:
        """A job that runs once, now."""
        job: str = self.call("POST", "jobs", {**self._common, "name": name, "parameters": parameters})[
            "job_id"
        ]
        return job

    def start_defined(self, definition: str) -> str:
        """The job that recurs, now."""
        job: str = self.call("POST", f"job_definitions/{definition}/jobs", {})["job_id"]
        return job

    def end_of(self, job: str) -> dict[str, Any]:
        """Wait until a job has ended, and describe it."""
        deadline = time.monotonic() + TIME_LIMIT_S
        while time.monotonic() < deadline:
            described: dict[str, Any] = self.call("GET", f"jobs/{job}")
            if described["status"] in ENDED:
                return described
            time.sleep(0.2)
        raise AssertionError(f"job does not end: {described}")

    def executed(self, job: str) -> str:
        """Text of the executed notebook."""
        (file,) = [each for each in (self._staging / job).glob("*.ipynb") if each.name != run_notebook().name]
        return json.dumps(json.loads(file.read_text("utf-8")), ensure_ascii=False)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    python = sys.executable
    if importlib.util.find_spec("jupyter_scheduler") is None:
        if not os.environ.get(SWITCH):
            pytest.skip(
                f"jupyter-scheduler is not installed here; {SWITCH}=1 builds an environment that has it"
            )
        python = str(environment_beside(tmp_path_factory.mktemp("scheduler") / "venv", SCHEDULER))
    folder = tmp_path_factory.mktemp("jobs")
    root = folder / "notebooks"
    root.mkdir()
    shutil.copy(run_notebook(), root)
    kernels = {"JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter")}
    settings = folder / "settings"
    (settings / "data").mkdir(parents=True)  # its database lies there, and it does not make the folder
    with api_server(root, settings, token="scheduled", environment=kernels, python=python) as api:
        yield Scheduler(api, settings / "data" / "scheduler_staging_area")


def parameters(tiny: Tiny) -> dict[str, str]:
    """What a person enters: the scheduler writes each value into the notebook as Python, so texts are quoted."""
    return {"request": json.dumps(tiny.request.id), "workspace": json.dumps(str(tiny.workspace.root))}


def results(tiny: Tiny) -> list[str]:
    return [each.content.status for each in tiny.workspace.mailbox.results(tiny.request.id)]


def test_a_job_that_recurs_runs_the_request_once_and_is_then_answered_with_its_result(
    scheduler: Scheduler, tmp_path: Path
) -> None:
    tiny = make_workspace(tmp_path / "a shop", overlay_gates=[gate("holds", "true")])
    definition = scheduler.define("nightly", "0 2 * * *", **parameters(tiny))
    first = scheduler.end_of(scheduler.start_defined(definition))
    second = scheduler.end_of(scheduler.start_defined(definition))

    assert first["status"] == "COMPLETED", first
    assert second["status"] == "COMPLETED", second
    assert results(tiny) == ["completed"]
    assert "✓ completed" in scheduler.executed(first["job_id"])
    assert len(list((tiny.workspace.root / ".alloy" / "runs").glob("run_*"))) == 1


def test_a_run_that_does_not_succeed_and_a_wrong_parameter_fail_the_job_with_the_reason(
    scheduler: Scheduler, tmp_path: Path
) -> None:
    broken = make_workspace(tmp_path / "broken", overlay_gates=[gate("holds", "false")])
    tiny = make_workspace(tmp_path / "shop", overlay_gates=[gate("holds", "true")])
    good = parameters(tiny)
    expected = {
        scheduler.start("broken", **parameters(broken)): "RunDidNotSucceed",
        scheduler.start("unknown", **good, reqest='"x"'): "unknown parameter 'reqest'",
        scheduler.start("ill typed", **{**good, "workspace": "7"}): "IllTypedParameter",
    }
    ended = {job: scheduler.end_of(job) for job in expected}

    assert {each["status"] for each in ended.values()} == {"FAILED"}
    for job, reason in expected.items():
        assert reason in ended[job]["status_message"], ended[job]
    assert results(tiny) == [], "what is refused runs nothing"
