"""What became of a brief is only ever appended, and survives writers that die."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.brief_ledger import DamagedBriefLedger, append_step, ledger_file, steps_of
from alloynb.errors import AlloyError, CannotRun

BRIEF = "brief_7Z10EG9R8HHQ83WQMRKHZHNM6Q"


def append(folder: Path, why: str = "", **facts: Any) -> None:
    append_step(folder, BRIEF, "approved", at="2026-11-22T12:00:00Z", by="ada", why=why, **facts)


def test_steps_come_back_in_order(tmp_path: Path) -> None:
    assert steps_of(tmp_path, BRIEF) == ()
    append(tmp_path, "one")
    append(tmp_path, "zwei\nLinien", scopes=["mutation"])

    first, second = steps_of(tmp_path, BRIEF)
    assert (first["why"], second["why"], second["scopes"]) == ("one", "zwei\nLinien", ["mutation"])


def test_a_torn_last_line_is_nobodys_step(tmp_path: Path) -> None:
    append(tmp_path, "one")
    file = ledger_file(tmp_path, BRIEF)
    file.write_bytes(file.read_bytes() + b'{"state": "appr')

    assert [step["why"] for step in steps_of(tmp_path, BRIEF)] == ["one"]
    append(tmp_path, "two")
    assert [step["why"] for step in steps_of(tmp_path, BRIEF)] == ["one", "two"]


@pytest.mark.parametrize("line", [b"{", b"[]", b"{}", b"\xff"])
def test_a_damaged_line_is_told_with_its_place(tmp_path: Path, line: bytes) -> None:
    append(tmp_path)
    file = ledger_file(tmp_path, BRIEF)
    file.write_bytes(line + b"\n" + file.read_bytes())

    with pytest.raises(DamagedBriefLedger, match=f"{file}:1: "):
        steps_of(tmp_path, BRIEF)


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(tmp_path, str(n)), range(40)))

    assert sorted(int(step["why"]) for step in steps_of(tmp_path, BRIEF)) == list(range(40))


@pytest.mark.parametrize("id", ["", "../x", "brief_", "run_7Z10EG9R8HHQ83WQMRKHZHNM6Q"])
def test_what_is_no_brief_has_no_ledger(tmp_path: Path, id: str) -> None:
    with pytest.raises(AlloyError, match="is not the id of a brief"):
        steps_of(tmp_path, id)


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("")

    with pytest.raises(CannotRun):
        append(tmp_path)
