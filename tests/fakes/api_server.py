"""A Jupyter Server with our extension, as a process of its own, and a client of its API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

START_LIMIT_S = 60
TIME_LIMIT_S = 60


@dataclass
class Api:
    """The API as a client calls it.

    Attributes:
        address: of the server, with its base path and a slash at the end.
        headers: sent with every call.
    """

    address: str
    headers: dict[str, str] = field(default_factory=dict)

    def seen_by(self, token: str) -> Api:
        """The same server, called with another token."""
        return Api(self.address, {"Authorization": f"token {token}"})

    def as_runner(self, runner_id: str, key: str) -> Api:
        """The same server, called by a runner that shows its key and nothing else."""
        return Api(self.address, {"X-Alloy-Runner": runner_id, "X-Alloy-Runner-Key": key})

    def fetch(
        self, method: str, path: str, body: str | None = None, query: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Call, and take whatever comes."""
        return httpx.request(
            method,
            f"{self.address}alloy/api/v1/{path}",
            content=body,
            params=query,
            headers=self.headers,
            timeout=TIME_LIMIT_S,
            trust_env=False,
        )

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """Answer status and envelope."""
        text = json.dumps({} if body is None else body) if method in ("POST", "PUT") else None
        response = self.fetch(method, path, text, query)
        return response.status_code, response.json()

    def data(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Answer what a good call gives."""
        status, envelope = self(method, path, body, **query)
        assert envelope["success"], (status, envelope)
        assert status in (200, 201)
        return envelope["data"]

    def error(self, status: int, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Answer the error of a call that must be refused with this status."""
        seen, envelope = self(method, path, body, **query)
        assert not envelope["success"], envelope
        assert envelope["data"] is None
        assert seen == status, envelope
        return envelope["error"]

    def events(self, path: str, **query: str) -> Iterator[tuple[str, str, Any]]:
        """Listen to a stream until it ends: name, id and data of each event."""
        address = f"{self.address}alloy/api/v1/{path}"
        with httpx.stream(
            "GET", address, params=query, headers=self.headers, timeout=TIME_LIMIT_S, trust_env=False
        ) as response:
            assert response.status_code == 200, response.read()
            said: dict[str, str] = {}
            for line in response.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    said[name] = value
                elif said.get("event"):
                    yield said["event"], said.get("id", ""), json.loads(said["data"])
                    said = {}
                else:
                    said = {}


@contextmanager
def api_server(
    root: Path,
    settings: Path,
    *options: str,
    token: str = "",
    environment: Mapping[str, str] | None = None,
    python: str = sys.executable,
) -> Iterator[Api]:
    """Run a Jupyter Server below `root` until the end of the block; what it writes elsewhere goes below `settings`.

    Args:
        options: of its command line, such as `--ServerApp.base_url=/services/alloy/`.
        token: what opens it; none where an identity provider of its own is named.
        python: interpreter whose environment the server is of.
    """
    settings.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = next((each.partition("=")[2] for each in options if each.startswith("--ServerApp.base_url=")), "/")
    log = settings / "server.log"
    command = [
        *(python, "-m", "jupyter_server", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={token}", *options),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={
                **os.environ,
                "JUPYTER_CONFIG_DIR": str(settings / "config"),
                "JUPYTER_DATA_DIR": str(settings / "data"),
                "JUPYTER_RUNTIME_DIR": str(settings / "runtime"),
                "HOME": str(settings),
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        api = Api(f"http://127.0.0.1:{port}{base}", {"Authorization": f"token {token}"} if token else {})
        _wait_for(api, process, log)
        yield api
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(api: Api, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the server ended: {log.read_text(errors='replace')[-3000:]}")
        try:
            api.fetch("GET", "projects")
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the server does not answer: {log.read_text(errors='replace')[-3000:]}")
