"""What agents may call. Everything reads, but for one: a hypothesis may be proposed, for a person to decide."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from alloynb.application.workspace import Workspace, open_workspace
from alloynb.errors import AlloyError
from alloynb.faces.mcp import answers
from alloynb.intent.authority import Principal
from runtime_artifacts.errors import ArtifactError

ResultT = TypeVar("ResultT")


class Place(BaseModel):
    """Where a person can look; the text that stands there is read from the repository."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="file relative to the repository")
    told: str = Field(description="what it shows, in your words")
    line: int | None = Field(default=None, ge=1, description="1-based line")
    supports: bool = Field(default=True, description="false when it speaks against the hypothesis")


@dataclass(frozen=True)
class Tools:
    """Tools over one workspace, which every call opens anew, so that an agent sees what people changed meanwhile.

    Attributes:
        agent: who acts; of kind `assistant`, so that what only humans may do is refused whatever is granted.
    """

    root: Path
    agent: Principal

    async def intent_for_path(self, path: str) -> dict[str, Any]:
        """Which engineering intent governs this file, folder or module, and why. Ask before you change it.

        Args:
            path: relative to the repository, optionally with `:LINE`, or a dotted module name.
        """
        return await self.answer(lambda workspace: answers.governing(workspace, path))

    async def explain_record(self, record_id: str) -> dict[str, Any]:
        """Everything that one intent record says, where it comes from, and how it came to its status.

        Args:
            record_id: whole id, or its last part.
        """
        return await self.answer(lambda workspace: answers.whole_record(workspace, record_id))

    async def find_intent(self, words: str) -> dict[str, Any]:
        """Records that speak of these words, best first: a suggestion, since only links decide what governs.

        Args:
            words: each must occur in the record.
        """
        return await self.answer(lambda workspace: answers.suggested(workspace, words))

    async def missing_evidence(self) -> dict[str, Any]:
        """Required evidence that was never observed, and records that are not satisfied by what was."""
        return await self.answer(answers.unproved)

    async def open_drift(self, path: str | None = None, look_again: bool = False) -> dict[str, Any]:
        """Where code left accepted intent, with file and line.

        Args:
            path: only findings in this file or folder.
            look_again: read the working tree now instead of telling what was last seen.
        """
        return await self.answer(
            lambda workspace: answers.standing_findings(workspace, path, look_again=look_again)
        )

    async def propose_hypothesis(
        self,
        title: str,
        capability: str,
        threat: str,
        strategy: str,
        tradeoff: str,
        observed: list[Place],
        expectation: str = "",
        paths: list[str] | None = None,
        modules: list[str] | None = None,
        evidence: list[dict[str, Any]] | None = None,
        questions: list[str] | None = None,
        severity: Literal["low", "medium", "high"] = "medium",
    ) -> dict[str, Any]:
        """Propose a guess about intent for a person to decide. It binds nobody until a human accepts it.

        Args:
            capability: what must survive.
            threat: what erodes it.
            expectation: what makes the threat matter.
            strategy: how it is kept here.
            tradeoff: the price.
            observed: 1 to 20 places that it rests on.
            paths: gitignore-style globs that it would govern.
            modules: dotted names that it would govern.
            evidence: definitions in the form of a record file.
            questions: what only a person can answer.
        """
        texts = {
            "capability": capability,
            "threat": threat,
            "expectation": expectation,
            "strategy": strategy,
            "tradeoff": tradeoff,
        }
        scope = {name: value for name, value in (("paths", paths), ("modules", modules)) if value}
        intent: dict[str, Any] = {name: text for name, text in texts.items() if text.strip()}
        intent |= {"severity": severity}
        intent |= {"scope": scope} if scope else {}
        intent |= {"evidence": evidence} if evidence else {}

        def propose(workspace: Workspace) -> dict[str, Any]:
            from alloynb.application.raise_hypothesis import RaiseHypothesis, SeenPlace, raise_hypothesis

            places = tuple(SeenPlace(each.path, each.told, each.line, each.supports) for each in observed)
            raised = raise_hypothesis(
                workspace, RaiseHypothesis(title, intent, places, tuple(questions or ()))
            )
            return {
                "hypothesis_id": raised.hypothesis.hypothesis_id,
                "confidence": raised.hypothesis.confidence,
                "file": raised.file.relative_to(workspace.root).as_posix(),
                "next": "A person decides with `alloynb review`; you cannot accept it.",
            }

        return await self.answer(propose)

    async def answer(self, ask: Callable[[Workspace], ResultT]) -> ResultT:
        """Ask in a thread; what is refused or broken becomes an answer that says what to do.

        Raises:
            ToolError: in the words of what was refused.
        """

        from mcp.server.mcpserver.exceptions import ToolError

        def asked() -> ResultT:
            workspace = open_workspace(self.root, principal=self.agent)
            workspace.authority.require(self.agent, "view_intent", workspace.settings.project)
            return ask(workspace)

        try:
            return await asyncio.to_thread(asked)
        except (AlloyError, ArtifactError) as error:
            raise ToolError(str(error)) from error
