"""The ledger: appended, readable, never half believed (spec 2.2)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alloynb.intent.authority import Authority, Principal
from alloynb.intent.document_model import changed_model
from alloynb.intent.errors import CannotSave, DamagedLedger
from alloynb.intent.ledger import Ledger
from alloynb.intent.ledger_entry import LedgerEntry
from alloynb.intent.lifecycle import transition
from alloynb.intent.record import IntentRecord
from tests.alloynb.intent.disks import FullDisk
from tests.alloynb.intent.records import LATER, NOON, a_record

ID = "shop.intent.payment-port"


def accepted(**fields: Any) -> tuple[IntentRecord, LedgerEntry]:
    record, entry = transition(
        a_record(), "accepted", Authority().require(Principal("ana"), "accept_intent"), "it hurt", NOON
    )
    return record, entry.model_copy(update=fields)


def test_an_entry_is_read_again(tmp_path: Path) -> None:
    _, entry = accepted()

    Ledger(tmp_path).append(entry)

    assert Ledger(tmp_path).history(ID).entries == (entry,)
    assert Ledger(tmp_path).history("shop.intent.other").entries == ()


def test_an_entry_is_one_line_that_says_who_when_from_to_why_and_by_what_right(tmp_path: Path) -> None:
    record, entry = accepted()
    Ledger(tmp_path).append(entry)

    (line,) = (tmp_path / "ledger/intent/payment-port.jsonl").read_text().splitlines()

    assert json.loads(line) == {
        "entry_id": entry.entry_id,
        "record_id": ID,
        "at": "2026-03-01T12:00:00.000000Z",
        "who": "ana",
        "who_kind": "human",
        "from": "proposed",
        "to": "accepted",
        "why": "it hurt",
        "authority": "accept_intent (local owner)",
        "record_digest": record.content_digest(),
        "version": 1,
    }


def test_the_history_reads_like_a_story(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(accepted()[1])
    ledger.append(accepted(from_status="accepted", to_status="accepted", why="clearer", at=LATER)[1])

    assert list(ledger.history(ID).lines()) == [
        "2026-03-01T12:00:00.000000Z  proposed → accepted  ana (accept_intent (local owner)): it hurt",
        "2026-03-01T13:00:00.000000Z  edited  ana (accept_intent (local owner)): clearer",
    ]


def test_what_was_written_stays_byte_for_byte(tmp_path: Path) -> None:
    ledger, file = Ledger(tmp_path), tmp_path / "ledger/intent/payment-port.jsonl"
    before = b""
    for _ in range(3):
        ledger.append(accepted()[1])
        content = file.read_bytes()
        assert content.startswith(before)
        before = content


def test_many_writers_lose_no_entry(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: Ledger(tmp_path).append(accepted(why=f"reason {at}")[1]), range(40)))

    entries = Ledger(tmp_path).history(ID).entries

    assert {entry.why for entry in entries} == {f"reason {at}" for at in range(40)}


@pytest.mark.parametrize("torn", [b'{"entry_id": "ledg', b"\x00\x00\x00", b'{"entry_id": "ledg\n', b"{}\n"])
def test_a_torn_last_line_is_recognised_and_cut_off_by_the_next_entry(tmp_path: Path, torn: bytes) -> None:
    ledger, file = Ledger(tmp_path), tmp_path / "ledger/intent/payment-port.jsonl"
    ledger.append(accepted()[1])
    with file.open("ab") as opened:
        opened.write(torn)

    assert (len(ledger.history(ID).entries), ledger.history(ID).torn_bytes) == (1, len(torn))
    assert ledger.append(accepted()[1]).torn_bytes == len(torn)
    assert [entry.torn_bytes for entry in ledger.history(ID).entries] == [0, len(torn)]
    assert ledger.history(ID).torn_bytes == 0


def test_every_cut_of_the_last_line_is_recognised(tmp_path: Path) -> None:
    ledger, file = Ledger(tmp_path), tmp_path / "ledger/intent/payment-port.jsonl"
    ledger.append(accepted()[1])
    first = len(file.read_bytes())
    ledger.append(accepted()[1])
    whole = file.read_bytes()

    for length in range(first, len(whole) - 1):
        file.write_bytes(whole[:length])
        history = ledger.history(ID)
        assert (len(history.entries), history.torn_bytes) == (1, length - first)


def test_a_last_line_end_that_an_editor_took_away_costs_nothing(tmp_path: Path) -> None:
    ledger, file = Ledger(tmp_path), tmp_path / "ledger/intent/payment-port.jsonl"
    ledger.append(accepted()[1])
    file.write_bytes(file.read_bytes().rstrip())

    ledger.append(accepted()[1])

    assert len(ledger.history(ID).entries) == 2


def test_an_unfinished_merge_is_told_with_its_line_and_nothing_is_appended(tmp_path: Path) -> None:
    ledger, file = Ledger(tmp_path), tmp_path / "ledger/intent/payment-port.jsonl"
    ledger.append(accepted()[1])
    file.write_bytes(b"<<<<<<< ours\n" + file.read_bytes())
    before = file.read_bytes()

    with pytest.raises(DamagedLedger, match=r"payment-port\.jsonl:1: "):
        ledger.history(ID)
    with pytest.raises(DamagedLedger):
        ledger.append(accepted()[1])
    assert file.read_bytes() == before


@pytest.mark.parametrize("room", [0, 10, None])
def test_a_failing_disk_leaves_the_ledger_as_it_was(tmp_path: Path, room: int | None) -> None:
    file = tmp_path / "ledger/intent/payment-port.jsonl"
    with pytest.raises(CannotSave):
        Ledger(tmp_path, disk=FullDisk(room)).append(accepted()[1])
    assert not file.exists()

    Ledger(tmp_path).append(accepted()[1])
    before = file.read_bytes()
    with pytest.raises(CannotSave):
        Ledger(tmp_path, disk=FullDisk(room)).append(accepted()[1])
    assert file.read_bytes() == before


def test_a_linked_ledger_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "ledger/intent").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.write_bytes(b"")
    (tmp_path / "ledger/intent/payment-port.jsonl").symlink_to(outside)

    with pytest.raises(CannotSave):
        Ledger(tmp_path).append(accepted()[1])
    assert outside.read_bytes() == b""


def told(ledger: Ledger, record: IntentRecord) -> list[tuple[str, str]]:
    return [(found.about, found.told) for found in ledger.examine(record)]


@pytest.mark.parametrize("status", ["hypothesized", "proposed"])
def test_a_draft_that_somebody_just_wrote_needs_no_ledger(tmp_path: Path, status: str) -> None:
    assert Ledger(tmp_path).examine(a_record(status=status)) == ()


def test_a_record_that_was_accepted_in_its_file_only_is_told(tmp_path: Path) -> None:
    assert told(Ledger(tmp_path), a_record(status="accepted")) == [
        ("status", "the file says accepted, but the ledger knows of no step at all")
    ]


def test_file_and_ledger_of_an_accepted_record_agree(tmp_path: Path) -> None:
    record, entry = accepted()
    ledger = Ledger(tmp_path)
    ledger.append(entry)

    assert ledger.examine(record) == ()


def test_a_status_that_was_changed_by_hand_is_told(tmp_path: Path) -> None:
    record, entry = accepted()
    ledger = Ledger(tmp_path)
    ledger.append(entry)

    assert told(ledger, changed_model(record, {"status": "active"})) == [
        ("status", "the file says active, the ledger says accepted (by ana on 2026-03-01)")
    ]


def test_accepted_content_that_was_changed_by_hand_is_told(tmp_path: Path) -> None:
    record, entry = accepted()
    ledger = Ledger(tmp_path)
    ledger.append(entry)

    assert told(ledger, changed_model(record, {"tradeoff": "none"})) == [
        ("content", "the content was changed by hand since ana on 2026-03-01 stood for it")
    ]


def test_a_history_that_no_one_can_have_lived_through_is_told(tmp_path: Path) -> None:
    record, entry = accepted()
    ledger = Ledger(tmp_path)
    ledger.append(entry.model_copy(update={"who_kind": "machine"}))
    ledger.append(entry.model_copy(update={"at": NOON + timedelta(days=1)}))

    assert [about for about, _ in told(ledger, record)] == ["history", "history"]
