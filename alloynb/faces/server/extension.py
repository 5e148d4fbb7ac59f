"""The extension: which repositories are served, and by whom.

Installed with the package and enabled by itself. `jupyter server extension list` shows it.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import List, Unicode

from alloynb.application.workspace import utc_now
from alloynb.application.wrong_keys import WrongKeys
from alloynb.faces.server.handler import ApiHandler, NothingHandler, PeopleHandler, RunnerHandler
from alloynb.faces.server.repositories import Repositories
from alloynb.faces.server.route import PREFIX, Route, collect_routes
from alloynb.faces.server.stream import StreamHandler
from alloynb.faces.server.upstream import UpstreamHandler


class AlloyExtension(ExtensionApp):
    """Serves the HTTP API, or hands every call to a service that does."""

    name = "alloy"
    app_name = "Alloy"
    description = "Engineering intent over HTTP, under /alloy/api/v1."
    load_other_extensions = True

    workspaces = List(
        Unicode(),
        help="Folders of the repositories to serve: governed ones, or folders that hold some. "
        "By default the server's root folder.",
    ).tag(config=True)
    upstream_url = Unicode(
        "",
        help="Address of a shared Alloy, such as http://127.0.0.1:8090/services/alloy/. With it, this server decides "
        "nothing: it hands every call to that service in the name of its user. For JupyterHub, where a user's own "
        "server runs that user's code and cannot vouch for anything.",
    ).tag(config=True)

    def initialize_settings(self) -> None:
        """What handlers and authorizer share."""
        self.settings["alloy_repositories"] = Repositories(self._folders())

    def initialize_handlers(self) -> None:
        """One handler for each path."""
        if self.upstream_url:
            self.handlers.append((rf"/({PREFIX}/.*)", UpstreamHandler, {"upstream_url": self.upstream_url}))
            return
        wrong_keys = WrongKeys(utc_now)
        by_path: dict[str, list[Route]] = defaultdict(list)
        for route in collect_routes():
            by_path[route.path].append(route)
        repositories = self.settings["alloy_repositories"]
        for path, routes in by_path.items():
            settings: dict[str, Any] = {
                "routes": {each.method: each for each in routes},
                "repositories": repositories,
                "wrong_keys": wrong_keys,
            }
            pattern = rf"/{PREFIX}/{routes[0].pattern}"
            self.handlers.append((pattern, _handler_for(path, routes), settings))
        nothing = {"routes": {}, "repositories": repositories, "wrong_keys": wrong_keys}
        self.handlers.append((rf"/{PREFIX}/(.*)", NothingHandler, nothing))

    def _folders(self) -> list[Path]:
        if self.workspaces:
            return [Path(each).expanduser().resolve() for each in self.workspaces]
        assert self.serverapp is not None  # whoever loads an extension is a server
        return [Path(self.serverapp.root_dir).resolve()]


def _handler_for(path: str, routes: list[Route]) -> type[ApiHandler]:
    kinds = {each.taken_by for each in routes}
    if len(kinds) > 1:
        raise ValueError(f"{path}: one path is for people, for runners or a stream, not for several")
    return {"runner": RunnerHandler, "stream": StreamHandler, "people": PeopleHandler}[kinds.pop()]


main = AlloyExtension.launch_instance
