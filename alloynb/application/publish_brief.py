"""Put a brief where every Foundry can resolve it: a directory, an object store (spec 5.2, mode 3).

Foundry speaks to the place, with what its environment holds; Alloy hands it no credential and sees none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from alloynb.application.request_run import refuse_unrunnable
from alloynb.application.workspace import Workspace
from runtime_artifacts.formation_brief import FORMATION_BRIEF


class Publisher(Protocol):
    """What can put a brief of a workspace into a place."""

    def publish(self, brief_id: str, place: str, workspace: Path) -> Mapping[str, Any]:
        """Put a brief and its parts there, each once, and tell what was done.

        Raises:
            Refused: something else stands there, or the place lets us in nowhere.
            CannotRun: the place cannot be used from here.
        """


def publish_brief(workspace: Workspace, brief_id: str, place: str, publisher: Publisher) -> Mapping[str, Any]:
    """Publish a compiled brief.

    Returns:
        What the publisher told: `brief_id`, `brief_digest`, `place`, `created`, `stood`, `transport_retries`,
        `payload`, and `emit`, the command that runs it elsewhere.

    Raises:
        NotOnShelf: no such brief.
        IllegalBriefStep: it is not compiled, or was rejected, cancelled or archived.
        IntentChanged: its records say something else by now.
        Refused, CannotRun: it cannot be put there.
    """
    brief = workspace.shelf.find(FORMATION_BRIEF, brief_id)
    refuse_unrunnable(workspace, brief)
    return publisher.publish(brief.id, place, workspace.root)
