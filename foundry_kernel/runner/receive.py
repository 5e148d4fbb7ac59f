"""A request that came from elsewhere, laid into this workspace as if it had been asked for here (spec 5.2, 5.3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from foundry_kernel.runner.backends.backend import Work
from foundry_kernel.runner.verify import RequestInvalid, RequestUnsafe
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.kinds import KINDS, read_any, read_as
from runtime_artifacts.mailbox import what_is_asked


def refuse_changed(work: Work, mutates: Callable[[str, Mapping[str, Any]], bool]) -> None:
    """Refuse work whose request is not the one that it was queued as: somebody edited the queue.

    Args:
        mutates: says of an entry event and its payload whether the formation holds a mutator.

    Raises:
        ArtifactError: the request is damaged.
        RequestUnsafe: it is another request, asks for something else, or changes a repository and was queued as if not.
    """
    request = read_as(EXECUTION_REQUEST, json.dumps(work.request).encode())
    content = request.content
    queued = (work.request_id, work.key, work.request_hash, work.project_id)
    found = (request.id, content.idempotency_key, digest_of(what_is_asked(content)), content.project_id)
    step = "look who may write to the queue, and make the request anew"
    if queued != found:
        raise RequestUnsafe(
            f"what was queued as {work.request_id[:60]} is not the request that lies there", next_step=step
        )
    changes = content.foundry.throttle == "full"
    if changes and not work.changes and mutates(content.foundry.entry_event, content.foundry.payload):
        raise RequestUnsafe(f"{request.id} changes a repository, and was queued as if not", next_step=step)


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
