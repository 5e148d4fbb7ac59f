"""Authorities of 2.9 for the whole Jupyter Server: who may look at intent may not thereby run code in it.

    c.ServerApp.authorizer_class = "alloynb.faces.server.authorizer.AlloyAuthorizer"

The API itself checks authorities with every authorizer. This one matters where several people share one server: whoever
can start a kernel or write a file there could forge records and approvals, so that takes an authority as well.
"""

from __future__ import annotations

import asyncio

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler
from traitlets import Unicode

from alloynb.errors import AlloyError
from alloynb.faces.server.handler import RESOURCE
from alloynb.faces.server.identity import principal_of
from alloynb.faces.server.repositories import Repositories
from alloynb.intent.authority import ACTIONS, Action

_LOOKING = frozenset({"read"})


class AlloyAuthorizer(Authorizer):
    """Maps Jupyter's resources to authorities, in every project that the server serves."""

    code_authority = Unicode(
        "manage_runners",
        help="Authority that one needs, in every project here, to run or change anything beyond the API.",
    ).tag(config=True)

    async def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        """Say whether a user may read, write or execute a resource.

        For `alloy` the called route's own authority counts; for all else, reading takes `view_intent`, the rest
        `code_authority`.
        """
        route = getattr(handler, "route", None)
        if resource == RESOURCE and route is not None:
            wanted: Action | None = route.action
            project = getattr(handler, "project", None)
        else:
            named = "view_intent" if action in _LOOKING else self.code_authority
            if named not in ACTIONS:
                self.log.error("alloy: code_authority %r is no authority", named)
                return False
            wanted, project = named, None
        if wanted is None:
            return True
        repositories = handler.settings.get("alloy_repositories")
        if repositories is None:
            self.log.error("alloy: the extension is not loaded, so nobody is authorized")
            return False
        return await asyncio.to_thread(self._allows, repositories, user, wanted, project)

    def _allows(self, repositories: Repositories, user: User, wanted: Action, project: str | None) -> bool:
        try:
            here = repositories.all(principal_of(user))
        except AlloyError as error:
            self.log.error("alloy: nobody is authorized: %s", error)
            return False
        asked = [each for each in here if project is None or each.settings.project == project]
        may = [each.authority.allows(each.principal, wanted, each.settings.project) for each in asked]
        return bool(may) and all(may)  # where nothing is governed, nobody was granted anything
