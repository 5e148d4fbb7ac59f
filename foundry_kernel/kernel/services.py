"""What blocks are given beside the ports, by type (`BlockContext.service`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from foundry_kernel.agents.agent import Access, AgentGateway, AgentResult, Capability
from foundry_kernel.agents.configured import open_agents
from foundry_kernel.agents.phases import Agents
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.project_runs import ProjectRuns
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import CancelToken


class AgentsWhenAsked:
    """Reads the agents' configuration when the first one is asked: a run without agents needs none."""

    def __init__(self, workspace: Path, gateways: GatewaySet, redactor: Redactor) -> None:
        """Take what opening them needs."""
        self._workspace, self._gateways, self._redactor = workspace, gateways, redactor
        self._opened: AgentGateway | None = None

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
        """Ask an agent, see `AgentGateway.run`.

        Raises:
            BadAgentConfiguration, BadPlugin: the configuration or an adapter does not hold together.
        """
        if self._opened is None:
            self._opened = open_agents(self._workspace, self._gateways, self._redactor)
        return await self._opened.run(
            prompt,
            access,
            capability,
            cwd,
            timeout_s,
            phase=phase,
            attempt=attempt,
            iteration=iteration,
            asked_again=asked_again,
            cancel=cancel,
        )


def services_of(
    workspace: Path, gateways: GatewaySet, redactor: Redactor, runs: Path | None = None
) -> Mapping[type, object]:
    """Services of a run.

    Args:
        workspace: the user's repository, whose configuration counts; never the run's own work tree.
        runs: folder where the run's own folder is, and where those of the runs that it starts go; without it, it
            starts none.
    """
    services: dict[type, object] = {Agents: Agents(AgentsWhenAsked(workspace, gateways, redactor))}
    if runs is not None:
        from foundry_kernel.kernel.project_runs import local_project_runs

        services[ProjectRuns] = local_project_runs(runs, gateways)
    return services
