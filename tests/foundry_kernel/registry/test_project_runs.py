"""A run of another project ends when the one that wants it is cancelled, and says so (spec 4.4, 4.6)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from foundry_kernel.events.journal import read_run
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.project_registry import Project
from foundry_kernel.gateways.project_runs import ProjectRun
from foundry_kernel.gateways.shell import CancelToken
from foundry_kernel.kernel.project_runs import local_project_runs
from tests.fakes.sample_project import Sample, sample_project


def wanted(sample: Sample, time_limit_s: float = 600.0) -> ProjectRun:
    return ProjectRun(
        project=Project(name="basket", path=str(sample.root)),
        revision=sample.head,
        entry_event="validation_requested",
        throttle="full",
        correlation_id="night",
        time_limit_s=time_limit_s,
    )


async def until_it_runs(marker: Path) -> None:
    async with asyncio.timeout(30):
        while not marker.exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
            await asyncio.sleep(0.02)


async def test_cancelling_the_one_that_waits_ends_the_run(tmp_path: Path) -> None:
    marker = tmp_path / "started"
    sample = sample_project(tmp_path, gates=[{"name": "endless", "command": f"touch {marker}; sleep 600"}])
    runs, token = tmp_path / "runs", CancelToken()
    service = local_project_runs(runs, GatewaySet())
    running = asyncio.create_task(service.run(wanted(sample), token))
    await until_it_runs(marker)
    token.set("enough")
    async with asyncio.timeout(20):
        summary = await running
    assert (summary.status, summary.success) == ("cancelled", False)
    facts = list(read_run(runs / summary.run_id / "journal"))
    assert facts[-1].status == "cancelled"
    assert facts[0].correlation_id == "night"


async def test_the_time_limit_of_the_registry_ends_a_run(tmp_path: Path) -> None:
    sample = sample_project(tmp_path, gates=[{"name": "endless", "command": "sleep 600"}])
    service = local_project_runs(tmp_path / "runs", GatewaySet())
    summary = await service.run(wanted(sample, time_limit_s=0.5))
    assert summary.status == "failed"
    assert "no end after" in summary.reason


async def test_a_run_tells_what_it_came_to(tmp_path: Path) -> None:
    sample = sample_project(tmp_path)
    service = local_project_runs(tmp_path / "runs", GatewaySet())
    summary = await service.run(wanted(sample))
    assert (summary.success, summary.commits, summary.changed_files) == (True, (), ())
    first = json.loads(
        (tmp_path / "runs" / summary.run_id / "journal" / "0001.jsonl").read_text().splitlines()[0]
    )
    assert first["revision"] == sample.head
