"""A run as it goes on: server-sent events, one for each fact of its journal (spec 7.5).

event: fact      id: <journal position>   data: the fact, as JSON
event: state     data: where the request stands; the last one says how it ended
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any

from tornado import web
from tornado.iostream import StreamClosedError

from alloynb.application.fleet import RequestStanding, request_standing
from alloynb.application.follow_run import RunFeed
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.faces.server.handler import PeopleHandler
from runtime_artifacts.errors import ArtifactError

POLL_S = 0.25
KEEP_ALIVE_S = 15.0


class StreamHandler(PeopleHandler):
    """Streams what a route's use case names: a request in a workspace.

    `Last-Event-ID` (or `?after=`) goes on behind the fact of that position, as browsers do by themselves.
    """

    @web.authenticated
    async def get(self, *values: str) -> None:
        """Stream until the request has ended or the listener goes."""
        try:
            route = self.route_for("GET")
            call = await self.prepared(route, dict(zip(route.parts, values, strict=True)))
            request_id = await asyncio.to_thread(route.handle, call)
            state = await asyncio.to_thread(request_standing, call.workspace, request_id)
        except (AlloyError, ArtifactError, OSError) as error:
            self.refuse(error)
            return
        self.set_header("Content-Type", "text/event-stream; charset=UTF-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        after = self._after(call.one("after"))
        try:
            await self._follow(call.workspace, state, after)
        except (StreamClosedError, asyncio.CancelledError):
            return
        except (AlloyError, ArtifactError, OSError) as error:
            self.log.warning("alloy: the stream of %s broke: %s", request_id, error)

    def _after(self, asked: str | None) -> int:
        text = self.request.headers.get("Last-Event-ID") or asked or "0"
        return int(text) if text.isdigit() else 0

    async def _follow(self, workspace: Workspace, state: RequestStanding, after: int) -> None:
        feed: RunFeed | None = None
        position = 0
        told: RequestStanding | None = None
        silent_s = 0.0
        while True:
            if feed is None and state.run_id is not None:
                feed = RunFeed(workspace.run_dir(state.run_id))
            # What stands when a request has ended is all there will be: look at the state before the facts.
            facts = await asyncio.to_thread(feed.new_facts) if feed else []
            for fact in facts:
                position += 1
                if position > after:
                    self._event("fact", fact.model_dump(mode="json", exclude_none=True), position)
            if state != told:
                self._event("state", asdict(state), None)
                told = state
            elif not facts and silent_s >= KEEP_ALIVE_S:
                self.write(": still here\n\n")
                silent_s = 0.0
            await self.flush()
            if state.is_over:
                return
            silent_s = 0.0 if facts else silent_s + POLL_S
            await asyncio.sleep(POLL_S)
            state = await asyncio.to_thread(request_standing, workspace, state.request_id)

    def _event(self, name: str, data: dict[str, Any], position: int | None) -> None:
        identity = "" if position is None else f"id: {position}\n"
        self.write(f"event: {name}\n{identity}data: {json.dumps(data, ensure_ascii=False)}\n\n")
