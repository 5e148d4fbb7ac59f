"""A refusal on the laptop path is in the audit, once for each reason, although it leaves no run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from alloynb.evidence.warehouse import Warehouse
from foundry_kernel.cli import main
from foundry_kernel.errors import CannotDispatch, Unsafe
from foundry_kernel.runner.told_refusals import MOST_REASONS, tell_refused
from runtime_artifacts.journal import read_journal
from tests.foundry_kernel.runner.test_stop_conditions import changing, pack_was_edited_after_approval
from tests.foundry_kernel.runner.tiny_workspace import Tiny, make_workspace

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny")


def told(tiny: Tiny) -> list[tuple[object, ...]]:
    """What the audit says of refusals."""
    store = Warehouse(tiny.workspace.root / ".alloy")
    asked = "SELECT request_id, step, failure_class, why, recovery_actions FROM dispatch ORDER BY why"
    return list(store.query(asked).rows)


def test_what_a_command_refuses_is_told_once_for_each_reason(tiny: Tiny) -> None:
    request = changing(tiny)
    tiny.request_file.write_bytes(request.to_bytes())
    for _ in range(3):
        assert CliRunner().invoke(main, ["run", str(tiny.request_file)]).exit_code == 3
    edited = pack_was_edited_after_approval(tiny)
    tiny.request_file.write_bytes(edited.to_bytes())
    said = json.loads(CliRunner().invoke(main, ["run", str(tiny.request_file), "--json"]).stdout)

    rows = told(tiny)
    assert [(row[1], row[2]) for row in rows] == [("refused", "safety")] * 2
    assert {row[0] for row in rows} == {request.id, edited.id}
    assert list(said["error"]["recovery_actions"]) in [list(row[4]) for row in rows]  # type: ignore[call-overload]
    assert not list(tiny.workspace.runs.glob("run_*"))


def test_what_serving_the_mailbox_refuses_is_told(tiny: Tiny) -> None:
    request = tiny.workspace.mailbox.post(changing(tiny)).request
    arguments = ["serve", "--until-empty", "--workspace", str(tiny.workspace.root)]
    assert CliRunner().invoke(main, arguments).exit_code == 1

    assert [(row[0], row[1]) for row in told(tiny)] == [(request.id, "refused")]


def test_what_lies_in_the_environment_is_no_refusal_and_reasons_cannot_fill_the_disk(tiny: Tiny) -> None:
    tell_refused(tiny.request, tiny.workspace, CannotDispatch("git does not answer"), by="here", at=NOW)
    assert not tiny.workspace.runs.exists() or not list(tiny.workspace.runs.glob("refused_*"))
    for number in range(MOST_REASONS + 5):
        tell_refused(tiny.request, tiny.workspace, Unsafe(f"it is {number} o'clock"), by="here", at=NOW)

    files = list(tiny.workspace.runs.glob("refused_*/journal/*.jsonl"))
    assert len(files) == MOST_REASONS
    assert {fact.status for file in files for fact in read_journal(file)} == {"refused"}
