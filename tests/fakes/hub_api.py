"""The part of JupyterHub's API that a service asks: who a token is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hub:
    """Tokens and what they are.

    Attributes:
        users: what `GET /hub/api/user` answers, by token.
        asked: how often it was asked.
    """

    address: str
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: int = 0

    def let_in(self, token: str, name: str, *scopes: str, kind: str = "user") -> None:
        """Know a token."""
        self.users[token] = {"name": name, "kind": kind, "scopes": list(scopes)}


@contextmanager
def hub_api() -> Iterator[Hub]:
    """Answer on a free port of the loopback until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hub.asked += 1
            known = hub.users.get(self.headers.get("Authorization", "").removeprefix("token "))
            found = known if self.path == "/hub/api/user" else None
            body = json.dumps(found or {"status": 403}).encode()
            self.send_response(200 if found else 403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub = Hub(f"http://127.0.0.1:{server.server_address[1]}/hub/api")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
