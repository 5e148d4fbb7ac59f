"""Look for drift after Foundry executed what only it may: gates and tests of accepted records (spec 6.4)."""

from __future__ import annotations

from alloynb.application.foundry_command import Foundry
from alloynb.application.look_for_drift import LookForDrift, SeenDrift, look_for_drift
from alloynb.application.run_loop import HtmlOf, RunLoop, Tell, run_loop
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError


class NotOfThisTree(AlloyError):
    """A run is of the last commit, and something else was to be looked at."""


def drift_with_gates(
    workspace: Workspace,
    command: LookForDrift,
    *,
    html_of: HtmlOf,
    tell: Tell = lambda text: None,
    quiet: bool = False,
    foundry: Foundry | None = None,
) -> SeenDrift:
    """Request a drift assessment of the last commit, once, then look with its result at hand.

    Raises:
        NotOfThisTree: another revision was named.
        CompilationRefused, CannotRun, Refused: as `run_loop` says.
    """
    if command.revision is not None:
        raise NotOfThisTree(
            "--run-gates is of the last commit", next_step="leave --at out, or check that commit out"
        )
    run_loop(workspace, RunLoop("drift", quiet=quiet), html_of=html_of, tell=tell, foundry=foundry)
    return look_for_drift(workspace, command)
