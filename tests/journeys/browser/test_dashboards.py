"""An analysis is a page: served by Jupyter Server to who has the token, without any network."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alloynb.faces.dashboards import serve_command, serve_environment
from tests.journeys.browser.lab import START_LIMIT_S, chromium, free_port
from tests.journeys.documentation import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
LIMIT_MS = 90_000
TOKEN = secrets.token_hex(16)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Dashboards of one notebook."""
    folder, settings = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("settings")
    shutil.copy(ROOT / "notebooks" / "analysis" / "satisfaction.ipynb", folder)
    named = ("CONFIG", "DATA", "RUNTIME")
    environment = serve_environment(
        {**os.environ, **{f"JUPYTER_{name}_DIR": str(settings / name.lower()) for name in named}}
    )
    port = free_port()
    command = [*serve_command(folder, port=port), "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    with (settings / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    found = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{found}/api?token={TOKEN}", settings / "log")
        yield found
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _wait_for(url: str, log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def test_without_the_token_nobody_sees_anything(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{address}/voila/render/satisfaction.ipynb")
    assert "/login" in page.url
    assert "Satisfaction" not in page.content()
    page.close()


def test_a_dashboard_is_drawn_with_live_boards_and_asks_no_network(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 1300})
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/voila/render/satisfaction.ipynb?token={TOKEN}", timeout=LIMIT_MS)
    board = page.locator('section.alloy[aria-label="Satisfaction of capabilities by runs"]')
    board.wait_for(timeout=LIMIT_MS)
    board.get_by_role("button", name="Earlier runs").click()
    board.get_by_role("button", name="Later runs").wait_for(timeout=LIMIT_MS)
    page.goto(f"{address}/voila?token={TOKEN}")
    page.get_by_text("satisfaction.ipynb").first.wait_for(timeout=LIMIT_MS)

    assert not [
        url for url in asked if not url.startswith((address, "data:", "blob:", address.replace("http", "ws")))
    ]
    assert not errors
    page.close()
