"""Waits for the code host's pipeline of a release (spec 4.6)."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import Field

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.errors import CannotDispatch
from foundry_kernel.events.payloads.release import ReleaseCompleted, ReleasePipelineCompleted
from foundry_kernel.gateways.code_host import CodeHost, NoCodeHost, Pipeline, as_text, open_code_host
from foundry_kernel.gateways.package_tools import ToolCaller


class WatchSettings(Settings):
    """What a formation may set.

    Attributes:
        poll_every_s: seconds between two looks.
        appears_within_s: seconds after which no pipeline means that there is none.
        timeout_s: seconds; then it is not waited for longer.
        failed_looks: how many looks in a row may fail before the watch does.
    """

    poll_every_s: float = Field(default=15.0, gt=0, le=3600)
    appears_within_s: float = Field(default=180.0, ge=0)
    timeout_s: float = Field(default=3600.0, gt=0)
    failed_looks: int = Field(default=5, ge=1, le=100)


def _was_cut(payload: Any) -> bool:
    return bool(payload.success)


@block(
    name="watch_pipeline",
    kind="observer",
    sinks=(ReleaseCompleted,),
    emits=(ReleasePipelineCompleted,),
    accepts=_was_cut,
    settings=WatchSettings,
)
async def watch_pipeline(context: BlockContext) -> BlockResult:
    """Look until the pipeline passed or failed, or the time is over. What was not pushed has no pipeline."""
    release = context.payload_as(ReleaseCompleted)
    if release.dry_run or not release.pushed:
        return _unwatched(release, "there is no pipeline to wait for: the tag is not on the code host", 0)
    caller = ToolCaller(
        context.gateways.shell, context.gateways.environment, context.redactor, context.cancel, 120.0
    )
    try:
        host = await open_code_host(context.repository or context.run_dir, caller)
    except NoCodeHost as error:
        return _unwatched(release, str(error), 1)
    if host is None:
        return _unwatched(release, "the repository says that it has no code host", 0)
    found = await _watched(context, host, release)
    ended = found.status in ("passed", "none")
    said = as_text(found) if found.status != "running" else "the pipeline did not end in time"
    return BlockResult(
        said,
        ReleasePipelineCompleted(
            success=ended,
            findings=1 if found.status == "none" else 0,
            summary=said,
            tag=release.tag,
            status=found.status,
            address=found.address,
        ),
    )


async def _watched(context: BlockContext, host: CodeHost, release: ReleaseCompleted) -> Pipeline:
    settings, clock = context.settings_as(WatchSettings), context.gateways.clock
    began, failed = clock.monotonic(), 0
    while True:
        found = Pipeline(status="unknown")
        try:
            found = await host.pipeline(branch=release.tag, revision=release.commit)
            failed = 0
        except CannotDispatch:
            failed += 1
            if failed >= settings.failed_looks:
                raise
        passed_s = clock.monotonic() - began
        if found.status in ("passed", "failed"):
            return found
        if found.status == "none" and passed_s >= settings.appears_within_s:
            return found
        if passed_s + settings.poll_every_s > settings.timeout_s:
            return found.model_copy(update={"status": "running"})
        await _pause(context, settings.poll_every_s)


async def _pause(context: BlockContext, seconds: float) -> None:
    """Wait, but no longer than until the run is cancelled."""
    waiting = {
        asyncio.create_task(context.gateways.clock.sleep(seconds)),
        asyncio.create_task(context.cancel.wait()),
    }
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    if context.cancel.is_set:
        raise asyncio.CancelledError


def _unwatched(release: ReleaseCompleted, why: str, findings: int) -> BlockResult:
    return BlockResult(
        why,
        ReleasePipelineCompleted(
            success=True, findings=findings, summary=why, tag=release.tag, status="unwatched"
        ),
    )


BLOCK = watch_pipeline
