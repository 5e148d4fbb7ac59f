"""Evidence: the documented views, row by row."""

from __future__ import annotations

from typing import Any

from alloynb.errors import AlloyError
from alloynb.faces.server.route import Call, Parameter, Route

MOST_ROWS = 10_000
_DEFAULT_ROWS = 200


class UnknownView(AlloyError):
    """There is no documented view of this name."""


def _views(call: Call) -> Any:
    return [
        {"name": each.name, "kind": each.kind, "purpose": each.purpose, "example": each.example}
        for each in call.workspace.warehouse.views()
    ]


def _rows(call: Call) -> Any:
    name = call.parts["view"]
    if name not in {each.name for each in call.workspace.warehouse.views() if each.kind == "view"}:
        raise UnknownView(f"no view {name[:80]!r}", next_step="GET …/evidence lists them")
    limit, offset = _number(call, "limit", _DEFAULT_ROWS), _number(call, "offset", 0)
    found = call.workspace.warehouse.query(
        f"SELECT * FROM {name} LIMIT $1 OFFSET $2", [min(limit, MOST_ROWS), offset], time_limit_s=30
    )
    return {"columns": found.columns, "rows": found.rows}


def _number(call: Call, name: str, default: int) -> int:
    text = call.one(name)
    if text is None:
        return default
    if not text.isdigit():
        raise AlloyError(f"{name} is a whole number, not {text[:40]!r}")
    return int(text)


ROUTES = (
    Route(
        "GET",
        "projects/{project}/evidence",
        "Documented views, with purpose and example",
        _views,
        tag="evidence",
    ),
    Route(
        "GET",
        "projects/{project}/evidence/{view}",
        f"Rows of a view, at most {MOST_ROWS}",
        _rows,
        query=(
            Parameter("limit", f"rows; {_DEFAULT_ROWS} without it"),
            Parameter("offset", "rows to pass over"),
        ),
        tag="evidence",
    ),
)
