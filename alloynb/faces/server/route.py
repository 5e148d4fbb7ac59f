"""One act of the API: its path, who may do it, what it takes, and the use case that does it (spec 5.3).

A file in `routes/` offers `ROUTES`. The handlers, the OpenAPI description and the tests all read the same table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from alloynb.application.workspace import Workspace
from alloynb.intent.authority import ACTIONS, Action
from runtime_artifacts.drop_in import collect_drop_ins

if TYPE_CHECKING:
    from alloynb.application.runners import Runner
    from alloynb.faces.server.repositories import Repositories

Method = Literal["GET", "POST", "PUT", "DELETE"]
PREFIX = "alloy/api/v1"
_PART = re.compile(r"\{(\w+)\}")


class Body(BaseModel):
    """What a request's body may hold; an unknown name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Parameter:
    """One query parameter."""

    name: str
    told: str
    many: bool = False


@dataclass(frozen=True)
class Reply:
    """An answer with a status of its own; an answer that is no `Reply` is a 200."""

    data: Any
    status: int = 200


@dataclass(frozen=True)
class Call:
    """One call of a route.

    Attributes:
        repositories: what this server serves.
        workspace: of the project that the path names, opened for who asks; of the only one that holds what the path
            names, where the route says how to tell.
        parts: of the path, by name.
        query: parameters, each with all its values.
        body: validated, or None.
        raw: body as it came.
        runner: who calls, where a runner does.
    """

    repositories: Repositories
    workspace: Workspace
    parts: Mapping[str, str]
    query: Mapping[str, tuple[str, ...]]
    body: Any = None
    raw: bytes = b""
    runner: Runner | None = None

    def one(self, name: str) -> str | None:
        """The last value of a query parameter, or None."""
        values = self.query.get(name, ())
        return values[-1] if values else None

    def flag(self, name: str) -> bool:
        """Whether a query parameter says yes."""
        return (self.one(name) or "").lower() in {"1", "true", "yes"}


Holds = Callable[[Workspace, str], bool]
"""Says whether a workspace holds what the first part of a path names."""


@dataclass(frozen=True)
class Route:
    """One act.

    Attributes:
        path: below the prefix, such as `projects/{project}/intent-records`.
        action: authority that the caller needs in the project; None where the path names none and none is told of.
        holds: for a path that names no project: says which workspace is meant.
        body: model of the body, or None when there is none.
        by_runner: the caller is a runner that shows its key, not a person whom Jupyter knows.
        success: status of a plain answer.
        streams: answers with a stream of events instead.
        waits_s: how many seconds the answer may wait for something to come, as long as the use case answers None.
    """

    method: Method
    path: str
    summary: str
    handle: Callable[[Call], Any]
    action: Action | None = "view_intent"
    holds: Holds | None = None
    body: type[BaseModel] | None = None
    query: tuple[Parameter, ...] = ()
    by_runner: bool = False
    success: int = 200
    streams: bool = False
    waits_s: Callable[[Call], float] | None = None
    tag: str = field(default="")

    @property
    def taken_by(self) -> str:
        """Kind of handler: `runner`, `stream` or `people`."""
        return "runner" if self.by_runner else "stream" if self.streams else "people"

    @property
    def parts(self) -> tuple[str, ...]:
        """Names in the path, in order."""
        return tuple(_PART.findall(self.path))

    @property
    def pattern(self) -> str:
        """Regular expression of the path."""
        return _PART.sub(r"([^/]+)", self.path)

    @property
    def name(self) -> str:
        """Unique name: method and path."""
        return f"{self.method} {self.path}"


def check_route(offered: object) -> Route:
    """Accept a route.

    Raises:
        TypeError, ValueError: what is wrong with it.
    """
    if not isinstance(offered, Route):
        raise TypeError("ROUTES is a tuple of routes")
    if offered.action is not None and offered.action not in ACTIONS:
        raise ValueError(f"{offered.name}: {offered.action!r} is no authority")
    names_project = "project" in offered.parts
    if offered.parts and not names_project and offered.holds is None and not offered.by_runner:
        raise ValueError(f"{offered.name}: names no project, and does not say whose it is (`holds`)")
    if offered.action is None and offered.parts:
        raise ValueError(f"{offered.name}: whoever names something there needs an authority")
    if offered.body is not None and offered.method == "GET":
        raise ValueError(f"{offered.name}: a GET has no body")
    return offered


def collect_routes() -> tuple[Route, ...]:
    """All routes, checked, by path.

    Raises:
        BadPlugin: names the file and the reason.
    """
    found = collect_drop_ins(
        "alloynb.faces.server.routes", "ROUTES", check_route, name_of=lambda route: route.name
    )
    return tuple(sorted((each.plugin for each in found.values()), key=lambda each: (each.path, each.method)))
