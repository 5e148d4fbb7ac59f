"""What can go wrong with an agent (spec 4.7, 5.5)."""

from __future__ import annotations

from foundry_kernel.errors import CannotDispatch, FoundryError, Unsafe


class AgentNotConfigured(CannotDispatch):
    """No configuration says who serves this capability class."""


class BadAgentConfiguration(FoundryError):
    """The configuration does not hold together; the message names its file and the place in it."""

    failure_class = "validation"


class AgentNotInstalled(CannotDispatch):
    """The agent's program does not exist here, or cannot be started."""


class AgentFailed(FoundryError):
    """The agent was started and gave no answer that can be used.

    Attributes:
        adapter: who drove it.
        ended_with: exit code of its command; None when it did not exit by itself, negative for a signal.
        output: end of what it printed, without secrets.
    """

    def __init__(
        self,
        message: str,
        *,
        adapter: str = "",
        ended_with: int | None = None,
        output: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.adapter = adapter
        self.ended_with = ended_with
        self.output = output


class AgentTimedOut(AgentFailed):
    """The agent did not answer in time; its whole process group was ended."""


class AnswerUnusable(AgentFailed):
    """The text holds no JSON object of the form that was asked for.

    Attributes:
        reason: what is wrong with it, in words that the agent can act on.
    """

    def __init__(self, reason: str, *, adapter: str = "", output: str = "") -> None:
        super().__init__(f"the answer cannot be used: {reason}", adapter=adapter, output=output)
        self.reason = reason


class AgentCancelled(FoundryError):
    """The run was cancelled while the agent worked; its whole process group was ended."""


class ReadOnlyViolated(Unsafe):
    """An agent that may only read has changed the tree.

    Attributes:
        changed_files: paths, relative to the tree.
    """

    def __init__(self, adapter: str, changed_files: tuple[str, ...]) -> None:
        named = ", ".join(changed_files[:10]) + (" …" if len(changed_files) > 10 else "")
        super().__init__(
            f"agent {adapter} may only read, and changed {named}",
            next_step="throw the tree away, check the agent's own settings",
        )
        self.changed_files = changed_files


class MissingRecording(CannotDispatch):
    """Nothing was recorded for this call."""


class BadRecording(FoundryError):
    """A recording cannot be read or played; the message names its file."""

    failure_class = "validation"
