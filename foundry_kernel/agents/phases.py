"""Asking an agent for one phase of a run: words from the pack, what it is shown, the form of its answer (spec 4.7).

This is the service that blocks are given: `context.service(Agents)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from foundry_kernel.agents.agent import Access, AgentGateway, AgentResult, Capability
from foundry_kernel.agents.answers import AnswerT
from foundry_kernel.agents.asking import ask
from foundry_kernel.agents.prompts import ChosenPrompt, Section, choose_prompt, compose_prompt
from foundry_kernel.gateways.shell import CancelToken
from runtime_artifacts.prompt_pack import Phase


@dataclass(frozen=True)
class PhaseCall:
    """What is asked.

    Attributes:
        phase: whose words are taken.
        cwd: work tree.
        artifacts_dir: the run's copies of the request's artifacts, where the prompt pack may be.
        sections: what is shown beside the words.
        called: what recordings and traces call it, when it is not the phase itself.
        attempt: 1 for the first.
        iteration: round of an outer loop, from 1.
        timeout_s: seconds.
    """

    phase: Phase
    cwd: Path
    artifacts_dir: Path | None
    sections: Sequence[Section] = ()
    access: Access = "read_only"
    capability: Capability = "reasoning"
    called: str = ""
    attempt: int = 1
    iteration: int = 1
    timeout_s: float | None = None
    cancel: CancelToken | None = None


@dataclass(frozen=True)
class PhaseAnswer(Generic[AnswerT]):
    """An answer that fits its form.

    Attributes:
        prompt: the words, and where they come from.
        results: what came of the calls, one or two.
    """

    answer: AnswerT
    prompt: ChosenPrompt
    results: tuple[AgentResult, ...]

    @property
    def changed_files(self) -> tuple[str, ...]:
        """What the first call changed; a second one only reads."""
        return self.results[0].changed_files

    def facts(self) -> dict[str, Any]:
        """All but the words, as JSON for the trace: put it into `BlockResult.details`."""
        return {"prompt": self.prompt.facts(), "agent_calls": [each.facts() for each in self.results]}


class Agents:
    """Agents of a run, asked by phase."""

    def __init__(self, gateway: AgentGateway) -> None:
        """Take the port."""
        self.gateway = gateway

    async def ask(self, call: PhaseCall, form: type[AnswerT]) -> PhaseAnswer[AnswerT]:
        """Ask for a structured answer; one that does not parse is asked again once.

        Raises:
            AnswerUnusable: the second answer cannot be used either.
            FoundryError: whatever `AgentGateway.run` raises.
        """
        prompt = choose_prompt(call.phase, call.artifacts_dir)
        asked = await ask(
            self.gateway,
            compose_prompt(prompt, call.sections),
            form,
            access=call.access,
            capability=call.capability,
            cwd=call.cwd,
            timeout_s=call.timeout_s,
            phase=call.called or call.phase,
            attempt=call.attempt,
            iteration=call.iteration,
            cancel=call.cancel,
        )
        return PhaseAnswer(asked.answer, prompt, asked.results)
