"""A real JupyterLab or Notebook 7 with its own settings, and a headless Chromium that reaches this machine alone."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

START_LIMIT_S = 60
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


class NoChromium(RuntimeError):
    """There is no Chromium on this machine."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless browser with a fresh profile.

    Raises:
        NoChromium: none of the usual names is on the PATH, and `$CHROMIUM` names none.
    """
    from playwright.sync_api import sync_playwright

    found = os.environ.get("CHROMIUM") or next(
        (each for name in _NAMES if (each := shutil.which(name))), None
    )
    if not found:
        raise NoChromium(
            "no Chromium here; install it (Debian, Ubuntu: apt-get install chromium) or set $CHROMIUM"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Lab:
    """A JupyterLab or a Notebook 7 that is running.

    Attributes:
        address: with its port, without a slash at the end.
        token: what opens it.
        place: below the address, where a notebook is opened.
    """

    address: str
    token: str
    place: str

    def open(self, browser: Browser, notebook: str, *, theme: str = "JupyterLab Light") -> Page:
        """Open a notebook (path relative to the root) and wait for its kernel."""
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{self.address}/{self.place}/{notebook}?reset&token={self.token}")
        kernel_ready(page)
        command(page, "apputils:change-theme", {"theme": theme})
        return page


@contextmanager
def lab(root: Path, settings: Path) -> Iterator[Lab]:
    """Serve the notebooks below `root` in JupyterLab; everything that it writes elsewhere goes below `settings`."""
    with _served("jupyterlab", "lab/tree", root, settings) as found:
        yield found


@contextmanager
def notebook_7(root: Path, settings: Path) -> Iterator[Lab]:
    """Serve the same in Notebook 7, each notebook on a page of its own."""
    with _served("notebook", "notebooks", root, settings) as found:
        yield found


@contextmanager
def _served(module: str, place: str, root: Path, settings: Path) -> Iterator[Lab]:
    port, token = free_port(), secrets.token_hex(16)
    _write_settings(settings / "user-settings")
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(settings / "config"),
        "JUPYTER_DATA_DIR": str(settings / "data"),
        "JUPYTER_PREFER_ENV_PATH": "0",  # an extension laid there is the one of this checkout
        "JUPYTER_RUNTIME_DIR": str(settings / "runtime"),
        "IPYTHONDIR": str(settings / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
    }
    log = settings / "server.log"
    options = (
        "--no-browser --allow-root --ServerApp.ip=127.0.0.1 --ServerApp.port_retries=0 "
        "--LabApp.expose_app_in_browser=True --JupyterNotebookApp.expose_app_in_browser=True"
    )
    with log.open("wb") as output:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", module, *options.split(), f"--ServerApp.port={port}"),
                *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"),
            ],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        found = Lab(f"http://127.0.0.1:{port}", token, place)
        _wait_for(found, server, log)
        yield found
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def command(page: Page, name: str, arguments: dict[str, Any] | None = None) -> Any:
    """Execute a command of JupyterLab and wait for its end."""
    return page.evaluate(
        "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }",
        [name, arguments or {}],
    )


def kernel_ready(page: Page) -> None:
    """Wait until the kernel of the current notebook is there."""
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.isReady === true",
        timeout=START_LIMIT_S * 1000,
    )


def free_port() -> int:
    """A port that nobody listens to now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_settings(folder: Path) -> None:
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    whole = {"windowingMode": "none", "recordTiming": False}
    for name, content in (
        ("@jupyterlab/apputils-extension/notification", quiet),
        ("@jupyterlab/notebook-extension/tracker", whole),
    ):
        file = folder / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")


def _wait_for(found: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{found.address}/api?token={found.token}", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")
