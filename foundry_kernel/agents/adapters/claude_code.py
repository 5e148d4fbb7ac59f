"""Claude Code, in print mode: `claude -p --output-format json` (spec 4.7).

What the command line is told, and why:

* The settings and MCP servers of the repository are not loaded. Print mode skips the question whether a folder is
  trusted, and a repository's settings may hold hooks, which are commands.
* `read_only`: only the tools that read exist, and whatever would ask for permission is denied.
* `full`: edits in the tree are accepted. Shell commands stay as the user's own settings have them; `extra_args` such as
  `["--allowedTools", "Bash(make test)"]` allow more.
"""

from __future__ import annotations

import json
from typing import Any

from foundry_kernel.agents.agent import AgentPorts, AgentSettings, AgentTask, Answer, Cost
from foundry_kernel.agents.command import bytes_left_out, failure, run_agent_command
from foundry_kernel.gateways.shell import CommandResult

_ALWAYS = ("-p", "--output-format", "json", "--setting-sources", "user", "--strict-mcp-config")
_BY_ACCESS = {
    "read_only": (
        *("--permission-mode", "dontAsk", "--tools", "Read,Grep,Glob"),
        *("--disallowedTools", "Bash,Edit,Write,NotebookEdit,WebFetch,WebSearch"),
    ),
    "full": ("--permission-mode", "acceptEdits"),
}


class ClaudeCodeSettings(AgentSettings):
    """Settings of this adapter.

    Attributes:
        command: the program, and arguments that stand before ours.
    """

    command: tuple[str, ...] = ("claude",)


class ClaudeCode:
    """Reads the answer, the cost, the session and the model from the one JSON result."""

    name = "claude_code"
    settings = ClaudeCodeSettings

    async def answer(self, task: AgentTask, settings: AgentSettings, ports: AgentPorts) -> Answer:
        """Run Claude Code once, see `Adapter.answer`."""
        assert isinstance(settings, ClaudeCodeSettings)
        model = ("--model", settings.model) if settings.model else ()
        argv = (*settings.command, *_ALWAYS, *_BY_ACCESS[task.access], *model, *settings.extra_args)
        result = await run_agent_command(self.name, argv, task, ports)
        said = _result_object(result)
        if said is None:
            cut = (
                "printed too much for its answer to be kept"
                if bytes_left_out(result)
                else "printed no JSON result"
            )
            raise failure(self.name, cut if result.exit_code == 0 else "failed", result)
        text = said.get("result")
        if said.get("is_error") or result.exit_code != 0 or not isinstance(text, str):
            raise failure(self.name, f"failed: {_reason(said)}", result)
        return Answer(
            text,
            exit_code=result.exit_code,
            cost=_cost(said),
            model=_model(said) or settings.model,
            session_id=_text(said.get("session_id")),
            remarks=_remarks(said),
        )


def _result_object(result: CommandResult) -> dict[str, Any] | None:
    """The result message: the whole output, or, where the user's settings are verbose, the last of a list."""
    try:
        said = json.loads(result.head + result.tail)
    except (ValueError, RecursionError):
        return None
    messages = said if isinstance(said, list) else [said]
    results = [each for each in messages if isinstance(each, dict) and each.get("type", "result") == "result"]
    return results[-1] if results else None


def _reason(said: dict[str, Any]) -> str:
    errors = said.get("errors")
    if isinstance(errors, list) and errors:
        return "; ".join(map(str, errors))[:500]
    return _text(said.get("result")) or _text(said.get("subtype")) or "it gave no result"


def _cost(said: dict[str, Any]) -> Cost:
    usage = said.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    read = [_count(usage.get(name)) for name in _TOKENS_IN]
    usd = said.get("total_cost_usd")
    return Cost(
        usd=float(usd) if isinstance(usd, int | float) and not isinstance(usd, bool) else None,
        tokens_in=None if all(each is None for each in read) else sum(each or 0 for each in read),
        tokens_out=_count(usage.get("output_tokens")),
    )


_TOKENS_IN = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def _model(said: dict[str, Any]) -> str | None:
    used = said.get("modelUsage")
    return ", ".join(used) if isinstance(used, dict) and used else None


def _remarks(said: dict[str, Any]) -> tuple[str, ...]:
    denials = said.get("permission_denials")
    if not isinstance(denials, list) or not denials:
        return ()
    tools = sorted({str(each.get("tool_name")) for each in denials if isinstance(each, dict)})
    return (f"{len(denials)} uses of tools were denied: {', '.join(tools)[:200]}",)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value[:500] if isinstance(value, str) and value else None


AGENT = ClaudeCode()
