"""A refusal as an end: its class, its words, and what can be done next (spec 5.5)."""

from __future__ import annotations

from foundry_kernel.errors import FoundryError
from foundry_kernel.runner.backends.backend import Finished
from foundry_kernel.runner.report import RECOVERY_ACTIONS
from foundry_kernel.runner.verify import refusal_class
from runtime_artifacts.errors import ArtifactError

STOPPED: frozenset[str] = frozenset({"safety", "semantic"})
"""A refusal of these classes stopped a request, any other one failed it."""


def refused_by(error: Exception) -> Finished:
    """What it means for a queue that a request was refused before anything ran."""
    failure, message, next_step = "dispatch", f"{type(error).__name__}: {error}"[:1000], ""
    if isinstance(error, FoundryError | ArtifactError):
        failure, message, next_step = refusal_class(error), error.message, error.next_step
    offered = RECOVERY_ACTIONS.get(failure, ())  # type: ignore[call-overload]
    return Finished(
        "stopped" if failure in STOPPED else "failed",
        failure_class=failure,
        message=message,
        next_step=next_step,
        recovery_actions=tuple(getattr(error, "recovery_actions", ()) or offered),
    )
