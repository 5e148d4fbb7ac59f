"""Asking an agent for an answer of a certain form: once, and once more if it cannot be used (spec 4.7)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from foundry_kernel.agents.agent import Access, AgentGateway, AgentResult, Capability
from foundry_kernel.agents.answers import AnswerT, form_of, parse_answer
from foundry_kernel.agents.errors import AnswerUnusable
from foundry_kernel.agents.fence import fenced
from foundry_kernel.gateways.shell import CancelToken


@dataclass(frozen=True)
class Asked(Generic[AnswerT]):
    """An answer that fits.

    Attributes:
        answer: the object, checked.
        results: what came of the calls, one or two; the files that were changed are those of the first.
    """

    answer: AnswerT
    results: tuple[AgentResult, ...]


async def ask(
    agents: AgentGateway,
    prompt: str,
    form: type[AnswerT],
    *,
    access: Access,
    capability: Capability,
    cwd: Path,
    timeout_s: float | None = None,
    phase: str = "task",
    attempt: int = 1,
    iteration: int = 1,
    cancel: CancelToken | None = None,
) -> Asked[AnswerT]:
    """Ask for a structured answer. One that does not parse is asked again once, with the reason.

    The second time the agent may only read, whatever it was allowed before: work is not done twice for the sake of a
    sentence about it.

    Args:
        prompt: what to do; the form of the answer is added to it.

    Raises:
        AnswerUnusable: the second answer cannot be used either; an execution failure.
        FoundryError: whatever `AgentGateway.run` raises.
    """
    first = await agents.run(
        f"{prompt.rstrip()}\n\n{form_of(form)}",
        access,
        capability,
        cwd,
        timeout_s,
        phase=phase,
        attempt=attempt,
        iteration=iteration,
        cancel=cancel,
    )
    try:
        return Asked(parse_answer(first.text, form), (first,))
    except AnswerUnusable as error:
        reason = error.reason
    second = await agents.run(
        _again(prompt, first.text, reason, form_of(form)),
        "read_only",
        capability,
        cwd,
        timeout_s,
        phase=phase,
        attempt=attempt,
        iteration=iteration,
        asked_again=True,
        cancel=cancel,
    )
    try:
        return Asked(parse_answer(second.text, form), (first, second))
    except AnswerUnusable as error:
        raise AnswerUnusable(
            f"{error.reason} (asked again after: {reason})",
            adapter=second.adapter,
            output=second.text[-2000:],
        ) from error


def _again(prompt: str, answer: str, reason: str, form: str) -> str:
    return (
        f"{prompt.rstrip()}\n\n"
        "# You have been asked this before\n\n"
        "The work itself is done as far as you did it. Change nothing now. Your answer could not be used:\n\n"
        f"{fenced(reason, 'the reason', 4000)}\n\n"
        f"What you had answered:\n\n{fenced(answer, 'your earlier answer', 20_000)}\n\n"
        f"Say it again in the form that is asked for.\n\n{form}"
    )
