"""Lets an agent mend what made the code host's pipeline fail (spec 4.6, 4.7)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, Trigger, block
from foundry_kernel.errors import Unsafe
from foundry_kernel.events.payloads.iteration import ExecutionCompleted
from foundry_kernel.events.payloads.observation import PipelineChecked
from foundry_kernel.events.payloads.security import RemediationStarted
from foundry_kernel.events.payloads.validation import GateResolutionCompleted

_TASK = (
    "The pipeline of this project failed. Find the cause in what its jobs printed, and mend it in the work tree. Mend "
    "the code, not the pipeline: no job, test, check or threshold may become weaker."
)


class RepairAnswer(AgentAnswer):
    """What was done about the failed pipeline."""

    carried_out: bool = Field(default=True, description="false when it cannot be mended here")
    summary: str = ""
    reason: str = Field(default="", description="why it cannot be mended here")


def _is_pipeline(payload: Any) -> bool:
    return bool(payload.workflow == "pipeline")


def _would_remediate(trigger: Trigger) -> list[RemediationStarted | ExecutionCompleted]:
    step = trigger.payload_as(GateResolutionCompleted).step
    return [
        RemediationStarted(),
        ExecutionCompleted(success=True, summary="an agent would mend the cause here", **step),
    ]


@block(
    name="remediate_pipeline",
    kind="mutator",
    sinks=(GateResolutionCompleted,),
    emits=(RemediationStarted, ExecutionCompleted),
    accepts=_is_pipeline,
    dry_run_events=_would_remediate,
)
async def remediate_pipeline(context: BlockContext) -> BlockResult:
    """Show an agent what the failed jobs printed, as data, and let it work on the tree."""
    tree, git = context.work_tree, context.gateways.git
    checked = context.latest(PipelineChecked)
    jobs = checked.failed_jobs if checked else ()
    sections = [Section("The task", _TASK, ours=True)]
    sections += [
        Section(f"Failed job {number}", f"{job.name}: {job.status}\n{job.log}")
        for number, job in enumerate(jobs, 1)
    ]
    asked = await context.service(Agents).ask(
        PhaseCall(
            "execution",
            tree,
            context.artifacts_dir,
            sections,
            access="full",
            capability="coding",
            called="pipeline",
            cancel=context.cancel,
        ),
        RepairAnswer,
    )
    if "HEAD" in asked.changed_files:
        raise Unsafe(
            "the agent committed or switched branches by itself",
            next_step="tell it not to; what it did is not delivered",
        )
    answer = asked.answer
    summary = answer.summary if answer.carried_out else answer.reason or answer.summary
    return BlockResult(
        summary or "an agent has worked on it",
        RemediationStarted(),
        ExecutionCompleted(
            success=answer.carried_out,
            summary=summary,
            changed_files=await git.changed_files(tree, context.base_revision),
            tree_digest=(await git.tree_state(tree)).digest,
            **context.payload_as(GateResolutionCompleted).step,
        ),
        details=asked.facts(),
    )


BLOCK = remediate_pipeline
