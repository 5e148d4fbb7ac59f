"""Briefs beyond validation: drift assessed by request; a change looked at, approved by signature, delivered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RECORDS = Path(__file__).parents[2] / "docs" / "screenshots" / "records"
PAYLOAD = json.dumps({"prompt": "Say in a README what a basket is."})
PROMPT_RUN = ("run", "--template", "prompt", "--payload", PAYLOAD)
FILES = {
    "CHARTER.md": "# Shop\n\nCustomers see what they pay, to the cent. Whoever changes this keeps the vendor "
    "replaceable and the checkout simple.\n",
    ".alloy/agents.toml": '[agents.default]\nadapter = "replayed"\nfolder = "recorded"\n',
    ".alloy/recorded/execution.toml": 'answer = {summary = "Said it."}\n'
    'write."checkout/README.md" = "What a customer has chosen and not paid for yet.\\n"\n',
    ".alloy/recorded/summarization.toml": 'answer = {headline = "Say what a basket is", summary = "For newcomers."}\n',
    ".alloy/recorded/review.toml": 'answer = {approved = true, summary = "harmless"}\n',
}

Alloy = Callable[..., tuple[int, Any]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tmp_path / "shop"


@pytest.fixture
def alloy(tmp_path: Path, shop: Path) -> Alloy:
    """Call the command line with `--json` in the shop: exit code, and the data or the error."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "ALLOY_PRINCIPAL": "ada",
    }

    def call(*arguments: str) -> tuple[int, Any]:
        place = shop if shop.exists() else tmp_path
        done = subprocess.run(
            ["alloynb", *arguments, "--json"],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        envelope = json.loads(done.stdout)
        return done.returncode, envelope["data"] if envelope["success"] else envelope["error"]

    return call


def git(shop: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=shop, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit_all(shop: Path, subject: str) -> None:
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", subject)


def governed(shop: Path, alloy: Alloy) -> None:
    """A shop with two accepted records, in use and committed."""
    assert alloy("sample", str(shop))[0] == 0
    assert alloy("init")[0] == 0
    for record in RECORDS.glob("*.yaml"):
        (shop / ".alloy" / "intent" / record.name).write_bytes(record.read_bytes())
    assert alloy("intent", "accept", "vendor-boundary", "right-total", "--why", "we rely on it")[0] == 0


@pytest.mark.slow
def test_a_drift_assessment_runs_the_checks_of_the_plan_alone_and_tells_what_drifted(
    shop: Path, alloy: Alloy
) -> None:
    governed(shop, alloy)
    commit_all(shop, "Say what we rely on")
    exit_code, sound = alloy("run", "--template", "drift")
    assert (exit_code, sound["holds"], sound["entry_event"]) == (0, True, "drift_assessment_requested")
    assert [gate["source"] for gate in sound["gates"]] == ["overlay", "overlay"]

    payment = shop / "checkout" / "payment.py"
    payment.write_text("from acme.client import Acme\n" + payment.read_text())
    commit_all(shop, "In a hurry")
    exit_code, drifted = alloy("run", "--template", "drift")
    assert exit_code == 1
    assert [finding["place"] for finding in drifted["findings"]] == ["checkout/payment.py:1"]
    assert {record["record_id"]: record["verdict"] for record in drifted["records"]} == {
        "shop.intent.right-total": "satisfied",
        "shop.intent.vendor-boundary": "unsatisfied",
    }


@pytest.mark.slow
def test_a_brief_is_seen_in_a_dry_run_then_approved_then_delivered_on_a_branch_of_its_own(
    shop: Path, alloy: Alloy
) -> None:
    governed(shop, alloy)
    for path, text in FILES.items():
        (shop / path).parent.mkdir(parents=True, exist_ok=True)
        (shop / path).write_text(text)
    exit_code, brief = alloy("brief", "compile", "--template", "prompt", "--payload", PAYLOAD)
    assert exit_code == 0
    assert alloy("key", "trust")[0] == 0
    commit_all(shop, "Say what we rely on, and whom we trust")
    refs = git(shop, "for-each-ref")

    exit_code, looked = alloy(*PROMPT_RUN)
    assert (exit_code, looked["throttle"], looked["delivered"]) == (0, "dry_run", [])
    assert looked["provenance"]["brief_id"] == brief["id"]
    assert "simulated" in {step["status"] for step in looked["steps"]}
    assert git(shop, "for-each-ref") == refs

    exit_code, refused = alloy(*PROMPT_RUN, "--throttle", "full")
    assert (exit_code, refused["type"]) == (3, "Refused")
    assert git(shop, "for-each-ref") == refs

    scopes = ("--scope", "mutation", "--scope", "commit")
    assert alloy("brief", "approve", brief["id"], *scopes, "--why", "a page of prose", "--yes")[0] == 0
    exit_code, done = alloy(*PROMPT_RUN, "--throttle", "full")
    assert (exit_code, done["holds"]) == (0, True)
    (delivered,) = done["delivered"]
    branch = git(shop, "for-each-ref", "--format=%(refname:short)", "refs/heads/alloy")
    assert f"on {branch}: Say what a basket is" in delivered
    assert (
        git(shop, "show", f"{branch}:checkout/README.md")
        == "What a customer has chosen and not paid for yet."
    )
    assert f"Alloy-Brief: {brief['id']}" in git(shop, "log", "-1", "--format=%B", branch)
    assert git(shop, "status", "--porcelain") == ""
    assert git(shop, "rev-parse", "--abbrev-ref", "HEAD") == "main"

    exit_code, again = alloy(*PROMPT_RUN, "--throttle", "full")
    assert (exit_code, again["deduplicated"], again["delivered"]) == (0, True, [delivered])
