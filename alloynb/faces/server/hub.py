"""Run the server as a service that JupyterHub manages: the Hub says who a token is (spec 5.1, 7.5).

    c.JupyterHub.services = [{
        "name": "alloy",
        "url": "http://127.0.0.1:8090",
        "command": ["jupyter", "server", "--config=/etc/alloy/service.py"],
    }]

with, in `service.py`, `c.ServerApp.identity_provider_class = "alloynb.faces.server.hub.HubIdentityProvider"`. The Hub
sets the environment: where its API is, and the scopes of which one lets a user in. The token of a user's server has
such a scope only where `c.Spawner.server_token_scopes` names it: see `docs/share.md`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.web import RequestHandler
from traitlets import Float, Unicode, default

REMEMBERED_S = 30.0
TIME_LIMIT_S = 10.0
MOST_REMEMBERED = 10_000


@dataclass
class HubUser(User):
    """A user or service of the Hub.

    Attributes:
        kind: `human`, or `machine` for a service.
    """

    kind: str = "human"


class HubIdentityProvider(IdentityProvider):
    """Asks the Hub who shows a token, and lets in whoever has a scope for this service.

    There is no shared token and no login page: a browser reaches this service through the user's own server.
    """

    api_url = Unicode(help="Address of the Hub's API.").tag(config=True)
    remembered_s = Float(REMEMBERED_S, help="Seconds for which an answer of the Hub counts.").tag(config=True)

    @default("api_url")
    def _api_url(self) -> str:
        return os.environ.get("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api")

    @default("token")
    def _no_token(self) -> str:
        return ""

    @property
    def auth_enabled(self) -> bool:
        """Always: what the Hub does not vouch for is nobody."""
        return True

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._clock = clock
        self._known: dict[str, tuple[float, HubUser | None]] = {}

    async def get_user(self, handler: RequestHandler) -> HubUser | None:
        """Name the user whose token comes with a request; None when the Hub knows none, or lets it in nowhere here."""
        token = self.get_token(handler)
        if not token:
            return None
        now = self._clock()
        remembered = self._known.get(token)
        if remembered is not None and now - remembered[0] < self.remembered_s:
            return remembered[1]
        user = await self._ask(token)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[token] = (now, user)
        return user

    def is_token_authenticated(self, handler: RequestHandler) -> bool:
        """Every caller is: no cookie speaks for anybody, so that no other site can."""
        return True

    async def _ask(self, token: str) -> HubUser | None:
        request = HTTPRequest(
            f"{self.api_url.rstrip('/')}/user",
            headers={"Authorization": f"token {token}"},
            request_timeout=TIME_LIMIT_S,
            follow_redirects=False,
        )
        response = await AsyncHTTPClient().fetch(request, raise_error=False)
        if response.code != 200:
            if response.code not in (401, 403, 404):
                self.log.error("alloy: the Hub answers %s; nobody is let in meanwhile", response.code)
            return None
        try:
            told = json.loads(response.body)
            name, kind, scopes = str(told["name"]), told["kind"], set(told["scopes"])
        except (ValueError, KeyError, TypeError) as error:
            self.log.error("alloy: the Hub's answer is not understood: %s", error)
            return None
        if not _may_enter(scopes):
            self.log.warning(
                "alloy: a token of %r has no scope for this service; a role gives it, and for the own servers of users "
                "c.Spawner.server_token_scopes",
                name,
            )
            return None
        return HubUser(name, kind="human" if kind == "user" else "machine")


def _may_enter(scopes: set[str]) -> bool:
    """Whether one of the scopes that the Hub asks for is held, as the Hub itself filters them."""
    wanted = json.loads(os.environ.get("JUPYTERHUB_OAUTH_ACCESS_SCOPES", "[]"))
    service = os.environ.get("JUPYTERHUB_SERVICE_NAME", "")
    asked = set(wanted) | ({"access:services", f"access:services!service={service}"} if service else set())
    return bool(asked & scopes) or (not asked and not service)
