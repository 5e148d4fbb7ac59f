"""Codex, non-interactively: `codex exec --json` (spec 4.7).

Its sandbox follows the access: `read-only`, or `workspace-write`, which lets it write below the work tree. In this mode
it never asks for approval. The prompt is read from standard input because the last argument is `-`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from foundry_kernel.agents.agent import AgentPorts, AgentSettings, AgentTask, Answer, Cost
from foundry_kernel.agents.command import bytes_left_out, failure, run_agent_command
from foundry_kernel.gateways.shell import CommandResult

_SANDBOX = {"read_only": "read-only", "full": "workspace-write"}
_ANSWERS = ("agent_message", "assistant_message")
"""The kind of item that holds words for us; versions before October 2025 have the second name."""


class CodexSettings(AgentSettings):
    """Settings of this adapter.

    Attributes:
        command: the program, and arguments that stand before ours.
    """

    command: tuple[str, ...] = ("codex",)


class Codex:
    """The last message of the stream of events is the answer."""

    name = "codex"
    settings = CodexSettings

    async def answer(self, task: AgentTask, settings: AgentSettings, ports: AgentPorts) -> Answer:
        """Run Codex once, see `Adapter.answer`."""
        assert isinstance(settings, CodexSettings)
        model = ("--model", settings.model) if settings.model else ()
        ours = ("exec", "--json", "--color", "never", "--sandbox", _SANDBOX[task.access])
        argv = (*settings.command, *ours, *model, *settings.extra_args, "-")
        result = await run_agent_command(self.name, argv, task, ports)
        told = _Told()
        for event in _events(result):
            told.take(event)
        if told.failed or result.exit_code != 0:
            raise failure(self.name, f"failed: {told.reason}" if told.reason else "failed", result)
        if told.text is None:
            cut = bytes_left_out(result)
            raise failure(
                self.name, "printed too much for its answer to be kept" if cut else "gave no message", result
            )
        return Answer(
            told.text,
            exit_code=result.exit_code,
            cost=Cost(tokens_in=told.tokens_in, tokens_out=told.tokens_out),
            model=settings.model,
            session_id=told.session_id,
        )


@dataclass
class _Told:
    """What the events have told so far."""

    text: str | None = None
    session_id: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    failed: bool = False
    reason: str = ""

    def take(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if kind == "thread.started" and isinstance(event.get("thread_id"), str):
            self.session_id = event["thread_id"]
        elif kind == "item.completed" and isinstance(event.get("item"), dict):
            self._take_item(event["item"])
        elif kind == "turn.completed":
            self.failed = False
            self._take_usage(event.get("usage"))
        elif kind == "turn.failed":
            self.failed = True
            self._take_reason(event.get("error"))
        elif kind == "error":  # by itself no end: a lost connection that is taken up again is told like this
            self._take_reason(event)

    def _take_item(self, item: dict[str, Any]) -> None:
        text = item.get("text")
        if (item.get("type") or item.get("item_type")) in _ANSWERS and isinstance(text, str):
            self.text = text

    def _take_usage(self, usage: object) -> None:
        if not isinstance(usage, dict):
            return
        read, written = usage.get("input_tokens"), usage.get("output_tokens")
        if isinstance(read, int):  # those from the cache are counted in
            self.tokens_in = (self.tokens_in or 0) + read
        if isinstance(written, int):
            self.tokens_out = (self.tokens_out or 0) + written

    def _take_reason(self, error: object) -> None:
        if isinstance(error, dict) and isinstance(error.get("message"), str):
            self.reason = error["message"][:500]


def _events(result: CommandResult) -> Iterator[dict[str, Any]]:
    """Events of the kept output; lines that were torn where something was left out are passed over."""
    parts = [result.head, result.tail] if bytes_left_out(result) else [result.head + result.tail]
    for part in parts:
        for line in part.splitlines():
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event


AGENT = Codex()
