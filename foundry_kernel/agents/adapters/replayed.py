"""Plays recorded answers and patches, so that every formation runs end to end without a network (spec 4.7).

[agents.default]
adapter = "replayed"
folder = "recordings"
"""

from __future__ import annotations

from pathlib import Path

from foundry_kernel.agents.agent import AgentPorts, AgentSettings, AgentTask, Answer, Cost, FolderBesideFile
from foundry_kernel.agents.errors import (
    AgentCancelled,
    AgentFailed,
    AgentNotInstalled,
    AgentTimedOut,
    BadRecording,
)
from foundry_kernel.agents.recording import RecordedFailure, find_recording, play_files
from foundry_kernel.gateways.shell import Command
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.safe_path import resolve_inside
from runtime_artifacts.untrusted_file import read_untrusted

_GIT_APPLY = ("git", "-c", "core.hooksPath=/dev/null", "apply", "--whitespace=nowarn", "-")
_LONGEST_APPLY_S = 60.0
_STEP_S = 0.05


class ReplayedSettings(AgentSettings):
    """Settings of this adapter.

    Attributes:
        folder: where the recordings are, relative to the configuration file.
    """

    folder: FolderBesideFile


class Replayed:
    """Answers like the recording that serves the call; what form it has says `recording.py`."""

    name = "replayed"
    settings = ReplayedSettings

    async def answer(self, task: AgentTask, settings: AgentSettings, ports: AgentPorts) -> Answer:
        """Play one recording, see `Adapter.answer`. An access that forbids it does not stop it: that is for others."""
        assert isinstance(settings, ReplayedSettings)
        recording, file = find_recording(settings.folder, task)
        await self._wait(recording.delay_s, task, ports)
        if recording.patch is not None:
            await self._apply(recording.patch, file, task, ports)
        play_files(recording, file, task.cwd)
        if recording.failure is not None:
            raise self._failure(recording.failure)
        return Answer(
            recording.words,
            cost=Cost(recording.cost.usd, recording.cost.tokens_in, recording.cost.tokens_out),
            model=recording.model or settings.model,
            session_id=recording.session_id,
            remarks=(f"played from {file.name}",),
        )

    async def _wait(self, delay_s: float, task: AgentTask, ports: AgentPorts) -> None:
        """Take as long as recorded, within the limit; looks often whether the run is cancelled."""
        began = ports.clock.monotonic()
        until = min(delay_s, task.timeout_s)
        while (left := until - (ports.clock.monotonic() - began)) > 0:
            if ports.cancel is not None and ports.cancel.is_set:
                break
            await ports.clock.sleep(min(left, _STEP_S))
        if ports.cancel is not None and ports.cancel.is_set:
            raise AgentCancelled(f"agent {self.name} was ended: {ports.cancel.reason}")
        if delay_s > task.timeout_s:
            raise AgentTimedOut(
                f"agent {self.name} gave no answer within {task.timeout_s:g} s", adapter=self.name
            )

    async def _apply(self, patch: str, file: Path, task: AgentTask, ports: AgentPorts) -> None:
        try:
            text = read_untrusted(resolve_inside(file.parent, patch))
        except (ArtifactError, FileNotFoundError) as error:
            raise BadRecording(f"{file}: patch: {error}") from error
        environment = {**ports.environment, "GIT_CONFIG_NOSYSTEM": "1"}
        command = Command(_GIT_APPLY, task.cwd, environment, _LONGEST_APPLY_S, stdin=text)
        result = await ports.shell.run(command, ports.cancel)
        if result.status == "cancelled":
            raise AgentCancelled(f"agent {self.name} was ended: {result.reason}")
        if not result.succeeded:
            said = " ".join((result.output or result.reason).split())[-300:]
            raise BadRecording(f"{file}: {patch} does not fit the tree: {said}")

    def _failure(self, failure: RecordedFailure) -> Exception:
        message = f"agent {self.name}: {failure.message}"
        if failure.kind == "not_installed":
            return AgentNotInstalled(message)
        kind = AgentTimedOut if failure.kind == "timed_out" else AgentFailed
        return kind(message, adapter=self.name, ended_with=1 if failure.kind == "failed" else None)


AGENT = Replayed()
