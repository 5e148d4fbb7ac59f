"""A request that came from elsewhere, laid into this workspace as if it had been asked for here (spec 5.2, 5.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from foundry_kernel.runner.verify import RequestInvalid
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.kinds import KINDS, read_any, read_as


def receive_work(
    workspace: RunnerWorkspace, request: Mapping[str, Any], artifacts: Iterable[Mapping[str, Any]]
) -> Artifact[ExecutionRequest]:
    """Verify a request and what it names, and keep both; doing it again changes nothing.

    Every artifact is verified by its digest before it is kept, and the request before it is posted. Whether they belong
    together, and whether the run is allowed, is verified when it is prepared.

    Raises:
        ArtifactError: one is damaged, of an unknown schema, or the key stands for something else here.
        RequestInvalid: an execution request was sent as something that a request names.
    """
    posted = read_as(EXECUTION_REQUEST, json.dumps(request).encode())
    read = [read_any(json.dumps(each).encode()) for each in artifacts]
    for artifact in read:
        if isinstance(artifact.content, ExecutionRequest):
            raise RequestInvalid("a request names no other request")
        kind = next(each for each in KINDS.values() if isinstance(artifact.content, each.model))
        workspace.shelf.put(kind, artifact)
    return workspace.mailbox.post(posted).request
