"""From HTTP to a use case and back: authenticate, authorize, validate, call in a thread, answer with one envelope."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from pydantic import ValidationError
from tornado import web

from alloynb.application.runners import Runner, authenticate_runner
from alloynb.application.workspace import Workspace
from alloynb.application.wrong_keys import TooManyWrongKeys, WrongKeys
from alloynb.errors import AlloyError
from alloynb.faces.json_value import error_value, json_value
from alloynb.faces.server.identity import principal_of
from alloynb.faces.server.repositories import NotHere, Repositories
from alloynb.faces.server.route import PREFIX, Call, Reply, Route
from alloynb.faces.server.status import status_of
from alloynb.intent.authority import Principal
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.errors import ArtifactError, MalformedDocument

RESOURCE = "alloy"
MAX_BODY_BYTES = 32 << 20
MAX_PART = 300
RUNNER_HEADER = "X-Alloy-Runner"
RUNNER_KEY_HEADER = "X-Alloy-Runner-Key"
WAIT_STEP_S = 0.5
_RUNNERS = Principal("runners", "machine")
_JUPYTERS_WORD = {"GET": "read", "POST": "write", "PUT": "write", "DELETE": "write"}


class ApiHandler(ExtensionHandlerMixin, APIHandler):
    """One path; `routes` are its methods.

    Attributes:
        route: the act that is being called, for authorizers that look at it.
    """

    route: Route | None = None
    project: str | None = None

    routes: Mapping[str, Route]
    repositories: Repositories
    wrong_keys: WrongKeys

    def initialize(self, name: str, *_: Any, **settings: Any) -> None:
        """Take what the extension hands to every handler: `routes` by method, and `repositories`."""
        super().initialize(name)
        self.routes = settings["routes"]
        self.repositories = settings["repositories"]
        self.wrong_keys = settings["wrong_keys"]

    async def serve(self, method: str, values: tuple[str, ...]) -> None:
        """Answer one call; every error becomes an envelope that says what to do."""
        try:
            route = self.route_for(method)
            _check_path(values)
            call = await self.prepared(route, dict(zip(route.parts, values, strict=True)))
            data = await self.answered(route, call)
        except (AlloyError, ArtifactError, OSError) as error:
            self.refuse(error)
            return
        reply = data if isinstance(data, Reply) else Reply(data, route.success)
        root = call.workspace.root
        envelope = {"success": True, "data": json_value(reply.data, root=root), "error": None}
        self.finish_json(envelope, reply.status)

    async def answered(self, route: Route, call: Call) -> Any:
        """Call the use case in a thread; where the route waits, again until it answers or the time is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (route.waits_s(call) if route.waits_s else 0.0)
        while True:
            data = await asyncio.to_thread(route.handle, call)
            left = until - loop.time()
            if data is not None or left <= 0 or self.gone:
                return data
            await asyncio.sleep(min(WAIT_STEP_S, left))

    gone = False

    def on_connection_close(self) -> None:
        """Nobody waits for the answer any more."""
        self.gone = True
        super().on_connection_close()

    def route_for(self, method: str) -> Route:
        """The route of this path and method.

        Raises:
            NoSuchMethod: with the methods that there are.
        """
        if method not in self.routes:
            known = ", ".join(sorted(self.routes))
            self.set_header("Allow", known)
            raise NoSuchMethod(f"no {method} here", next_step=f"there is {known}")
        self.route = self.routes[method]
        return self.route

    async def prepared(self, route: Route, parts: dict[str, str]) -> Call:
        """Find the workspace, make sure that the caller may, and read the body."""
        workspace, runner = await self.entered(route, parts)
        self.project = workspace.settings.project
        return Call(
            self.repositories,
            workspace,
            parts,
            {
                name: tuple(each.decode("utf-8", "replace") for each in values)
                for name, values in self.request.query_arguments.items()
            },
            self._body(route),
            self.request.body,
            runner,
        )

    async def entered(self, route: Route, parts: Mapping[str, str]) -> tuple[Workspace, Runner | None]:
        """Find the workspace and make sure that the caller may; the second answer is the runner, where one calls."""
        workspace = await asyncio.to_thread(self._workspace, route, parts, principal_of(self.current_user))
        project = workspace.settings.project
        await self._require(route, project)
        if route.action is not None:
            workspace.authority.require(workspace.principal, route.action, project)
        return workspace, None

    def _workspace(self, route: Route, parts: Mapping[str, str], principal: Principal | None) -> Workspace:
        if "project" in parts:
            return self.repositories.project(parts["project"], principal)
        if route.holds is not None:
            return self.repositories.holding(route.holds, parts[route.parts[0]], principal)
        return self.repositories.any(principal)

    async def _require(self, route: Route, project: str) -> None:
        """Ask Jupyter's own authorizer, whichever it is; ours maps authorities, see `authorizer`."""
        user = self.current_user
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, user, _JUPYTERS_WORD[route.method], RESOURCE)
        )
        if not allowed:
            raise NotAuthorized(
                f"{user.username} may not {route.action or _JUPYTERS_WORD[route.method]} in {project}",
                next_step="ask who runs this server",
            )

    def _body(self, route: Route) -> Any:
        if route.body is None:
            return None
        raw = self.request.body or b"{}"
        if len(raw) > MAX_BODY_BYTES:
            raise BadBody(f"a body of {len(raw)} bytes; at most {MAX_BODY_BYTES}")
        try:
            parse_json(raw)  # no duplicate keys, no nesting without end
            return route.body.model_validate_json(raw)
        except ValidationError as error:
            faults = [
                f"{'.'.join(str(step) for step in each['loc']) or 'body'}: {each['msg']}"
                for each in error.errors(include_url=False, include_input=False, include_context=False)
            ]
            raise BadBody("; ".join(faults[:20])) from error
        except MalformedDocument as error:
            raise BadBody(f"not JSON: {error.message}") from error

    def refuse(self, error: BaseException) -> None:
        """Answer with the error."""
        status = 405 if isinstance(error, NoSuchMethod) else status_of(error)
        if isinstance(error, TooManyWrongKeys):
            self.set_header("Retry-After", str(math.ceil(error.retry_after_s)))
        if status >= 500:
            self.log.error("alloy: %s", error)
        self.finish_json({"success": False, "data": None, "error": error_value(error)}, status)

    def finish_json(self, envelope: Mapping[str, Any], status: int) -> None:
        """Write one envelope."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(envelope, ensure_ascii=False))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What tornado itself refuses is told in the same envelope."""
        failure = kwargs.get("exc_info", (None, None, None))[1]
        told = getattr(failure, "log_message", None) or self._reason
        error = {"type": "HTTPError", "message": str(told), "next_step": "", "exit_code": 4}
        self.finish_json({"success": False, "data": None, "error": error}, status_code)


