"""Finds and verifies the brief that shapes the run; what it means stays opaque (spec 4.1, 5.2 mode 3)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.errors import FoundryError, Unsafe
from foundry_kernel.events.payload import AlloyReference, EntryPayload
from foundry_kernel.events.payloads.intent import IntentContextResolved
from foundry_kernel.events.payloads.iteration import (
    ExecutionRequested,
    IterationRequested,
    PromptExecutionRequested,
)
from foundry_kernel.events.payloads.maintenance import MaintenanceRequested
from foundry_kernel.events.payloads.observation import DriftAssessmentRequested
from foundry_kernel.events.payloads.validation import ValidationRequested
from runtime_artifacts.canonical import MAX_DOCUMENT_BYTES
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.kinds import read_as

_FILE = "artifacts/brief.json"


class BriefMissing(FoundryError):
    """The event names a brief, and no copy of it lies in the run's folder."""

    failure_class = "validation"


class BriefMismatch(Unsafe):
    """The brief in the run's folder is not the one that the event names."""


def _names_a_brief(payload: Any) -> bool:
    return payload.alloy is not None


@block(
    name="resolve_intent_context",
    kind="observer",
    sinks=(
        ValidationRequested,
        IterationRequested,
        PromptExecutionRequested,
        ExecutionRequested,
        MaintenanceRequested,
        DriftAssessmentRequested,
    ),
    emits=(IntentContextResolved,),
    accepts=_names_a_brief,
)
async def resolve_intent_context(context: BlockContext) -> BlockResult:
    """Find the brief that the event names, verify it, and say which context it brings."""
    named = context.payload_as(EntryPayload).alloy
    assert named is not None
    text = context.gateways.files.read(context.run_dir, _FILE, MAX_DOCUMENT_BYTES)
    if text is None:
        raise BriefMissing(
            f"{_FILE} is not there",
            next_step="run a request of it (emit --artifacts PLACE makes one), or lay it out in .alloy/briefs",
        )
    brief = read_as(FORMATION_BRIEF, text, context.run_dir / _FILE)
    _refuse_other(named, brief.id, brief.digest)
    content = brief.content
    return BlockResult(
        f"brief {brief.id} of {content.identity.project_id}, {len(content.relevant_intent.records)} records",
        IntentContextResolved(
            brief_id=brief.id,
            brief_digest=brief.digest,
            prompt_pack_id=content.prompt_pack.id,
            prompt_pack_digest=content.prompt_pack.digest,
            evidence_plan_id=content.evidence_plan.id,
            evidence_plan_digest=content.evidence_plan.digest,
            objective=content.mission.objective,
            sections=tuple(sorted(brief.raw_content)),
            stop_conditions=content.mission.stop_conditions,
        ),
    )


def _refuse_other(named: AlloyReference, brief_id: str, digest: str) -> None:
    if (named.brief_id, named.brief_digest) != (brief_id, digest):
        raise BriefMismatch(
            f"brief: expected {named.brief_id} {named.brief_digest}, found {brief_id} {digest}",
            next_step="recompile the brief and request the run again",
        )


BLOCK = resolve_intent_context
