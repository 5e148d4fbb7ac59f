"""What the engine refuses (spec 4.2 to 4.4)."""

from __future__ import annotations

from foundry_kernel.errors import CannotDispatch, FoundryError, Unsafe


class BadBlock(FoundryError):
    """A block's definition does not hold together; the message names its file."""

    exit_code = 4
    failure_class = "validation"


class BadFormation(FoundryError):
    """A formation file does not hold together; the message names it."""

    failure_class = "validation"


class UnknownFormation(FoundryError):
    """No formation of this name, or none that begins with this event."""

    failure_class = "validation"


class BadEmission(FoundryError):
    """A block tried to emit what it did not declare, or too much of it."""


class BlockInterrupted(FoundryError):
    """A block was ended before it was done: by its time limit, the run's, or a cancellation."""


class LimitReached(FoundryError):
    """The run passed one of its limits: events, depth, repetition or wall clock."""


class NoWorkTree(FoundryError):
    """The block works in a repository, and the run has none."""

    failure_class = "validation"


class ServiceMissing(CannotDispatch):
    """A block asked for a service that this run was not given."""


class ObserverMutated(Unsafe):
    """The work tree is not what it was before an observer ran."""


class UnfinishedMutator(Unsafe):
    """A mutator had begun when the run broke off, and nobody knows how far it came."""


class NotTheSameRun(Unsafe):
    """The journal was written with other blocks, another formation or another entry event."""
