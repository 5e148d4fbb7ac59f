"""JupyterHub itself: our service is one that it manages, and its users' servers are clients that can forge nothing.

With `ALLOY_HUB=1` it is installed into a throwaway environment (its proxy by npm), which takes a minute or two.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from alloynb.application.approve_brief import ApproveBrief, approve_brief
from alloynb.application.trust_keys import TrustKey, trust_key
from runtime_artifacts.approval import APPROVAL
from tests.fakes.api_server import Api
from tests.fakes.governed import Governed, govern_here
from tests.fakes.jupyterhub_beside import HubNotToBeHad, RealHub, jupyterhub_beside

pytestmark = pytest.mark.slow

SWITCH = "ALLOY_HUB"
TIME_LIMIT_S = 90
AUTHORITY = """\
principals:
  ada: ['*']
  bob: [view_intent]
  eve: ['*']
"""
PAGE = Path(__file__).parents[2] / "docs" / "share.md"


@dataclass(frozen=True)
class Shared:
    """A Hub with our service, and the own servers of two of its users."""

    hub: RealHub
    here: Governed
    ada: Api
    bob: Api


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    if not os.environ.get(SWITCH):
        pytest.skip(f"{SWITCH}=1 installs a JupyterHub into a throwaway environment and runs it")
    folder = tmp_path_factory.mktemp("hub")
    here = govern_here(folder / "served")
    here.clock.now = datetime.now(UTC)
    here.grant(AUTHORITY)
    trust_key(here.workspace, TrustKey(), here.keys)
    here.git("add", "--all")
    here.git("commit", "--quiet", "-m", "Trust ada's key on every machine")
    home = {"HOME": str(folder / "home-of-the-service")}
    documented, service = settings_for(here)
    try:
        with jupyterhub_beside(
            folder, documented, service, users=["ada", "bob", "eve"], environment=home
        ) as hub:
            yield Shared(hub, here, hub.own_server("ada"), hub.own_server("bob"))
    except HubNotToBeHad as error:
        pytest.skip(f"JupyterHub cannot be installed here: {error}")


def settings_for(here: Governed) -> tuple[str, str]:
    """Settings of the Hub and of the service, as the guide has them, for this repository."""
    section = PAGE.read_text().partition("## JupyterHub")[2]
    hub, service = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert "/srv/repositories" in service
    hurried = "c.HubIdentityProvider.remembered_s = 0.5\n"
    return hub, service.replace("/srv/repositories", str(here.root)) + hurried


def signed_by_ada(here: Governed) -> dict[str, Any]:
    """An approval as it lies where ada's key is, and not in the service."""
    command = ApproveBrief(here.compiled().id, ("dry_run",), "looked at it", expires_in_days=7)
    made = approve_brief(here.workspace, command, here.keys)
    document = dict(json.loads(made.file.read_bytes()))
    made.file.unlink()
    return document


def test_each_user_acts_through_the_own_server_with_the_own_authorities(shared: Shared) -> None:
    assert shared.ada.data("GET", "projects/shop/me")["principal"] == "ada"
    me = shared.bob.data("GET", "projects/shop/me")
    assert (me["principal"], me["authorities"]) == ("bob", ["view_intent"])
    by_hand = shared.hub.service.seen_by(shared.hub.token_of("ada"))
    assert by_hand.data("GET", "projects/shop/me")["principal"] == "ada"


def test_whom_the_hub_gives_no_access_is_nobody_whatever_is_granted(shared: Shared) -> None:
    eve = shared.hub.token_of("eve")
    for caller in (shared.hub.service.seen_by(eve), shared.hub.behind.seen_by(eve), shared.hub.service):
        response = caller.fetch("GET", "projects")
        assert response.status_code == 403
        assert "shop" not in response.text
    assert shared.hub.own_server("eve").fetch("GET", "projects").status_code == 403


def test_who_may_approve_is_taken_in_and_who_may_not_is_refused(shared: Shared) -> None:
    document = signed_by_ada(shared.here)
    wider = json.loads(json.dumps(document))
    wider["content"]["scopes"] = ["dry_run", "mutation"]
    assert (
        shared.bob.error(403, "POST", "projects/shop/approvals", {"approval": wider})["type"]
        == "DigestMismatch"
    )
    assert list(shared.here.workspace.shelf.all(APPROVAL)) == []
    taken = shared.ada.data("POST", "projects/shop/approvals", {"approval": document})
    assert taken["approval"]["id"] == document["id"]
    assert [each.id for each in shared.here.workspace.shelf.all(APPROVAL)] == [document["id"]]

    brief = shared.here.compiled()
    for path, body in {
        "projects/shop/formation-briefs": {},
        "projects/shop/run-requests": {"brief": brief.id},
        "projects/shop/runners": {"name": "bobs", "projects": ["shop"]},
        "projects/shop/intent-records/charge-once/steps": {"to": "deprecated", "why": "bob thinks so"},
    }.items():
        assert shared.bob.error(403, "POST", path, body)["exit_code"] == 3, path


