"""What the Foundry that serves a project supports."""

from __future__ import annotations

from typing import Any

from alloynb.faces.server.route import Body, Call, Route
from runtime_artifacts.content import JsonObject


class ToldManifest(Body):
    """A capability manifest artifact."""

    manifest: JsonObject


def _get(call: Call) -> Any:
    from alloynb.application.foundry_capabilities import foundry_capabilities

    return foundry_capabilities(call.workspace)


def _put(call: Call) -> Any:
    from alloynb.application.foundry_capabilities import keep_capabilities
    from runtime_artifacts.canonical import canonical_bytes

    return keep_capabilities(call.workspace, canonical_bytes(call.body.manifest))


ROUTES = (
    Route(
        "GET",
        "projects/{project}/foundry-capabilities",
        "What Foundry supports here: as a runner told, else as the one beside this server says",
        _get,
        tag="foundry",
    ),
    Route(
        "PUT",
        "projects/{project}/foundry-capabilities",
        "Tell what the Foundry of this project supports",
        _put,
        action="manage_runners",
        body=ToldManifest,
        tag="foundry",
    ),
)
