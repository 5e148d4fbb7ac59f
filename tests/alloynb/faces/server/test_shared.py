"""Where several people share one Alloy: the Hub says who they are, and nobody's own server can vouch for anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jupyter_server.auth.identity import User

from alloynb.faces.server.authorizer import AlloyAuthorizer
from alloynb.faces.server.repositories import Repositories
from tests.fakes.api_server import Api, api_server
from tests.fakes.governed import RECORD, Governed, govern_here
from tests.fakes.hub_api import Hub, hub_api

ENTER = "access:services!service=alloy"
AUTHORITY = """\
principals:
  ada: ['*']
  bob: [view_intent]
  nightly: ['*']
"""


@dataclass(frozen=True)
class Shared:
    """A service that the Hub manages, and bob's own server, which is its client."""

    here: Governed
    hub: Hub
    service: Api
    own: Api
    log: Path


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    here = govern_here(tmp_path_factory.mktemp("served"))
    here.grant(AUTHORITY)
    settings = tmp_path_factory.mktemp("settings")
    with hub_api() as hub:
        hub.let_in("adas", "ada", ENTER)
        hub.let_in("bobs", "bob", ENTER)
        hub.let_in("strangers", "eve", "access:services!service=other")
        hub.let_in("machines", "nightly", ENTER, kind="service")
        with (
            api_server(
                here.root,
                settings / "service",
                "--ServerApp.base_url=/services/alloy/",
                "--ServerApp.identity_provider_class=alloynb.faces.server.hub.HubIdentityProvider",
                "--ServerApp.authorizer_class=alloynb.faces.server.authorizer.AlloyAuthorizer",
                environment={"JUPYTERHUB_API_URL": hub.address, "JUPYTERHUB_SERVICE_NAME": "alloy"},
            ) as service,
            api_server(
                tmp_path_factory.mktemp("bobs-home"),
                settings / "own",
                f"--AlloyExtension.upstream_url={service.address}",
                token="own-token",
                environment={"JUPYTERHUB_API_TOKEN": "bobs"},
            ) as own,
        ):
            yield Shared(here, hub, service, own, settings / "service" / "server.log")


def test_the_hub_says_who_somebody_is_and_authorities_say_what_they_may(shared: Shared) -> None:
    ada, bob = shared.service.seen_by("adas"), shared.service.seen_by("bobs")
    assert ada.data("GET", "projects/shop/me")["principal"] == "ada"
    assert bob.data("GET", "projects/shop/me")["authorities"] == ["view_intent"]
    assert bob.error(403, "POST", "projects/shop/formation-briefs", {})["exit_code"] == 3
    assert ada.data("POST", "projects/shop/formation-briefs", {})["formation"]["brief"]["id"]


@pytest.mark.parametrize("token", ["unknown", "strangers"])
def test_whom_the_hub_does_not_let_in_is_nobody(shared: Shared, token: str) -> None:
    for caller in (shared.service.seen_by(token), shared.service):
        response = caller.fetch("GET", "projects")
        assert response.status_code == 403
        assert "shop" not in response.text


def test_who_keeps_the_service_reads_why_the_hubs_user_was_not_let_in(shared: Shared) -> None:
    shared.service.seen_by("strangers").fetch("GET", "projects")
    told = shared.log.read_text()
    assert "a token of 'eve' has no scope for this service" in told
    assert "c.Spawner.server_token_scopes" in told


def test_a_machine_is_no_human_whatever_is_granted(shared: Shared) -> None:
    machine = shared.service.seen_by("machines")
    assert "accept_intent" not in machine.data("GET", "projects/shop/me")["authorities"]
    step = {"to": "deprecated", "why": "a schedule thinks so"}
    machine.error(403, "POST", "projects/shop/intent-records/charge-once/steps", step)
    assert shared.here.workspace.intent.get(RECORD).model.guides_runs


def test_the_hub_is_asked_once_in_a_while_and_not_for_every_call(shared: Shared) -> None:
    ada = shared.service.seen_by("adas")
    ada.data("GET", "projects")
    before = shared.hub.asked
    for _ in range(5):
        ada.data("GET", "projects")
    assert shared.hub.asked == before


def test_who_may_only_look_cannot_run_code_in_the_shared_server(shared: Shared) -> None:
    def start_a_kernel(token: str) -> int:
        import httpx

        response = httpx.post(
            f"{shared.service.address}api/kernels",
            json={"name": "no-such-kernel"},
            headers={"Authorization": f"token {token}"},
            trust_env=False,
            timeout=30,
        )
        return response.status_code

    assert start_a_kernel("bobs") == 403
    assert start_a_kernel("adas") not in (401, 403)


def test_ones_own_server_hands_every_call_to_the_service_in_the_name_of_its_user(shared: Shared) -> None:
    told = shared.own.data("GET", "projects/shop/me")
    assert (told["principal"], told["authorities"]) == ("bob", ["view_intent"])
    assert shared.own.error(403, "POST", "projects/shop/formation-briefs", {})["type"] in (
        "MissingAuthority",
        "NotAuthorized",
    )
    assert shared.own.error(404, "GET", "projects/nothing/drift")["type"] == "UnknownProject"


def test_where_nothing_is_governed_nobody_was_granted_anything(tmp_path: Path) -> None:
    authorizer, nowhere = AlloyAuthorizer(), Repositories([tmp_path])
    assert not authorizer._allows(nowhere, User("bob"), "view_intent", None)
    assert not authorizer._allows(nowhere, User("bob"), "manage_runners", None)


def test_ones_own_server_needs_its_own_token(shared: Shared) -> None:
    assert shared.own.seen_by("wrong").fetch("GET", "projects").status_code == 403


def test_a_service_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    nowhere = "--AlloyExtension.upstream_url=http://127.0.0.1:9/services/alloy/"
    with api_server(tmp_path, tmp_path / "settings", nowhere, token="t") as own:
        told = own.error(503, "GET", "projects")
    assert told["type"] == "UpstreamUnavailable"
    assert "nothing was decided here" in told["next_step"]
