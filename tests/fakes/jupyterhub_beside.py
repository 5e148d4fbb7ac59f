"""JupyterHub itself, no stand-in: its proxy, a service that it manages, and a server for each of its users.

Built in a throwaway environment beside this one, since nothing of ours imports it; removed at the end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.api_server import Api
from tests.fakes.environment_beside import environment_beside

HUB = "jupyterhub==6.1.1"
PROXY = "configurable-http-proxy@4.6.3"
START_LIMIT_S = 120
INSTALL_LIMIT_S = 180
_PORT = "8090"
ADMIN_TOKEN = "token-of-who-keeps-this-hub-0123456789"

_CONFIG = """\
import json, pathlib
given = json.loads(pathlib.Path({given!r}).read_text())

c = get_config()
c.JupyterHub.bind_url = f"http://127.0.0.1:{{given['port']}}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{{given['hub_port']}}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{{given['proxy_port']}}"
c.ConfigurableHTTPProxy.command = given["proxy"]
c.JupyterHub.cleanup_servers = True
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "of-everybody"
c.Authenticator.allowed_users = set(given["users"])
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = given["homes"] + "/{{username}}"
c.Spawner.environment = {{"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp", **given["extension"]}}
c.Spawner.start_timeout = c.Spawner.http_timeout = {limit}
{documented}
c.Spawner.args += ["--allow-root"]
c.JupyterHub.services[0]["environment"] = given["environment"]
c.JupyterHub.services += [{{"name": "keeper", "api_token": given["token"]}}]
scopes = ["admin:users", "admin:servers", "admin:server_state", "tokens"]
c.JupyterHub.load_roles += [{{"name": "keeper", "scopes": scopes, "services": ["keeper"]}}]
"""


@dataclass(frozen=True)
class RealHub:
    """A Hub that runs.

    Attributes:
        address: of its proxy, with a slash at the end: everything that people see is behind it.
        service: the API of our service, through the proxy.
        behind: the same, past the proxy, as servers on its network reach it.
        log: what the Hub, its service and its users' servers print.
    """

    address: str
    service: Api
    behind: Api
    log: Path

    def call(self, method: str, path: str, body: Any = None, token: str = ADMIN_TOKEN) -> Any:
        """Call the Hub's own API."""
        response = httpx.request(
            method,
            f"{self.address}hub/api/{path}",
            json=body,
            headers={"Authorization": f"token {token}"},
            timeout=START_LIMIT_S,
            trust_env=False,
        )
        assert response.status_code < 300, (response.status_code, response.text)
        return response.json() if response.content else None

    def token_of(self, user: str) -> str:
        """A token that a user made on the Hub's page."""
        return str(self.call("POST", f"users/{user}/tokens", {"note": "tests"})["token"])

    def revoke(self, user: str) -> None:
        """Revoke the tokens that a user made."""
        for each in self.call("GET", f"users/{user}/tokens")["api_tokens"]:
            if each["note"] == "tests":
                self.call("DELETE", f"users/{user}/tokens/{each['id']}")

    def token_in_own_server(self, user: str) -> str:
        """The token that a user's server was started with, and that all code of that user can read."""
        pid = self.call("GET", f"users/{user}?include_stopped_servers")["servers"][""]["state"]["pid"]
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        said = dict(each.split(b"=", 1) for each in variables if b"=" in each)
        return said[b"JUPYTERHUB_API_TOKEN"].decode()

    def own_server(self, user: str) -> Api:
        """Start a user's own server; its API, called by that user."""
        self.call("POST", f"users/{user}/server")
        deadline = time.monotonic() + START_LIMIT_S
        while not self.call("GET", f"users/{user}")["servers"].get("", {}).get("ready"):
            assert time.monotonic() < deadline, self.log.read_text(errors="replace")[-4000:]
            time.sleep(0.3)
        return Api(f"{self.address}user/{user}/", {"Authorization": f"token {self.token_of(user)}"})


