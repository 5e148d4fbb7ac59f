"""What people agreed on is not rewritten by the run that it binds; what binds nobody may be added."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_kernel.gates.weakening import FolderTree, Protected, allowed_by, changed_between, find_weakenings
from tests.foundry_kernel.weakening.trees import Files, MemoryTree, found, said

RECORD = ".alloy/intent/vendor.yaml"
TEXT = "id: shop.intent.vendor\nstatus: accepted\nseverity: high\n"
LARGE = "# " + "x" * (3 << 20)

PLANTED: dict[str, tuple[Files, Files, str]] = {
    "a record says something else": (
        {RECORD: TEXT},
        {RECORD: TEXT.replace("high", "low")},
        "agreement_changed",
    ),
    "a record is gone": ({RECORD: TEXT}, {}, "agreement_removed"),
    "a record is emptied": ({RECORD: TEXT}, {RECORD: ""}, "agreement_changed"),
    "a record is hidden behind its size": ({RECORD: TEXT}, {RECORD: LARGE}, "agreement_changed"),
    "a record appears": ({}, {RECORD: TEXT}, "agreement_added"),
    "a waiver appears": ({}, {".alloy/waivers/waiver_1.yaml": "who: nobody\n"}, "agreement_added"),
    "an exception appears": ({}, {".alloy/exceptions/e.yaml": "why: because\n"}, "agreement_added"),
    "an exception lasts longer": (
        {".alloy/exceptions/e.yaml": "until: 2026-12-01T00:00:00Z\n"},
        {".alloy/exceptions/e.yaml": "until: 2027-12-01T00:00:00Z\n"},
        "agreement_changed",
    ),
    "somebody gets authority": (
        {".alloy/authority.yaml": "principals: {ada: ['*']}\n"},
        {".alloy/authority.yaml": "principals: {ada: ['*'], bot: ['*']}\n"},
        "agreement_changed",
    ),
    "a key is trusted": ({}, {".alloy/trusted_keys/eve.json": "{}"}, "agreement_added"),
    "another agent serves": (
        {".alloy/agents.toml": "[agents.default]\n"},
        {".alloy/agents.toml": "[agents.default]\nadapter = 'x'\n"},
        "agreement_changed",
    ),
    "the ledger forgets": ({".alloy/ledger/intent/v.jsonl": "{}\n"}, {}, "agreement_removed"),
    "a rejection is forgotten": ({".alloy/hypotheses/h.yaml": "rejected: {}\n"}, {}, "agreement_removed"),
    "a hypothesis is rewritten": (
        {".alloy/hypotheses/h.yaml": "confidence: 0.3\n"},
        {".alloy/hypotheses/h.yaml": "confidence: 0.9\n"},
        "agreement_changed",
    ),
    "a project further down is rewritten": (
        {f"packages/shop/{RECORD}": TEXT},
        {f"packages/shop/{RECORD}": "status: rejected\n"},
        "agreement_changed",
    ),
    "a folder of another spelling": ({}, {".ALLOY/intent/vendor.yaml": TEXT}, "agreement_added"),
    "a file takes the folder's place": ({}, {".alloy": "elsewhere"}, "agreement_added"),
    "a file takes the proposals' place": ({}, {".alloy/hypotheses": "elsewhere"}, "agreement_added"),
}

HONEST: dict[str, tuple[Files, Files]] = {
    "a hypothesis is proposed": ({RECORD: TEXT}, {RECORD: TEXT, ".alloy/hypotheses/h.yaml": "a: 1\n"}),
    "only line endings differ": ({RECORD: TEXT}, {RECORD: TEXT.replace("\n", "\r\n")}),
    "the placeholder of an empty folder goes": ({".alloy/intent/.gitkeep": ""}, {}),
    "a folder of a similar name": ({"docs/.alloy.md": "a"}, {"docs/.alloy.md": "b", "alloy/x.yaml": "c"}),
    "code changes": ({RECORD: TEXT, "shop.py": "a = 1\n"}, {RECORD: TEXT, "shop.py": "a = 2\n"}),
}


@pytest.mark.parametrize(("before", "after", "kind"), PLANTED.values(), ids=PLANTED)
def test_a_change_of_what_was_agreed_needs_the_scope_intent_rewrite(
    before: Files, after: Files, kind: str
) -> None:
    weakenings = found(before, after)
    assert [each for each in said(weakenings) if each[1] == "weakening"] == [(kind, "weakening")]
    assert allowed_by(weakenings, ("gate_weakening", "test_deletion")).missing_scopes == ("intent_rewrite",)
    assert not allowed_by(weakenings, ("intent_rewrite",)).refused


@pytest.mark.parametrize(("before", "after"), HONEST.values(), ids=HONEST)
def test_what_changes_no_agreement_is_left_alone(before: Files, after: Files) -> None:
    assert found(before, after) == ()


def test_the_first_line_that_differs_is_named() -> None:
    (weakening,) = found({RECORD: TEXT}, {RECORD: TEXT.replace("severity: high", "severity: low")})
    assert (weakening.path, weakening.line) == (RECORD, 3)
    assert (weakening.before, weakening.after) == ("severity: high", "severity: low")


def test_a_formation_protects_more_folders_and_never_fewer() -> None:
    before, after = {"policy/rules.rego": "deny", RECORD: TEXT}, {"policy/rules.rego": "allow"}
    for named in (["policy"], ["/policy/"]):
        weakenings = find_weakenings(
            MemoryTree(before),
            MemoryTree(after),
            (),
            (),
            changed_between(MemoryTree(before), MemoryTree(after)),
            protected=Protected.beyond(named),
        )
        assert [(each.path, each.kind) for each in weakenings] == [
            (RECORD, "agreement_removed"),
            ("policy/rules.rego", "agreement_changed"),
        ]
    assert Protected.beyond([]).covers(RECORD)


def test_a_record_that_became_a_link_is_a_rewritten_record(tmp_path: Path) -> None:
    (tmp_path / ".alloy" / "intent").mkdir(parents=True)
    (tmp_path / RECORD).symlink_to("/etc/hostname")
    (weakening,) = find_weakenings(MemoryTree({RECORD: TEXT}), FolderTree(tmp_path), (), (), (RECORD,))
    assert (weakening.kind, weakening.after) == ("agreement_changed", "/etc/hostname")