def _check_path(values: tuple[str, ...]) -> None:
    """Refuse parts of a path that name nothing and could mislead whoever reads them.

    Raises:
        BadPath: with the part, made visible.
    """
    for value in values:
        if len(value) > MAX_PART or not value.isprintable():
            raise BadPath(f"{value[:40]!r} names nothing", next_step="ids and names are short printable text")


class BadPath(AlloyError):
    """A part of the path cannot be the name of anything."""


class BadBody(AlloyError):
    """The body is not what the route takes."""


class NoSuchMethod(AlloyError):
    """The path has no such method."""


class NotAuthorized(AlloyError):
    """The server's authorizer says no."""

    exit_code = 3


class PeopleHandler(ApiHandler):
    """For callers whom Jupyter authenticates."""

    @web.authenticated
    async def get(self, *values: str) -> None:
        """Look."""
        await self.serve("GET", values)

    @web.authenticated
    async def post(self, *values: str) -> None:
        """Do."""
        await self.serve("POST", values)

    @web.authenticated
    async def put(self, *values: str) -> None:
        """Replace."""
        await self.serve("PUT", values)

    @web.authenticated
    async def delete(self, *values: str) -> None:
        """Take away."""
        await self.serve("DELETE", values)


class RunnerHandler(ApiHandler):
    """For runners, who show a key of their own and have no token of the server: a token could run code in it."""

    def check_xsrf_cookie(self) -> None:
        """No cookie speaks for a runner, so that no other site can speak through one."""

    async def entered(self, route: Route, parts: Mapping[str, str]) -> tuple[Workspace, Runner | None]:
        """Find the repository that registered the runner, and make sure that it is the runner."""
        said = self.request.headers.get(RUNNER_HEADER, "")
        key = self.request.headers.get(RUNNER_KEY_HEADER, "")
        source = self.request.remote_ip or "nowhere"

        def enter() -> tuple[Workspace, Runner]:
            workspace = self.repositories.registering(said, _RUNNERS)
            runner = authenticate_runner(workspace, said, key, source=source, wrong_keys=self.wrong_keys)
            if parts.get("runner", said) != said:
                raise NotAuthorized(f"{said} does not speak for {parts['runner'][:80]}")
            return workspace, runner

        return await asyncio.to_thread(enter)

    @allow_unauthenticated
    async def get(self, *values: str) -> None:
        """Look."""
        await self.serve("GET", values)

    @allow_unauthenticated
    async def post(self, *values: str) -> None:
        """Do."""
        await self.serve("POST", values)

    @allow_unauthenticated
    async def put(self, *values: str) -> None:
        """Replace."""
        await self.serve("PUT", values)


class NothingHandler(PeopleHandler):
    """For paths below the prefix that are no route: told in the envelope too."""

    async def serve(self, method: str, values: tuple[str, ...]) -> None:
        """Answer that nothing is here."""
        self.refuse(NotHere("no such path", next_step=f"GET /{PREFIX}/openapi.json lists what there is"))
