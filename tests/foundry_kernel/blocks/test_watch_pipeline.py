"""Waiting for a pipeline has an end, and takes no real time here (spec 4.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.blocks.watch_pipeline import BLOCK
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.gateways.shell import Command, CommandResult
from tests.fakes.foundry_run import Run
from tests.fakes.foundry_shell import FakeShell, exits

RELEASED = {"success": True, "tag": "v1.0.0", "commit": "1" * 40, "pushed": True}
SETTINGS = {"poll_every_s": 10.0, "appears_within_s": 30.0, "timeout_s": 100.0, "failed_looks": 2}


def watch(folder: Path, *answers: CommandResult | str, released: dict[str, Any] | None = None) -> Run:
    """A watch that gets these answers, the last for ever."""
    (folder / ".alloy").mkdir(parents=True)
    (folder / ".alloy" / "code_host.toml").write_text('adapter = "command"\ncommand = ["ci-state"]\n')
    left: Iterator[CommandResult | str] = iter(answers)
    last: list[CommandResult | str] = []

    def answer(command: Command) -> CommandResult:
        last[:] = [next(left, last[0] if last else answers[-1])]
        said = last[0]
        return said if isinstance(said, CommandResult) else exits(0, json.dumps({"status": said}))

    return Run(
        folder,
        [BLOCK],
        catalogue=load_catalogue(),
        begin_with=("release_completed", released or RELEASED),
        shell=FakeShell({("ci-state",): answer}),
        settings={"watch_pipeline": SETTINGS},
    )


def told(run: Run) -> dict[str, Any]:
    return next(
        fact.payload
        for fact in run.facts
        if fact.kind == "event" and fact.event_type == "release_pipeline_completed"
    )


@pytest.mark.parametrize(
    ("answers", "status", "success", "waits"),
    [
        (["passed"], "passed", True, 0),
        (["none", "running", "running", "passed"], "passed", True, 3),
        (["running", "failed"], "failed", False, 1),
        (["none"], "none", True, 3),
        (["running"], "running", False, 10),
        (["unknown"], "running", False, 10),
        ([exits(1, "a hiccup"), "passed"], "passed", True, 1),
    ],
)
async def test_a_watch_ends_with_the_pipeline_or_with_its_own_limits(
    answers: list[Any], status: str, success: bool, waits: int, tmp_path: Path
) -> None:
    run = watch(tmp_path / "run", *answers)
    assert (await run.go()).status == "completed"
    assert (told(run)["status"], told(run)["success"]) == (status, success)
    assert len(run.clock.slept) in (waits - 1, waits), "within its limits, give or take a look"
    assert set(run.clock.slept) <= {10.0}


async def test_a_host_that_goes_on_failing_is_a_dispatch_failure(tmp_path: Path) -> None:
    outcome = await watch(tmp_path / "run", exits(1, "no network")).go()
    assert (outcome.status, outcome.failure_class) == ("failed", "dispatch")
    assert "no network" in outcome.reason


@pytest.mark.parametrize("change", [{"pushed": False}, {"dry_run": True}])
async def test_what_is_not_on_the_code_host_is_not_waited_for(change: dict[str, Any], tmp_path: Path) -> None:
    run = watch(tmp_path / "run", "failed", released={**RELEASED, **change})
    assert (await run.go()).status == "completed"
    assert told(run)["status"] == "unwatched"
    assert run.shell.asked == []
