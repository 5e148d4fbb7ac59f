"""Runners are let in, shown and shut out, and requests are cancelled, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from alloynb.faces.cli.command_line import main
from tests.fakes.remote_runner import Shared, shared_alloy


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shared:
    monkeypatch.setenv("ALLOY_PRINCIPAL", "ada")
    return shared_alloy(tmp_path / "shop")


def call(shared: Shared, *arguments: str) -> tuple[int, Any]:
    done = CliRunner().invoke(main, [*arguments, "--json", "-C", str(shared.workspace.root)])
    return done.exit_code, json.loads(done.stdout)


def text(shared: Shared, *arguments: str) -> str:
    return CliRunner().invoke(main, [*arguments, "-C", str(shared.workspace.root)]).output


def test_a_runner_is_registered_listed_and_revoked(shared: Shared) -> None:
    code, made = call(shared, "runner", "register", "near", "--trusted")
    assert code == 0
    assert made["data"]["key"].startswith("alloyrunner_")
    assert call(shared, "runner", "register", "near")[0] == 2
    (line,) = call(shared, "runner", "list")[1]["data"]["runners"]
    assert (line["name"], line["state"], line["trusted_for_mutation"]) == ("near", "never seen", True)
    assert made["data"]["key"] not in text(shared, "runner", "list")
    assert call(shared, "runner", "revoke", "near", "--why", "sold")[0] == 0
    assert call(shared, "status")[1]["data"]["runners"][0]["state"] == "revoked"
    assert call(shared, "runner", "revoke", "nobody")[0] == 2


def test_what_waits_is_shown_with_its_reason_and_can_be_cancelled(shared: Shared) -> None:
    request = shared.request()
    shared.register("near", manifest=False)
    (waiting,) = call(shared, "status")[1]["data"]["open_requests"]
    assert (waiting["state"], waiting["why"]) == ("waiting", ["near has not said what it supports"])
    assert "near has not said what it supports" in text(shared, "request", "list")

    code, done = call(shared, "request", "cancel", request.id, "--why", "not now")
    assert (code, done["data"]["ended"]) == (0, True)
    (row,) = call(shared, "request", "list")[1]["data"]
    assert (row["state"], row["retries"]) == ("cancelled", {"transport": 0, "runner": 0, "foundry": 0})
    assert call(shared, "request", "cancel", request.id)[0] == 1
    assert call(shared, "status")[1]["data"]["open_requests"] == []
    assert call(shared, "request", "show", request.id)[1]["data"]["why"] == ["not now"]
