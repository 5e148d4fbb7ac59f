"""Packing a request of this workspace for a queue, with everything that it names (spec 5.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foundry_kernel.runner.backends.backend import Work, work_of
from foundry_kernel.runner.ports import mutates
from foundry_kernel.runner.prepare import locate_request
from foundry_kernel.runner.verify import find_named
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.approval_search import approvals_on_shelf
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.prompt_pack import PROMPT_PACK


def packed(request: str, workspace: Path | None = None) -> Work:
    """Find a request and all that it names, verified, and approvals of its brief that lie on the shelf.

    Args:
        request: a file, or the id of one in the workspace's mailbox.

    Raises:
        FoundryError, ArtifactError: something is missing or damaged.
    """
    return packed_whole(*locate_request(request, str(workspace.resolve()) if workspace else ""))


def packed_whole(found: Artifact[ExecutionRequest], place: RunnerWorkspace) -> Work:
    """Pack a request with all that it names, verified, and approvals of its brief that lie on the shelf.

    Raises:
        FoundryError, ArtifactError: something is missing or damaged.
    """
    content = found.content
    named: list[Artifact[Any]] = [
        find_named(FORMATION_BRIEF, content.brief, place),
        find_named(PROMPT_PACK, content.prompt_pack, place),
        find_named(GATE_OVERLAY, content.gate_overlay, place),
        find_named(EVIDENCE_PLAN, content.evidence_plan, place),
        *(find_named(APPROVAL, ref, place) for ref in content.approvals),
        *approvals_on_shelf(place.shelf, content.brief.digest),
    ]
    changes = content.foundry.throttle == "full" and mutates(
        content.foundry.entry_event, content.foundry.payload
    )
    return work_of(found, list({each.digest: each for each in named}.values()), changes=changes)
