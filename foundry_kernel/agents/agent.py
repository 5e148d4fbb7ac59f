"""The port for agents, and the contract of an adapter (spec 4.7).

An adapter is one file below `adapters/`, or an entry point of the group `foundry_kernel.agents`. It offers `AGENT`:
an object with a name, a settings model, and an `answer` that drives one agent once. It is handed ports for every
effect, and never sees more of the environment than the command may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from foundry_kernel.gateways.clock import Clock
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import CancelToken, Shell

Access = Literal["read_only", "full"]
Capability = Literal["reasoning", "coding", "quick"]
CAPABILITIES: tuple[Capability, ...] = ("reasoning", "coding", "quick")

LONGEST_CALL_S = 1800.0
"""How long an agent may take when neither the call nor the configuration says."""


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return Path(folder) / path.expanduser() if folder is not None else path


FolderBesideFile = Annotated[Path, AfterValidator(_beside_the_file)]
"""A path that is relative to the folder of the configuration file."""


class AgentSettings(BaseModel):
    """What every table `[agents.<class>]` may say; an adapter's model adds its own. Unknown fields are refused.

    Attributes:
        adapter: name of the adapter.
        model: name of the model, as the agent's command line knows it.
        extra_args: further arguments of the agent's command line; they come last and so can override ours.
        env: names of variables that the command gets. Their values are taken as secrets and redacted.
        timeout_s: seconds; the most that one call may take, whatever the caller allows.
        record: folder into which every call is recorded, for the adapter `replayed`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    adapter: str
    model: str | None = Field(default=None, min_length=1, max_length=200)
    extra_args: tuple[str, ...] = ()
    env: tuple[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ...] = ()
    timeout_s: float = Field(default=LONGEST_CALL_S, gt=0, allow_inf_nan=False)
    record: FolderBesideFile | None = None


@dataclass(frozen=True)
class AgentTask:
    """One call of an agent.

    Attributes:
        cwd: work tree that it works in.
        timeout_s: seconds.
        phase: what it is for, such as `triage`; tells recordings apart.
        attempt: 1 for the first, more after gates failed.
        iteration: round of an outer loop, from 1.
        asked_again: whether this repeats a call whose answer could not be used.
    """

    prompt: str
    access: Access
    capability: Capability
    cwd: Path
    timeout_s: float
    phase: str = "task"
    attempt: int = 1
    iteration: int = 1
    asked_again: bool = False


@dataclass(frozen=True)
class AgentPorts:
    """What an adapter may have an effect with.

    Attributes:
        environment: all that the agent's command gets; the allowed variables are in it.
        redactor: knows the allowed values already.
        cancel: ends the agent when it is set.
    """

    shell: Shell
    clock: Clock
    environment: Mapping[str, str]
    redactor: Redactor
    cancel: CancelToken | None = None


@dataclass(frozen=True)
class Cost:
    """What a call used, as far as the agent told.

    Attributes:
        usd: US dollars.
        tokens_in: tokens read, those from a cache included.
        tokens_out: tokens written.
    """

    usd: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(frozen=True)
class Answer:
    """What an adapter brings back.

    Attributes:
        text: the agent's final words.
        exit_code: of its command; None when there was none.
        remarks: what else the trace should keep, in sentences.
    """

    text: str
    exit_code: int | None = None
    cost: Cost = field(default_factory=Cost)
    model: str | None = None
    session_id: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class AgentResult:
    """What came of a call. All of it is data: nothing in it is ever executed.

    Attributes:
        text: final words, without secrets and control characters.
        structured: the JSON object in the text, None when it holds none; not yet checked against any form.
        changed_files: what differs in the tree, found by comparing it, whatever the agent says.
        duration_ms: milliseconds.
        adapter: who drove the agent.
    """

    text: str
    structured: dict[str, Any] | None
    changed_files: tuple[str, ...]
    cost: Cost
    duration_ms: float
    exit_code: int | None
    adapter: str
    model: str | None = None
    session_id: str | None = None
    remarks: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Everything but the words, as JSON for the trace; what is not known is left out."""
        known = {
            "agent": self.adapter,
            "model": self.model,
            "session_id": self.session_id,
            "usd": self.cost.usd,
            "tokens_in": self.cost.tokens_in,
            "tokens_out": self.cost.tokens_out,
            "duration_ms": round(self.duration_ms, 3),
            "agent_exit_code": self.exit_code,
            "changed_files": list(self.changed_files),
            "remarks": list(self.remarks),
        }
        return {name: value for name, value in known.items() if value not in (None, [])}


class AgentGateway(Protocol):
    """Asks agents."""

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
        """Ask an agent of a capability class once, and wait for its answer.

        Args:
            cwd: work tree of a git repository; with `read_only` it must be unchanged afterwards.
            timeout_s: seconds; never more than the configuration allows.
            cancel: ends the agent when it is set. So does cancelling this call.

        Raises:
            AgentNotConfigured, AgentNotInstalled, MissingRecording: there is nobody to ask.
            AgentFailed: it gave no answer; AgentTimedOut: not in time.
            AgentCancelled: the token was set.
            ReadOnlyViolated: it changed what it may only read, however it ended otherwise.
            GitFailed: the tree cannot be looked at.

        Spec: 4.7.
        """
        ...


class Adapter(Protocol):
    """One way to reach an agent.

    Attributes:
        name: snake_case; what a configuration calls it.
        settings: what a configuration may say about it.
    """

    @property
    def name(self) -> str:
        """Name, see above."""
        ...

    @property
    def settings(self) -> type[AgentSettings]:
        """Settings model, see above."""
        ...

    async def answer(self, task: AgentTask, settings: AgentSettings, ports: AgentPorts) -> Answer:
        """Drive the agent once.

        Args:
            settings: an instance of this adapter's own model.

        Raises:
            AgentNotInstalled, AgentFailed, AgentTimedOut, AgentCancelled, MissingRecording, BadRecording.
        """
        ...
