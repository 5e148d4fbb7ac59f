"""The agents of this installation behind the port: chosen by configuration, watched by comparing trees (spec 4.7)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from foundry_kernel.agents.agent import (
    Access,
    AgentPorts,
    AgentResult,
    AgentTask,
    Answer,
    Capability,
)
from foundry_kernel.agents.answers import find_object
from foundry_kernel.agents.command import allowed_environment
from foundry_kernel.agents.configuration import (
    AgentConfiguration,
    Served,
    configuration_files,
    known_adapters,
    read_configuration,
)
from foundry_kernel.agents.errors import (
    AgentFailed,
    AgentNotInstalled,
    AgentTimedOut,
    AnswerUnusable,
    ReadOnlyViolated,
)
from foundry_kernel.agents.recording import RecordedFailure, record_call
from foundry_kernel.errors import FoundryError
from foundry_kernel.gateways.clock import Clock
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.git import Git
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import CancelToken, Shell
from runtime_artifacts.canonical import replace_odd_characters


class ConfiguredAgents:
    """Asks whom the configuration names. Keeps nothing between calls, so that a resumed run asks the same way."""

    def __init__(
        self,
        configuration: AgentConfiguration,
        *,
        shell: Shell,
        git: Git,
        clock: Clock,
        environment: Mapping[str, str],
        redactor: Redactor,
    ) -> None:
        """Take the ports of a run.

        Args:
            environment: variables of the runner, from which a command gets what it was allowed by name.
            redactor: of the run; learns what is handed out.
        """
        self._configuration = configuration
        self._shell = shell
        self._git = git
        self._clock = clock
        self._environment = environment
        self._redactor = redactor

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
        """Ask an agent of a capability class once, see `AgentGateway.run`."""
        served = self._configuration.serving(capability)
        limit_s = min(
            timeout_s if timeout_s is not None else served.settings.timeout_s, served.settings.timeout_s
        )
        task = AgentTask(prompt, access, capability, cwd, limit_s, phase, attempt, iteration, asked_again)
        before = await self._git.tree_state(cwd)
        began = self._clock.monotonic()
        outcome = await self._ask(served, task, cancel)
        duration_ms = (self._clock.monotonic() - began) * 1000
        changed = (await self._git.tree_state(cwd)).paths_that_differ(before)
        if access == "read_only" and changed:
            raise ReadOnlyViolated(served.adapter.name, changed) from (
                outcome if isinstance(outcome, FoundryError) else None
            )
        self._record(served, task, outcome, changed)
        if isinstance(outcome, FoundryError):
            raise outcome
        return self._result(served, outcome, changed, duration_ms)

    async def _ask(
        self, served: Served, task: AgentTask, cancel: CancelToken | None
    ) -> Answer | FoundryError:
        """Drive the agent; a failure is returned, because the tree is looked at however it ended."""
        names = served.settings.env
        self._redactor.learn({name: self._environment[name] for name in names if name in self._environment})
        environment = allowed_environment(self._environment, names)
        ports = AgentPorts(self._shell, self._clock, environment, self._redactor, cancel)
        try:
            return await served.adapter.answer(task, served.settings, ports)
        except AgentFailed as error:
            missing = [name for name in names if name not in self._environment]
            hint = f"not set here: {', '.join(missing)}" if missing else ""
            return self._cleaned(error, error.next_step or hint)
        except FoundryError as error:
            return error

    def _cleaned(self, error: AgentFailed, next_step: str) -> AgentFailed:
        """Make the same error without secrets: what was escaped in the agent's output is plain text by now."""
        kind = AgentTimedOut if isinstance(error, AgentTimedOut) else AgentFailed
        return kind(
            self._plain(error.message),
            adapter=error.adapter,
            ended_with=error.ended_with,
            output=self._plain(error.output),
            next_step=next_step,
        )

    def _plain(self, text: str) -> str:
        return replace_odd_characters(self._redactor(text))

    def _record(
        self, served: Served, task: AgentTask, outcome: Answer | FoundryError, changed: tuple[str, ...]
    ) -> None:
        folder = served.settings.record
        kept = _recorded(outcome)
        if folder is not None and kept is not None:
            record_call(folder, task, served.adapter.name, kept, changed, self._redactor)

    def _result(
        self, served: Served, answer: Answer, changed: tuple[str, ...], duration_ms: float
    ) -> AgentResult:
        text = self._plain(answer.text)
        try:
            structured = find_object(text)
        except AnswerUnusable:
            structured = None
        return AgentResult(
            text=text,
            structured=structured,
            changed_files=changed,
            cost=answer.cost,
            duration_ms=duration_ms,
            exit_code=answer.exit_code,
            adapter=served.adapter.name,
            model=self._plain(answer.model) if answer.model else None,
            session_id=self._plain(answer.session_id) if answer.session_id else None,
            remarks=tuple(self._plain(each) for each in answer.remarks),
        )


def open_agents(
    workspace: Path, gateways: GatewaySet, redactor: Redactor, chosen: Path | None = None
) -> ConfiguredAgents:
    """Make the agents of a run from what is configured for its workspace, its user, or in a chosen file.

    Args:
        workspace: the governed repository, not the run's work tree: what the run changes does not decide who works.

    Raises:
        BadAgentConfiguration, BadPlugin: the configuration or an adapter does not hold together.
    """
    home = Path(gateways.environment.get("HOME") or Path.home())
    configuration = read_configuration(configuration_files(workspace, home, chosen), known_adapters())
    return ConfiguredAgents(
        configuration,
        shell=gateways.shell,
        git=gateways.git,
        clock=gateways.clock,
        environment=gateways.environment,
        redactor=redactor,
    )


def _recorded(outcome: Answer | FoundryError) -> Answer | RecordedFailure | None:
    """What of an outcome can be played again; None for what does not belong to the agent."""
    if isinstance(outcome, Answer):
        return outcome
    if isinstance(outcome, AgentNotInstalled):
        return RecordedFailure(kind="not_installed", message=outcome.message)
    if isinstance(outcome, AgentFailed):
        return RecordedFailure(
            kind="timed_out" if isinstance(outcome, AgentTimedOut) else "failed", message=outcome.message
        )
    return None
