"""A user's own server under JupyterHub is a client: it hands calls to the shared Alloy, and decides nothing.

A user's server runs the user's code, so nothing that it says about approvals or the queue can be trusted. The
authoritative store belongs to a service that the Hub manages; this handler forwards in the user's name.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

TIME_LIMIT_S = 3600.0
CONNECT_LIMIT_S = 10.0
NO_ANSWER = 599
_PASSED_ON = ("Content-Type", "Accept", "Last-Event-ID", "X-Alloy-Runner-Key")
_PASSED_BACK = ("Content-Type", "Cache-Control", "Allow")


class UpstreamHandler(ExtensionHandlerMixin, APIHandler):
    """Forwards method, path, query and body; answers with what came back, as it comes."""

    def initialize(self, name: str, *_: Any, upstream_url: str = "", **__: Any) -> None:
        """Take what the extension hands over."""
        super().initialize(name)
        self.upstream_url = upstream_url.rstrip("/")

    @web.authenticated
    async def get(self, path: str) -> None:
        """Look."""
        await self._forward(path)

    @web.authenticated
    async def post(self, path: str) -> None:
        """Do."""
        await self._forward(path)

    @web.authenticated
    async def put(self, path: str) -> None:
        """Replace."""
        await self._forward(path)

    @web.authenticated
    async def delete(self, path: str) -> None:
        """Take away."""
        await self._forward(path)

    async def _forward(self, path: str) -> None:
        scheme = urlsplit(self.upstream_url).scheme
        if scheme not in ("http", "https"):
            raise web.HTTPError(503, "upstream_url is not an http address")
        query = f"?{self.request.query}" if self.request.query else ""
        headers = {name: self.request.headers[name] for name in _PASSED_ON if name in self.request.headers}
        token = os.environ.get("JUPYTERHUB_API_TOKEN")
        if token:
            headers["Authorization"] = f"token {token}"
        request = HTTPRequest(
            f"{self.upstream_url}/{path}{query}",
            method=self.request.method or "GET",
            headers=headers,
            body=self.request.body if self.request.method in ("POST", "PUT") else None,
            connect_timeout=CONNECT_LIMIT_S,
            request_timeout=TIME_LIMIT_S,
            follow_redirects=False,
            header_callback=self._take_header,
            streaming_callback=self._pass_back,
        )
        try:
            response = await AsyncHTTPClient().fetch(request, raise_error=False)
        except (OSError, ValueError) as error:
            raise web.HTTPError(503, f"the shared Alloy cannot be asked: {error}") from error
        if response.code == NO_ANSWER and not self._headers_written:
            raise web.HTTPError(503, f"the shared Alloy does not answer: {response.error}")
        self.finish()

    def _take_header(self, line: str) -> None:
        if line.startswith("HTTP/"):
            self.set_status(int(line.split()[1]))
            return
        name, colon, value = line.partition(":")
        if colon and name.title() in _PASSED_BACK:
            self.set_header(name.title(), value.strip())

    def _pass_back(self, chunk: bytes) -> None:
        self.write(chunk)
        self.flush()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What cannot be forwarded is told in the envelope of the API."""
        failure = kwargs.get("exc_info", (None, None, None))[1]
        told = str(getattr(failure, "log_message", None) or self._reason)
        step = "ask who runs the service; nothing was decided here"
        error = {"type": "UpstreamUnavailable", "message": told, "next_step": step, "exit_code": 4}
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.finish(json.dumps({"success": False, "data": None, "error": error}))
