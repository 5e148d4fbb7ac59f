"""Agents that answer as a test says, and change a fake tree."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foundry_kernel.agents.agent import Access, AgentResult, Capability, Cost
from foundry_kernel.gateways.shell import CancelToken
from tests.fakes.foundry_git import FakeGit

Reply = dict[str, Any] | str | Exception
Said = Reply | Callable[["Call"], Reply]


@dataclass(frozen=True)
class Call:
    """One call of an agent."""

    phase: str
    access: Access
    attempt: int
    iteration: int
    asked_again: bool
    prompt: str


@dataclass
class FakeAgents:
    """Answers by phase; one that may change things leaves a mark in the fake tree, another at each call.

    Attributes:
        said: an object (answered as JSON), a text, an error, or a function of the call to one of them.
        edits: whether an agent with full access changes something.
    """

    git: FakeGit
    said: Mapping[str, Said]
    edits: bool = True
    calls: list[Call] = field(default_factory=list)

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
        call = Call(phase, access, attempt, iteration, asked_again, prompt)
        self.calls.append(call)
        reply = self.said[phase]
        answer = reply(call) if callable(reply) else reply
        if isinstance(answer, Exception):
            raise answer
        changed: tuple[str, ...] = ()
        if access == "full" and self.edits:
            self.git.changed["basket.py"] = f"{iteration}.{attempt}"
            changed = ("basket.py",)
        text = answer if isinstance(answer, str) else f"```json\n{json.dumps(answer)}\n```"
        return AgentResult(text, None, changed, Cost(), 1.0, 0, "fake")

    @property
    def phases(self) -> list[str]:
        return [each.phase for each in self.calls]


USUAL: dict[str, Said] = {
    "assessment": {"principle": "it adds up", "assessment": "it does not", "evidence": ["basket.py:6"]},
    "triage": {"accepted": True, "reason": "it matters"},
    "planning": {"plan": "Add it up.", "files_in_scope": ["basket.py"]},
    "execution": {"summary": "added"},
    "retry": {"summary": "added rightly"},
    "summarization": {"headline": "Add it up", "summary": "It did not."},
}
