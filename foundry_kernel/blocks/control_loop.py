"""Leads the strategic loop: enters an iteration per area, and stops on plateau, cap or failure (spec 4.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.events.payload import Actions, LoopContext
from foundry_kernel.events.payloads.iteration import (
    IterationRequested,
    ProjectIterationCompleted,
    StrategicAssessmentCompleted,
)

_QUESTION = (
    "A loop improves this project round by round. Judge whether another round is worth it, given what the rounds so "
    "far have brought and which area would be next. Say no when the next one would bring less than it costs."
)


class LoopSettings(Settings):
    """What a formation may set.

    Attributes:
        max_iterations: rounds where the request does not say.
        cap: rounds at most, whatever the request says.
        plateau_after: rounds in a row that deliver nothing, after which the loop ends.
    """

    max_iterations: int = Field(default=5, ge=1)
    cap: int = Field(default=12, ge=1, le=12)
    plateau_after: int = Field(default=2, ge=1)


class ContinueAnswer(AgentAnswer):
    """Whether to go on."""

    go_on: bool = Field(alias="continue")
    reason: str = ""


def _matters(payload: Any) -> bool:
    return isinstance(payload, StrategicAssessmentCompleted) or payload.loop_context is not None


@block(
    name="control_loop",
    kind="observer",
    sinks=(StrategicAssessmentCompleted, ProjectIterationCompleted),
    emits=(IterationRequested, ProjectIterationCompleted),
    accepts=_matters,
    settings=LoopSettings,
)
async def control_loop(context: BlockContext) -> BlockResult:
    """Enter the next round, or close the loop and say why."""
    assessed = context.latest(StrategicAssessmentCompleted)
    areas = assessed.areas if assessed else ()
    settings = context.settings_as(LoopSettings)
    request = next(
        (each for each in context.upstream(IterationRequested) if each.strategic), IterationRequested()
    )
    most = min(request.max_iterations or settings.max_iterations, settings.cap)
    rounds = [each for each in context.upstream(ProjectIterationCompleted) if each.loop_context is not None]
    details: dict[str, Any] = {}
    why = _why_stop(context, rounds, len(areas), most, settings.plateau_after)
    if not why and rounds:
        asked = await context.service(Agents).ask(
            PhaseCall(
                "assessment",
                context.work_tree,
                context.artifacts_dir,
                (
                    Section("What is asked", _QUESTION, ours=True),
                    Section("The rounds so far", "\n".join(_told(each) for each in reversed(rounds))),
                    Section("The next area", f"{areas[len(rounds)].name}: {areas[len(rounds)].why}"),
                ),
                called="continuation",
                iteration=len(rounds),
                cancel=context.cancel,
            ),
            ContinueAnswer,
        )
        details = asked.facts()
        if not asked.answer.go_on:
            why = f"another round is not worth it: {asked.answer.reason}"
    if why:
        return BlockResult(why, _closing(rounds, why), details=details)
    loop = LoopContext(iteration=len(rounds) + 1, max_iterations=most, area=areas[len(rounds)].name)
    actions = Actions(push=request.actions.push) if request.actions else None
    return BlockResult(
        f"round {loop.iteration} of at most {most}: {loop.area}",
        IterationRequested(loop_context=loop, actions=actions),
        details=details,
    )


def _why_stop(
    context: BlockContext,
    rounds: list[ProjectIterationCompleted],
    areas: int,
    most: int,
    plateau_after: int,
) -> str:
    """Why there is no further round that anybody needs to be asked about; empty when there may be one."""
    if rounds and not rounds[0].success:
        return f"round {len(rounds)} failed: {rounds[0].summary}"
    if not areas:
        return "no area is worth an iteration"
    if rounds and context.event.throttle == "dry_run":
        return "a dry run shows one round"
    barren = next((i for i, each in enumerate(rounds) if each.commit), len(rounds))
    if barren >= plateau_after:
        return f"plateau: {barren} rounds in a row delivered nothing"
    if len(rounds) >= most:
        return f"the cap of {most} rounds is reached"
    return "every area had its round" if len(rounds) >= areas else ""


def _closing(rounds: list[ProjectIterationCompleted], why: str) -> ProjectIterationCompleted:
    """The end of the whole; what the rounds found is counted with the rounds."""
    delivered = [each for each in rounds if each.commit]
    return ProjectIterationCompleted(
        success=not rounds or rounds[0].success,
        summary=f"{len(delivered)} of {len(rounds)} rounds delivered; {why}",
        reason=why,
        attempts=sum(each.attempts for each in rounds),
        changed_files=tuple(sorted({path for each in rounds for path in each.changed_files})),
        commit=delivered[0].commit if delivered else "",
    )


def _told(one: ProjectIterationCompleted) -> str:
    loop = one.loop_context
    number, area = (loop.iteration, loop.area) if loop else (0, "")
    return f"round {number}, {area}: {one.summary} ({'delivered' if one.commit else 'nothing delivered'})"


BLOCK = control_loop
