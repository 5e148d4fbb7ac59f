"""Asked once, asked again once, then it is a failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from foundry_kernel.agents.agent import Access, AgentResult, Capability, Cost
from foundry_kernel.agents.answers import TriageAnswer
from foundry_kernel.agents.asking import Asked, ask
from foundry_kernel.agents.errors import AnswerUnusable
from foundry_kernel.gateways.shell import CancelToken


@dataclass
class ScriptedAgents:
    """Answers with the texts that it was given, and remembers how it was asked."""

    texts: list[str]
    prompts: list[str] = field(default_factory=list)
    asked: list[tuple[Access, str, int, int, bool]] = field(default_factory=list)

    async def run(
        self,
        prompt: str,
        access: Access,
        capability: Capability,
        cwd: Path,
        timeout_s: float | None = None,
        *,
        phase: str = "task",
        attempt: int = 1,
        iteration: int = 1,
        asked_again: bool = False,
        cancel: CancelToken | None = None,
    ) -> AgentResult:
        self.prompts.append(prompt)
        self.asked.append((access, phase, attempt, iteration, asked_again))
        return AgentResult(self.texts[len(self.prompts) - 1], None, (), Cost(), 1.0, 0, "scripted")


async def triage(agents: ScriptedAgents, access: Access = "full") -> Asked[TriageAnswer]:
    return await ask(
        agents,
        "Judge it.",
        TriageAnswer,
        access=access,
        capability="quick",
        cwd=Path(),
        phase="triage",
        attempt=2,
        iteration=3,
    )


async def test_an_answer_that_fits_is_asked_for_once_and_its_form_is_told() -> None:
    agents = ScriptedAgents(['{"accepted": false, "reason": "cosmetic"}'])

    asked = await triage(agents)

    assert asked.answer == TriageAnswer(accepted=False, reason="cosmetic")
    assert len(asked.results) == 1
    assert agents.prompts[0].startswith("Judge it.\n\n")
    assert '"accepted"' in agents.prompts[0]


async def test_an_answer_that_does_not_parse_is_asked_again_once_with_the_reason() -> None:
    agents = ScriptedAgents(["Sure! ```` {accepted: yes}", '{"accepted": true}'])

    asked = await triage(agents)

    assert asked.answer.accepted
    assert len(asked.results) == 2
    assert "there is no JSON object in it" in agents.prompts[1]
    assert "Sure! ```` {accepted: yes}" in agents.prompts[1]
    assert agents.prompts[1].startswith("Judge it.")


async def test_work_is_not_done_twice_for_the_sake_of_its_answer() -> None:
    agents = ScriptedAgents(["", '{"accepted": true}'])

    await triage(agents, "full")

    assert agents.asked == [("full", "triage", 2, 3, False), ("read_only", "triage", 2, 3, True)]


async def test_a_second_answer_that_does_not_parse_is_an_execution_failure() -> None:
    agents = ScriptedAgents(["no", '{"accepted": "perhaps"}', '{"accepted": true}'])

    with pytest.raises(
        AnswerUnusable, match=r"accepted: .*boolean.*asked again after: there is no JSON"
    ) as caught:
        await triage(agents)

    assert len(agents.prompts) == 2
    assert caught.value.failure_class == "execution"
    assert caught.value.adapter == "scripted"
