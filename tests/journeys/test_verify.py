"""The chain of one run, verified offline: whole it holds, and whatever is tampered with is named, and only that."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.chain_link import LINKS
from alloynb.application.verify_run import VerifiedRun, verify_run
from alloynb.application.workspace import Workspace, open_workspace
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.envelope import content_digest
from tests.fakes.approved_change import delivered_change

pytestmark = pytest.mark.slow
Tamper = Callable[[Path], object]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository in which an approved change was delivered, and its run."""
    shop, run_id = delivered_change(tmp_path_factory.mktemp("chain"))
    return shop.root, run_id


@pytest.fixture
def copy(delivered: tuple[Path, str], tmp_path: Path) -> Path:
    """The same repository, to do harm to."""
    root = tmp_path / "shop"
    shutil.copytree(delivered[0] / ".alloy", root / ".alloy", symlinks=True)
    return root


def verified(root: Path, run_id: str, **later: float) -> VerifiedRun:
    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(**later)

    workspace = open_workspace(root)
    return verify_run(Workspace(root, workspace.settings, workspace.principal, clock), run_id)


def only(root: Path, pattern: str) -> Path:
    (found,) = root.glob(f".alloy/{pattern}")
    return found


def change(root: Path, pattern: str, old: str, new: str) -> None:
    """Replace a text in the one file that fits."""
    file = only(root, pattern)
    text = file.read_text()
    assert old in text, (file, old)
    file.write_text(text.replace(old, new))


def reseal(root: Path, change: Callable[[dict[str, Any]], None], *patterns: str) -> None:
    """Change a content and compute its digest anew, as somebody would who knows how."""
    for pattern in patterns:
        file = only(root, pattern)
        value = parse_json(file.read_bytes())
        change(value["content"])
        value["digest"] = content_digest(value["schema"], value["content"])
        file.write_text(json.dumps(value))


def named(found: VerifiedRun) -> dict[str, str]:
    return {link.name: link.status for link in found.links if link.status != "ok"}


RESULTS = ("mailbox/results/*/0001.json", "runs/run_*/result-1.json")


def gate_failed(content: dict[str, Any]) -> None:
    content["gates"][0]["status"] = "failed"
    content["evidence_observations"] = [
        {**each, "status": "unsatisfied"}
        if each["observed_by"] == f"gate {content['gates'][0]['name']}"
        else each
        for each in content["evidence_observations"]
    ]


def event_left_out(content: dict[str, Any]) -> None:
    content["trace_summary"]["events"].pop()


def seen_better(content: dict[str, Any]) -> None:
    for each in content["evidence_observations"]:
        each["status"] = "unsatisfied"


