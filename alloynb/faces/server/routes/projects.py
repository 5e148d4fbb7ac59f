"""What is served here, and how the API is described."""

from __future__ import annotations

from typing import Any

from alloynb.faces.server.route import Call, Route


def _projects(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "project": each.settings.project,
            "title": each.settings.title,
            "default_branch": each.settings.default_branch,
        }
        for each in call.repositories.all(call.workspace.principal)
        if each.authority.allows(each.principal, "view_intent", each.settings.project)
    ]


def _openapi(call: Call) -> dict[str, Any]:
    from alloynb.faces.server.openapi import describe
    from alloynb.faces.server.route import collect_routes

    return describe(collect_routes())


def _whoami(call: Call) -> dict[str, Any]:
    from alloynb.intent.authority import ACTIONS

    workspace = call.workspace
    project = workspace.settings.project
    return {
        "principal": workspace.principal.name,
        "kind": workspace.principal.kind,
        "authorities": [
            each for each in ACTIONS if workspace.authority.allows(workspace.principal, each, project)
        ],
    }


ROUTES = (
    Route(
        "GET", "projects", "Projects that are served here and that you may look at", _projects, action=None
    ),
    Route("GET", "openapi.json", "This description", _openapi, action=None, tag="projects"),
    Route("GET", "projects/{project}/me", "Who you are here, and what you may do", _whoami),
)
