"""The OpenAPI 3.1 description of the API, made of the same table that serves it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from alloynb import __version__
from alloynb.faces.server.route import PREFIX, Route

_ERRORS = {
    "401": "Nobody that this server knows",
    "403": "Known, and not allowed",
    "404": "Not here",
    "409": "At odds with what stands",
    "422": "Not understood, or refused for what it says",
    "503": "Something outside is missing or does not answer",
}


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Describe the API.

    Returns:
        an OpenAPI 3.1 document as a plain JSON value; the same routes give the same document.
    """
    schemas: dict[str, Any] = {"Envelope": _ENVELOPE, "Error": _ERROR}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(f"/{route.path}", {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Alloy",
            "version": __version__,
            "description": "Engineering intent, its compiled artifacts, requests for runs and what they meant. Every "
            "answer is one envelope. People authenticate as to Jupyter; runners show the key they got at registration.",
        },
        "servers": [{"url": f"/{PREFIX}"}],
        "security": [{"jupyter": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "jupyter": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token <token>`, as for every part of a Jupyter Server",
                },
                "runner": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Alloy-Runner-Key",
                    "description": "key of a registered runner, whose id stands in `X-Alloy-Runner`",
                },
            },
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "description": _who_may(route),
        "tags": [route.tag or route.path.partition("/")[0]],
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in route.parts
            ),
            *(
                {
                    "name": each.name,
                    "in": "query",
                    "description": each.told,
                    "schema": {"type": "array", "items": {"type": "string"}}
                    if each.many
                    else {"type": "string"},
                }
                for each in route.query
            ),
        ],
        "responses": {str(route.success): _answer(route), **_refusals()},
    }
    if route.by_runner:
        found["security"] = [{"runner": []}]
    if route.body is not None:
        schema = route.body.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[route.body.__name__] = schema
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{route.body.__name__}"}}}
        needed = bool(schema.get("required"))
        found["requestBody"] = {"required": needed, "content": content}
    return found


def _answer(route: Route) -> dict[str, Any]:
    if route.streams:
        return {
            "description": "Events until the run has ended",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    reference = {"$ref": "#/components/schemas/Envelope"}
    return {"description": "Done", "content": {"application/json": {"schema": reference}}}


def _refusals() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Envelope"}}}
    return {status: {"description": told, "content": content} for status, told in _ERRORS.items()}


def _who_may(route: Route) -> str:
    if route.by_runner:
        return "For a registered runner."
    return f"Needs the authority `{route.action}`." if route.action else "For whoever the server lets in."


def _operation_id(route: Route) -> str:
    words = re.sub(r"\W+", "_", route.path).strip("_")
    return f"{route.method.lower()}_{words}"


_ERROR = {
    "type": "object",
    "required": ["type", "message", "next_step", "exit_code"],
    "properties": {
        "type": {"type": "string", "description": "name of the error, stable"},
        "message": {"type": "string"},
        "next_step": {"type": "string", "description": "what can be done about it; may be empty"},
        "exit_code": {"type": "integer", "description": "what the command line would end with"},
        "file": {"type": "string"},
        "line": {"type": "integer"},
    },
}
_ENVELOPE = {
    "type": "object",
    "required": ["success", "data", "error"],
    "properties": {
        "success": {"type": "boolean"},
        "data": {},
        "error": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Error"}]},
    },
}
