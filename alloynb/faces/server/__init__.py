"""The HTTP API under `/alloy/api/v1`, as an extension of a Jupyter Server (spec 5.3, 7.5)."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from alloynb.faces.server.extension import AlloyExtension

    return [{"module": "alloynb.faces.server", "app": AlloyExtension}]
