"""A repository, agents that are real child processes, and the gateway that asks them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from foundry_kernel.agents.agent import AgentResult
from foundry_kernel.agents.configuration import AgentConfiguration, known_adapters, read_configuration
from foundry_kernel.agents.configured import ConfiguredAgents
from foundry_kernel.gateways.clock import SystemClock
from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.gateways.process import ProcessShell
from foundry_kernel.gateways.secrets import Redactor

SECRET = "sk-very-secret-0123456789"

AGENT_SCRIPT = '''
"""An agent for tests: does what the lines of its prompt say."""
import os, pathlib, subprocess, sys, time

prompt = sys.stdin.read()
for line in prompt.splitlines():
    word, _, rest = line.partition(" ")
    if word == "WRITE":
        path, _, text = rest.partition(" ")
        pathlib.Path(path).write_text(text + "\\n")
    elif word == "REMOVE":
        pathlib.Path(rest).unlink()
    elif word == "SAY":
        print(rest)
    elif word == "ENV":
        print("ENV", " ".join(sorted(os.environ)))
    elif word == "TELL":
        print(os.environ.get(rest, "nothing"))
    elif word == "COUNT":
        print(len(prompt))
    elif word == "ARGUMENTS":
        print(" ".join(sys.argv[1:]))
    elif word == "FLOOD":
        for _ in range(int(rest)):
            sys.stdout.write("x" * 1023 + "\\n")
    elif word == "GRUMBLE":
        print(rest, file=sys.stderr)
    elif word == "CHILD":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        pathlib.Path(rest).write_text(str(child.pid))
    elif word == "SLEEP":
        sys.stdout.flush()
        time.sleep(float(rest))
    elif word == "EXIT":
        sys.exit(int(rest))
'''


@dataclass
class Setting:
    """A folder with a repository, a configuration and agents.

    Attributes:
        tree: the repository, with one commit.
        environment: of the runner.
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=Redactor)

    @classmethod
    def make(cls, folder: Path) -> Setting:
        setting = cls(folder)
        setting.tree.mkdir()
        (setting.tree / "a.txt").write_text("one\n")
        setting.git("init", "-q")
        setting.git("add", "-A")
        setting.git("commit", "-qm", "first")
        (folder / "agent.py").write_text(AGENT_SCRIPT)
        setting.programs.mkdir()
        setting.environment = {
            "PATH": f"{setting.programs}:/usr/bin:/bin",
            "HOME": str(folder),
            "UNRELATED": "1",
        }
        return setting

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def programs(self) -> Path:
        return self.folder / "bin"

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.tree, check=True, capture_output=True)

    def program(self, name: str, source: str) -> None:
        """Put an executable Python script on the agents' PATH."""
        file = self.programs / name
        file.write_text(f"#!{sys.executable}\n{source}")
        file.chmod(0o755)

    def configure(self, text: str) -> AgentConfiguration:
        file = self.folder / "agents.toml"
        file.write_text(text)
        return read_configuration((file,), known_adapters())

    def agents(self, text: str | None = None) -> ConfiguredAgents:
        """Agents as configured; by default the agent for tests serves everything."""
        return ConfiguredAgents(
            self.configure(text if text is not None else self.command_line()),
            shell=ProcessShell(),
            git=CommandGit(),
            clock=SystemClock(),
            environment=self.environment,
            redactor=self.redactor,
        )

    def command_line(self, more: str = "", arguments: str = "") -> str:
        return (
            '[agents.default]\nadapter = "command_line"\n'
            f'command = ["{sys.executable}", "{self.folder / "agent.py"}"{arguments}]\n{more}\n'
        )

    async def tell(
        self, prompt: str, access: str = "full", text: str | None = None, **more: object
    ) -> AgentResult:
        return await self.agents(text).run(prompt, access, "coding", self.tree, **more)  # type: ignore[arg-type]
