"""Driving an agent's command line: prompt on standard input, clean environment, bounded output (spec 4.7, 5.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foundry_kernel.agents.agent import AgentPorts, AgentTask
from foundry_kernel.agents.errors import AgentCancelled, AgentFailed, AgentNotInstalled, AgentTimedOut
from foundry_kernel.gateways.shell import KIB, Command, CommandResult

ALWAYS_ALLOWED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
KEPT_BYTES = 4 * KIB * KIB
"""Of the head, and of the tail, of what an agent prints."""
_SHOWN_CHARACTERS = 2000


def allowed_environment(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Pick what a command may see: what every command needs, and what was allowed by name, if it is set."""
    return {name: environment[name] for name in (*ALWAYS_ALLOWED, *names) if name in environment}


async def run_agent_command(
    adapter: str, argv: Sequence[str], task: AgentTask, ports: AgentPorts
) -> CommandResult:
    """Run an agent's command line to its own end; the prompt goes to its standard input, never into its arguments.

    Standard error is kept apart. A failing exit code is left to the adapter, which knows what it means.

    Raises:
        AgentNotInstalled: the program does not exist or cannot be started.
        AgentTimedOut, AgentCancelled: its process group was ended.
    """
    command = Command(
        argv=tuple(argv),
        cwd=task.cwd,
        environment=ports.environment,
        time_limit_s=task.timeout_s,
        stdin=task.prompt.encode(errors="replace"),
        keep_bytes=KEPT_BYTES,
        apart=True,
        redactor=ports.redactor,
    )
    result = await ports.shell.run(command, ports.cancel)
    if result.status == "cannot_start":
        raise AgentNotInstalled(
            f"agent {adapter} cannot be started: {result.reason}",
            next_step=f"install {argv[0]!r}, or say in agents.toml which command serves {task.capability}",
        )
    if result.status == "timed_out":
        raise AgentTimedOut(
            f"agent {adapter} gave no answer within {task.timeout_s:g} s",
            adapter=adapter,
            output=what_it_said(result),
            next_step="allow more with timeout_s, or narrow the scope",
        )
    if result.status == "cancelled":
        raise AgentCancelled(f"agent {adapter} was ended: {result.reason or 'the run was cancelled'}")
    return result


def failure(adapter: str, reason: str, result: CommandResult) -> AgentFailed:
    """Make the error for a command that ended by itself and did not answer."""
    said = what_it_said(result)
    code = f" (exit code {result.exit_code})" if result.exit_code else ""
    told = f": {' '.join(said.split())[-300:]}" if said else ""
    return AgentFailed(
        f"agent {adapter} {reason}{code}{told}", adapter=adapter, ended_with=result.exit_code, output=said
    )


def what_it_said(result: CommandResult) -> str:
    """The end of standard error, or else of standard output."""
    errors = result.error_tail.decode(errors="replace").strip()
    return (errors or result.output.strip())[-_SHOWN_CHARACTERS:]


def bytes_left_out(result: CommandResult) -> int:
    """How much of the middle of the output was not kept."""
    return result.output_bytes - len(result.head) - len(result.tail)
