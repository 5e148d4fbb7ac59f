"""Lets an agent work on the run's tree: once by the plan, and again after gates failed (spec 4.6, 4.7).

Who works is told what to do by the plan, which is ours by now; what gates printed is shown as data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, Trigger, block
from foundry_kernel.errors import Unsafe
from foundry_kernel.events.payload import StepPayload
from foundry_kernel.events.payloads.iteration import ExecutionCompleted, PlanCompleted, RetryRequested
from runtime_artifacts.prompt_pack import Phase


class AgentCommitted(Unsafe):
    """The agent moved the run's branch, which is for the run to do once gates have passed."""


class ExecutionAnswer(AgentAnswer):
    """What was done."""

    carried_out: bool = Field(default=True, description="false when the task cannot be done as it stands")
    summary: str = ""
    reason: str = Field(default="", description="why it was not carried out")


def _ready(payload: Any) -> bool:
    return bool(payload.success) and not payload.questions


def _would_execute(trigger: Trigger) -> list[ExecutionCompleted]:
    payload = trigger.payload
    attempt = payload.attempt if isinstance(payload, RetryRequested) else 1
    step = payload.step if isinstance(payload, StepPayload) else {}
    return [ExecutionCompleted(success=True, attempt=attempt, summary="an agent would work here", **step)]


@block(
    name="execute_plan",
    kind="mutator",
    sinks=(PlanCompleted,),
    emits=(ExecutionCompleted,),
    accepts=_ready,
    dry_run_events=_would_execute,
)
async def execute_plan(context: BlockContext) -> BlockResult:
    """Let an agent carry out the plan."""
    plan = context.payload_as(PlanCompleted)
    sections = (
        Section("The plan", plan.plan, ours=True),
        Section("Files in scope", "\n".join(plan.files_in_scope)),
    )
    return await _worked(context, "execution", 1, sections, plan)


@block(
    name="retry_execution",
    kind="mutator",
    sinks=(RetryRequested,),
    emits=(ExecutionCompleted,),
    dry_run_events=_would_execute,
)
async def retry_execution(context: BlockContext) -> BlockResult:
    """Let an agent repair the change, with what the gates said."""
    asked = context.payload_as(RetryRequested)
    plan = context.latest(PlanCompleted)
    sections = (
        Section("The plan of the change", plan.plan if plan else "", ours=True),
        Section("What the gates said", asked.failure_context),
        Section("What was tried before", "\n\n".join(asked.prior)),
    )
    return await _worked(context, "retry", asked.attempt, sections, asked)


async def _worked(
    context: BlockContext, phase: Phase, attempt: int, sections: Sequence[Section], step: StepPayload
) -> BlockResult:
    tree, git = context.work_tree, context.gateways.git
    asked = await context.service(Agents).ask(
        PhaseCall(
            phase,
            tree,
            context.artifacts_dir,
            sections,
            access="full",
            capability="coding",
            attempt=attempt,
            iteration=step.loop_context.iteration if step.loop_context else 1,
            cancel=context.cancel,
        ),
        ExecutionAnswer,
    )
    if "HEAD" in asked.changed_files:
        raise AgentCommitted(
            "the agent committed or switched branches by itself",
            next_step="tell it not to; what it did is not delivered",
        )
    changed = await git.changed_files(tree, context.base_revision)
    answer = asked.answer
    summary = answer.summary if answer.carried_out else answer.reason or answer.summary
    return BlockResult(
        f"attempt {attempt}: {len(changed)} files differ",
        ExecutionCompleted(
            success=answer.carried_out,
            attempt=attempt,
            summary=summary,
            changed_files=changed,
            tree_digest=(await git.tree_state(tree)).digest,
            **step.step,
        ),
        details=asked.facts(),
    )


BLOCK = (execute_plan, retry_execution)
