"""Looks whether the project says what it is for, before anybody works on it (spec 4.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.events.payload import Workflow
from foundry_kernel.events.payloads.iteration import (
    ExecutionRequested,
    IterationRequested,
    PromptExecutionRequested,
)
from foundry_kernel.events.payloads.validation import CharterCheckCompleted

_BRIEF = "artifacts/brief.json"
_MOST_BYTES = 4 * 1024 * 1024


class CharterSettings(Settings):
    """What a formation may set.

    Attributes:
        sources: files that may hold the charter, relative to the tree; the first that says enough counts.
        least_characters: of text, headings left out, that a charter has.
    """

    sources: tuple[str, ...] = (
        "CHARTER.md",
        "docs/CHARTER.md",
        ".alloy/projections/CHARTER.generated.md",
        "README.md",
    )
    least_characters: int = Field(default=40, ge=0)


def _one_round(payload: Any) -> bool:
    return not getattr(payload, "strategic", False)


@block(
    name="check_charter",
    kind="observer",
    sinks=(IterationRequested, PromptExecutionRequested, ExecutionRequested),
    emits=(CharterCheckCompleted,),
    accepts=_one_round,
    settings=CharterSettings,
)
async def check_charter(context: BlockContext) -> BlockResult:
    """Find what the project is for: in the run's brief, else in the first file that says it."""
    workflow, loop = _workflow(context)
    source = _source(context, context.settings_as(CharterSettings))
    reason = "" if source else "nothing says what the project is for; write a CHARTER.md, or run with a brief"
    return BlockResult(
        reason or f"the charter is {source}",
        CharterCheckCompleted(
            success=source is not None, source=source, reason=reason, workflow=workflow, loop_context=loop
        ),
    )


def _workflow(context: BlockContext) -> tuple[Workflow, Any]:
    if isinstance(context.payload, PromptExecutionRequested):
        return "prompt", None
    if isinstance(context.payload, ExecutionRequested):
        return "execution", None
    return "iterate", context.payload_as(IterationRequested).loop_context


def _source(context: BlockContext, settings: CharterSettings) -> str | None:
    files = context.gateways.files
    if files.read(context.run_dir, _BRIEF, _MOST_BYTES) is not None:
        return "the brief"
    for name in settings.sources:
        text = files.read(context.work_tree, name, _MOST_BYTES)
        lines = text.decode(errors="replace").splitlines() if text is not None else []
        said = sum(len(line.strip()) for line in lines if not line.lstrip().startswith("#"))
        if text is not None and said >= settings.least_characters:
            return name
    return None


BLOCK = check_charter