def forget_an_event(root: Path) -> None:
    file = only(root, "runs/run_*/journal/0001.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:3] + lines[4:]))


def rewrite_an_event(root: Path) -> None:
    file = only(root, "runs/run_*/journal/0001.jsonl")
    text = file.read_text()
    changed = re.sub(r'("kind":"event".*"success":)true', r"\1false", text, count=1)
    assert changed != text
    file.write_text(changed)


BROKEN: list[tuple[str, Tamper]] = [
    ("brief", lambda root: change(root, "shelf/formation_brief/*.json", "Convenience", "Nothing")),
    ("prompt pack", lambda root: change(root, "shelf/prompt_pack/*.json", "Never weaken", "Feel free")),
    (
        "gate overlay",
        lambda root: change(root, "shelf/gate_overlay/*.json", "required_for_dry_run", "advisory"),
    ),
    ("evidence plan", lambda root: change(root, "shelf/evidence_plan/*.json", "required", "suggested")),
    ("approvals", lambda root: change(root, "shelf/approval/*.json", '"why": "a page', '"why": "any page')),
    (
        "approvals",
        lambda root: reseal(
            root, lambda it: it.update(expires_at="2036-01-01T00:00:00Z"), "shelf/approval/*.json"
        ),
    ),
    ("request", lambda root: change(root, "mailbox/requests/*.json", '"full"', '"dry_run"')),
    ("request key", lambda root: change(root, "mailbox/keys/*.json", "sha256:", "sha256:0")),
    ("claim", lambda root: change(root, "mailbox/claims/*.json", '"runner_id": "', '"runner_id": "other-')),
    (
        "run copies",
        lambda root: change(root, "runs/run_*/artifacts/prompt_pack.json", "Never weaken", "Feel free"),
    ),
    (
        "result",
        lambda root: change(root, "mailbox/results/*/0001.json", '"status": "passed"', '"status": "failed"'),
    ),
    ("result", lambda root: reseal(root, gate_failed, *RESULTS)),
    ("result", lambda root: reseal(root, lambda it: it.update(revision_before="0" * 40), *RESULTS)),
    ("trace summary", lambda root: reseal(root, event_left_out, *RESULTS)),
    ("observations", lambda root: reseal(root, seen_better, *RESULTS)),
    ("journal", forget_an_event),
    ("journal", rewrite_an_event),
]
MISSING: list[tuple[str, str]] = [
    ("brief", "shelf/formation_brief/*.json"),
    ("prompt pack", "shelf/prompt_pack/*.json"),
    ("gate overlay", "shelf/gate_overlay/*.json"),
    ("evidence plan", "shelf/evidence_plan/*.json"),
    ("approvals", "shelf/approval/*.json"),
    ("request", "mailbox/requests/*.json"),
    ("request key", "mailbox/keys/*.json"),
    ("claim", "mailbox/claims/*.json"),
    ("run copies", "runs/run_*/artifacts/brief.json"),
    ("result", "mailbox/results/*/0001.json"),
    ("journal", "runs/run_*/journal/0001.jsonl"),
]


def test_a_run_as_it_was_left_holds_in_every_link(delivered: tuple[Path, str]) -> None:
    found = verified(*delivered)
    assert [link.name for link in found.links] == list(LINKS)
    assert (named(found), found.exit_code, found.changed_since) == ({}, 0, ())
    told = {link.name: link.told for link in found.links}
    assert told["approvals"] == "commit, mutation was approved when the run began"


@pytest.mark.parametrize(("link", "tamper"), BROKEN, ids=lambda it: it if isinstance(it, str) else "")
def test_whatever_is_tampered_with_is_named_and_nothing_else(
    copy: Path, delivered: tuple[Path, str], link: str, tamper: Tamper
) -> None:
    tamper(copy)
    found = verified(copy, delivered[1])
    assert (named(found), found.exit_code) == ({link: "broken"}, 3), found.links
    assert found.broken[0].told


@pytest.mark.parametrize(("link", "pattern"), MISSING, ids=[link for link, _ in MISSING])
def test_whatever_is_gone_is_named_and_nothing_else(
    copy: Path, delivered: tuple[Path, str], link: str, pattern: str
) -> None:
    only(copy, pattern).unlink()
    found = verified(copy, delivered[1])
    assert (named(found), found.exit_code) == ({link: "missing"}, 1), found.links


def test_an_approval_that_expired_since_did_hold_when_the_run_began(delivered: tuple[Path, str]) -> None:
    found = verified(*delivered, days=30)
    assert found.exit_code == 0
    (approvals,) = [link for link in found.links if link.name == "approvals"]
    assert "expired since" in approvals.notes[0]


def test_a_signer_whom_nobody_trusts_any_more_breaks_the_approval(
    copy: Path, delivered: tuple[Path, str]
) -> None:
    only(copy, "trusted_keys/*.json").unlink()
    found = verified(copy, delivered[1])
    assert (named(found), found.exit_code) == ({"approvals": "broken"}, 3)
    assert "is not trusted" in found.broken[0].told


def test_a_record_that_was_edited_or_removed_since_is_told_and_no_fault(
    copy: Path, delivered: tuple[Path, str]
) -> None:
    change(copy, "intent/vendor-boundary.yaml", "Convenience erodes it", "Habit erodes it")
    edited = verified(copy, delivered[1])
    assert (edited.exit_code, named(edited)) == (0, {})
    assert edited.changed_since == ("shop.intent.vendor-boundary was edited: version 1, it was 1.",)

    only(copy, "intent/vendor-boundary.yaml").unlink()
    gone = verified(copy, delivered[1])
    assert (gone.exit_code, gone.changed_since) == (
        0,
        ("shop.intent.vendor-boundary is gone, or cannot be read.",),
    )


def test_a_run_that_changed_things_without_an_approval_is_told(
    copy: Path, delivered: tuple[Path, str]
) -> None:
    """Nothing but the request names it: then nothing covers what the run did."""
    for file in (only(copy, "shelf/approval/*.json"), only(copy, "runs/run_*/artifacts/approvals/*.json")):
        file.unlink()
    found = verified(copy, delivered[1])
    assert named(found) == {"approvals": "missing"}