@contextmanager
def jupyterhub_beside(
    folder: Path, documented: str, service: str, *, users: list[str], environment: Mapping[str, str]
) -> Iterator[RealHub]:
    """Install a Hub below the folder, run it until the end of the block, and remove it.

    Args:
        documented: what its configuration says of our service, on port 8090, configured by `/etc/alloy/service.py`.
        service: that configuration.
        users: who has an account.
        environment: for the service.

    Raises:
        HubNotToBeHad: it cannot be installed here.
    """
    try:
        python, proxy = _installed(folder)
        yield from _running(folder, (python, proxy), (documented, service), users, environment)
    finally:
        for each in ("venv", "npm"):
            shutil.rmtree(folder / each, ignore_errors=True)


class HubNotToBeHad(Exception):
    """JupyterHub or its proxy cannot be installed here."""


def _installed(folder: Path) -> tuple[Path, list[str]]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        raise HubNotToBeHad("its proxy needs node and npm")
    try:
        python = environment_beside(folder / "venv", HUB)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        raise HubNotToBeHad(f"pip install {HUB}: {error}") from error
    done = subprocess.run(
        (npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder / "npm"), PROXY),
        capture_output=True,
        text=True,
        timeout=INSTALL_LIMIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise HubNotToBeHad(f"npm install {PROXY}: {(done.stdout + done.stderr)[-500:]}")
    return python, [node, str(folder / "npm" / "node_modules" / ".bin" / "configurable-http-proxy")]


def _running(
    folder: Path,
    programs: tuple[Path, list[str]],
    configured: tuple[str, str],
    users: list[str],
    environment: Mapping[str, str],
) -> Iterator[RealHub]:
    (python, proxy), (documented, service) = programs, configured
    port, hub_port, proxy_port, service_port = _free_ports(4)
    service_file = folder / "service.py"
    service_file.write_text(service.replace(_PORT, str(service_port)))
    mine = {f":{_PORT}": f":{service_port}", '/etc/alloy/service.py"': f'{service_file}", "--allow-root"'}
    for said, meant in mine.items():
        assert said in documented, said
        documented = documented.replace(said, meant)
    homes = folder / "homes"
    for user in users:
        (homes / user).mkdir(parents=True)
    # what enables our extension lies in this environment, not in the one beside it
    extension = {"JUPYTER_CONFIG_PATH": str(Path(sys.prefix) / "etc" / "jupyter")}
    given = {
        "port": port,
        "hub_port": hub_port,
        "proxy_port": proxy_port,
        "proxy": proxy,
        "users": users,
        "homes": str(homes),
        "token": ADMIN_TOKEN,
        "environment": {**environment, **extension},
        "extension": extension,
    }
    (folder / "given.json").write_text(json.dumps(given))
    config = folder / "jupyterhub_config.py"
    config.write_text(
        _CONFIG.format(given=str(folder / "given.json"), limit=START_LIMIT_S, documented=documented)
    )
    log = folder / "hub.log"
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST"))
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            (str(python), "-m", "jupyterhub", "-f", str(config)),
            cwd=folder,
            env={**inherited, "PATH": f"{python.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    behind = f"http://127.0.0.1:{service_port}/services/alloy/"
    try:
        hub = RealHub(
            f"http://127.0.0.1:{port}/", Api(f"http://127.0.0.1:{port}/services/alloy/"), Api(behind), log
        )
        _wait_for(hub, process)
        yield hub
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(hub: RealHub, process: subprocess.Popen[bytes]) -> None:
    """Until the Hub answers, and our service behind its proxy."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the Hub ended: {hub.log.read_text(errors='replace')[-4000:]}")
        try:
            hub.call("GET", "users")
            if hub.service.fetch("GET", "projects").status_code == 403:
                return
        except (httpx.HTTPError, AssertionError):
            pass
        time.sleep(0.3)
    raise AssertionError(f"the Hub does not answer: {hub.log.read_text(errors='replace')[-4000:]}")


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
