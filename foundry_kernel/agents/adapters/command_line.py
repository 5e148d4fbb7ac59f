"""Any command that reads a prompt on standard input and answers on standard output (spec 4.7).

[agents.coding]
adapter = "command_line"
command = ["my-agent", "--mode", "{access}"]
"""

from __future__ import annotations

from pydantic import Field

from foundry_kernel.agents.agent import AgentPorts, AgentSettings, AgentTask, Answer
from foundry_kernel.agents.command import bytes_left_out, failure, run_agent_command


class CommandLineSettings(AgentSettings):
    """Settings of this adapter.

    Attributes:
        command: argument list, run without a shell. `{access}`, `{capability}`, `{cwd}`, `{model}` and `{phase}` are
            replaced, nothing else in braces is touched.
    """

    command: tuple[str, ...] = Field(min_length=1)


class CommandLine:
    """Standard output is the answer; any exit code but 0 is a failure."""

    name = "command_line"
    settings = CommandLineSettings

    async def answer(self, task: AgentTask, settings: AgentSettings, ports: AgentPorts) -> Answer:
        """Run the command once, see `Adapter.answer`."""
        assert isinstance(settings, CommandLineSettings)
        argv = [_filled(part, task, settings) for part in (*settings.command, *settings.extra_args)]
        result = await run_agent_command(self.name, argv, task, ports)
        if result.exit_code != 0:
            raise failure(self.name, "failed", result)
        missing = bytes_left_out(result)
        remarks = (f"{missing} bytes in the middle of the answer were not kept",) if missing else ()
        return Answer(result.output, exit_code=0, model=settings.model, remarks=remarks)


def _filled(part: str, task: AgentTask, settings: AgentSettings) -> str:
    values = {
        "{access}": task.access,
        "{capability}": task.capability,
        "{cwd}": str(task.cwd),
        "{model}": settings.model or "",
        "{phase}": task.phase,
    }
    for name, value in values.items():
        part = part.replace(name, value)
    return part


AGENT = CommandLine()