def test_a_request_is_queued_through_the_own_server_and_a_runner_pulls_it_from_the_service(
    shared: Shared, tmp_path: Path
) -> None:
    who = shared.ada.data("POST", "projects/shop/runners", {"name": "near", "projects": ["shop"]})
    brief = shared.here.compiled()
    asked = shared.ada.data("POST", "projects/shop/run-requests", {"brief": brief.id})["request"]["id"]
    assert shared.bob.data("GET", f"run-requests/{asked}")["standing"]["state"] == "waiting", "bob may look"
    assert shared.bob.fetch("POST", f"run-requests/{asked}/cancel", '{"why": "no"}').status_code == 403
    clone = tmp_path / "machine"
    subprocess.run(["git", "clone", "-q", str(shared.here.root), str(clone)], check=True)
    (clone / ".alloy").mkdir(exist_ok=True)
    address = shared.hub.service.address.rstrip("/")

    def serve(key: str) -> subprocess.CompletedProcess[str]:
        options = ("--alloy", address, "--runner", who["runner_id"], "--until-empty")
        return subprocess.run(
            (sys.executable, "-m", "foundry_kernel.cli", "serve", *options),
            cwd=clone,
            env={**os.environ, "ALLOY_RUNNER_KEY": key},
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )

    guessed = serve("guessed")
    assert (guessed.returncode, "this is not the key of a runner" in guessed.stderr) == (3, True), (
        guessed.stderr
    )
    served = serve(who["key"])
    assert served.returncode in (0, 1), served.stderr
    standing = shared.ada.data("GET", f"run-requests/{asked}")["standing"]
    assert standing["state"] in {"completed", "completed_with_findings"}, (standing, served.stderr)
    assert standing["holder"] == "near"
    (result,) = shared.bob.data("GET", f"run-requests/{asked}")["results"]
    assert result["content"]["brief"]["digest"] == brief.digest, "bob may look"


def test_a_users_server_cannot_speak_for_anybody_else(shared: Shared) -> None:
    token = shared.hub.token_in_own_server("bob")
    forged = {
        "Authorization": f"token {token}",
        "X-Forwarded-User": "ada",
        "X-Alloy-Principal": "ada",
        "Cookie": "jupyterhub-user-ada=x; username=ada",
        "X-Alloy-Runner": "near",
        "X-Alloy-Runner-Key": "guessed",
    }
    for service in (shared.hub.service, shared.hub.behind):
        told = Api(service.address, forged).data("GET", "projects/shop/me")
        assert (told["principal"], told["authorities"]) == ("bob", ["view_intent"])
        runner = Api(service.address, forged).fetch("POST", "runners/near/run-requests/next", "{}")
        assert runner.status_code in (401, 403)
    assert _asked(f"{shared.hub.address}hub/api/users", token) == 403, "the Hub tells it nothing of others"
    assert _asked(f"{shared.hub.address}user/ada/api/contents", token) == 403, (
        "nor lets it into their servers"
    )


def test_nobody_who_may_only_look_runs_code_in_the_service(shared: Shared) -> None:
    token = shared.hub.token_in_own_server("bob")
    for path in ("api/kernels", "api/terminals", "api/contents"):
        assert _asked(f"{shared.hub.service.address}{path}", token, {}) == 403, path


def test_a_token_that_is_revoked_counts_no_more(shared: Shared) -> None:
    caller = shared.hub.service.seen_by(shared.hub.token_of("bob"))
    assert caller.data("GET", "projects/shop/me")["principal"] == "bob"
    shared.hub.revoke("bob")
    deadline = time.monotonic() + TIME_LIMIT_S
    while caller.fetch("GET", "projects/shop/me").status_code != 403:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _asked(address: str, token: str, body: Any = None) -> int:
    """Status of a call: a GET, or a POST where there is a body."""
    return httpx.request(
        "GET" if body is None else "POST",
        address,
        json=body,
        headers={"Authorization": f"token {token}"},
        timeout=TIME_LIMIT_S,
        trust_env=False,
    ).status_code
