"""`alloynb key` and `alloynb brief approve`: what people see, what scripts get, and what nobody ever sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from alloynb.faces.cli import main
from runtime_artifacts.approval import APPROVAL
from tests.fakes.governed import Governed, govern_here


@pytest.fixture
def here(tmp_path: Path) -> Governed:
    return govern_here(tmp_path)


def call(here: Governed, *arguments: str, answer: str = "") -> Result:
    environment = {
        "ALLOY_PRINCIPAL": "ada",
        "XDG_CONFIG_HOME": str(here.keys.folder.parents[1]),
        "NO_COLOR": "1",
    }
    return CliRunner(env=environment).invoke(main, [*arguments, "-C", str(here.root)], input=answer)


def data_of(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["data"]


def test_from_no_key_to_an_approval_in_two_steps(here: Governed) -> None:
    brief = here.compiled()
    refused = call(here, "brief", "approve", brief.id, "--scope", "mutation", "--why", "x", "--yes")
    assert refused.exit_code == 3
    assert "`alloynb key trust` makes one" in refused.output

    trusted = data_of(call(here, "key", "trust", "--json"))
    assert trusted["made"] == str(here.keys.file_of("ada"))
    approved = data_of(
        call(here, "brief", "approve", brief.id, "--scope", "mutation", "--why", "x", "--yes", "--json")
    )

    assert approved["content"]["scopes"] == ["mutation"]
    assert approved["content"]["envelope"]["signatures"][0]["keyid"] == trusted["keyid"]
    assert [each.id for each in here.workspace.shelf.all(APPROVAL)] == [approved["id"]]


def test_without_a_terminal_it_does_not_guess(here: Governed) -> None:
    call(here, "key", "trust")
    brief = here.compiled()

    result = call(here, "brief", "approve", brief.id[:12], "--scope", "mutation", "--why", "x", answer="y\n")

    assert result.exit_code == 2
    assert "nobody is here to ask" in result.stderr
    for told in (brief.digest, "any revision", "never in your checkout"):
        assert told in result.stderr, "what would be approved is shown before"
    assert list(here.workspace.shelf.all(APPROVAL)) == []


def test_a_key_is_made_once_and_told_without_its_secret(here: Governed) -> None:
    made = call(here, "key", "new")
    assert made.exit_code == 0
    secret = here.keys.file_of("ada").read_text().splitlines()[1]
    key = here.keys.find("ada")
    assert key is not None

    again = call(here, "key", "new")
    assert again.exit_code == 3
    assert "has a key already" in again.output
    shown = [call(here, "key", "show"), call(here, "key", "show", "--json"), call(here, "key", "trust")]

    assert "not trusted here" in shown[0].output
    assert data_of(shown[1])["own"] == {"keyid": key.keyid, "public_key": key.public_key}
    assert not any(secret in each.output for each in (made, again, *shown))
    assert data_of(call(here, "key", "show", "--json"))["own_is_trusted"]


def test_the_key_of_a_colleague_is_trusted_by_what_they_tell(here: Governed) -> None:
    result = call(
        here, "key", "trust", "--principal", "ben", "--public-key", "ab" * 32, "--scope", "commit", "--json"
    )

    assert data_of(result)["principal"] == "ben"
    assert data_of(result)["scopes"] == ["commit"]
    assert not here.keys.folder.exists()


@pytest.mark.parametrize(("answer", "code", "approvals"), [(b"n\n", 3, 0), (b"\n", 3, 0), (b"y\n", 0, 1)])
def test_on_a_terminal_only_a_yes_signs(here: Governed, answer: bytes, code: int, approvals: int) -> None:
    call(here, "key", "trust")
    brief = here.compiled()
    environment = {
        **os.environ,
        "ALLOY_PRINCIPAL": "ada",
        "XDG_CONFIG_HOME": str(here.keys.folder.parents[1]),
    }
    ours, theirs = os.openpty()
    try:
        os.write(ours, answer)
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from alloynb.faces.cli import main; main()"),
                *("brief", "approve", brief.id, "--scope", "mutation", "--why", "x", "-C", str(here.root)),
            ],
            stdin=theirs,
            capture_output=True,
            env=environment,
            timeout=120,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)

    assert (done.returncode, len(list(here.workspace.shelf.all(APPROVAL)))) == (code, approvals), done.stderr
