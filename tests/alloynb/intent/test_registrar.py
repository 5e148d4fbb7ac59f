"""A step is one act: file and ledger agree, whatever fails in between (spec 2.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.intent.authority import Authority, AuthorityFile, Principal
from alloynb.intent.errors import (
    AlreadyExists,
    CannotSave,
    IllegalTransition,
    MissingAuthority,
    StaleEdit,
    UnknownRecord,
)
from alloynb.intent.ledger import Ledger
from alloynb.intent.registrar import Registrar
from alloynb.intent.store import IntentStore
from tests.alloynb.intent.disks import FullDisk
from tests.alloynb.intent.records import LATER, NOON, WRITTEN_BY_HAND, a_record

ANA, BOT = Principal("ana"), Principal("archaeology", "machine")
ID = "shop.intent.payment-port"


@pytest.fixture
def registrar(tmp_path: Path) -> Registrar:
    return Registrar(IntentStore(tmp_path), Ledger(tmp_path), Authority())


def with_full_ledger(registrar: Registrar, root: Path) -> Registrar:
    return Registrar(registrar.store, Ledger(root, disk=FullDisk(0)), registrar.authority)


def test_a_record_lives_from_hypothesis_to_successor_and_file_and_ledger_agree(registrar: Registrar) -> None:
    registrar.begin(a_record(status="hypothesized"), BOT, "found in imports", NOON)
    registrar.move(ID, "proposed", ANA, "looks right", NOON)
    registrar.move(ID, "accepted", ANA, "it hurt in 2024", NOON)
    registrar.move(ID, "active", BOT, "first brief", NOON, brief_id="brief_1")
    registrar.revise(registrar.store.get(ID), {"title": "Sharper"}, ANA, "clearer", LATER)
    registrar.begin(a_record("newer", supersedes=ID), ANA, "narrower", LATER)
    registrar.move(ID, "superseded", ANA, "too broad", LATER, successor_id="shop.intent.newer")

    record = registrar.store.get(ID).model

    assert (record.status, record.version, record.title) == ("superseded", 2, "Sharper")
    assert registrar.ledger.examine(record) == ()
    assert [entry.to_status for entry in registrar.ledger.history(ID).entries] == [
        "hypothesized",
        "proposed",
        "accepted",
        "active",
        "active",
        "superseded",
    ]


def test_a_record_that_was_written_by_hand_is_accepted_with_one_changed_line_and_its_date(
    registrar: Registrar, tmp_path: Path
) -> None:
    (tmp_path / "intent").mkdir()
    file = tmp_path / "intent" / "payment-port.yaml"
    file.write_bytes(WRITTEN_BY_HAND)

    registrar.move(ID, "accepted", ANA, "it hurt", LATER)

    changed = [
        new
        for old, new in zip(WRITTEN_BY_HAND.splitlines(), file.read_bytes().splitlines(), strict=True)
        if old != new
    ]
    assert changed == [b"status: accepted      # not yet", b"updated_at: 2026-03-01T13:00:00Z"]


def test_when_the_ledger_cannot_be_written_the_file_is_as_it_was(
    registrar: Registrar, tmp_path: Path
) -> None:
    stored = registrar.begin(a_record(), ANA, "drafted", NOON)
    before = stored.file.read_bytes()
    broken = with_full_ledger(registrar, tmp_path)

    with pytest.raises(CannotSave):
        broken.move(ID, "accepted", ANA, "x", LATER)
    with pytest.raises(CannotSave):
        broken.revise(stored, {"title": "x"}, ANA, "x", LATER)
    with pytest.raises(CannotSave):
        broken.begin(a_record("other"), ANA, "x", NOON)

    assert stored.file.read_bytes() == before
    assert not registrar.store.file_of("shop.intent.other").exists()
    assert len(registrar.ledger.history(ID).entries) == 1


def test_when_the_file_cannot_be_written_the_ledger_is_as_it_was(
    registrar: Registrar, tmp_path: Path
) -> None:
    registrar.begin(a_record(), ANA, "drafted", NOON)
    broken = Registrar(IntentStore(tmp_path, disk=FullDisk(0)), registrar.ledger, registrar.authority)

    with pytest.raises(CannotSave):
        broken.move(ID, "accepted", ANA, "x", LATER)

    assert len(registrar.ledger.history(ID).entries) == 1
    assert registrar.ledger.examine(registrar.store.get(ID).model) == ()


def test_a_refused_step_writes_nothing(registrar: Registrar) -> None:
    registrar.begin(a_record(), ANA, "drafted", NOON)

    with pytest.raises(MissingAuthority):
        registrar.move(ID, "accepted", BOT, "x", LATER)
    with pytest.raises(IllegalTransition):
        registrar.move(ID, "deprecated", ANA, "x", LATER)
    with pytest.raises(UnknownRecord):
        registrar.move("shop.intent.nothing", "accepted", ANA, "x", LATER)
    with pytest.raises(AlreadyExists):
        registrar.begin(a_record(), ANA, "again", LATER)

    assert registrar.store.get(ID).model.status == "proposed"
    assert len(registrar.ledger.history(ID).entries) == 1


def test_a_stale_edit_reaches_neither_file_nor_ledger(registrar: Registrar) -> None:
    read = registrar.begin(a_record(), ANA, "drafted", NOON)
    registrar.revise(read, {"title": "First"}, ANA, "x", LATER)

    with pytest.raises(StaleEdit):
        registrar.revise(read, {"title": "Second"}, ANA, "x", LATER)
    assert registrar.store.get(ID).model.title == "First"
    assert len(registrar.ledger.history(ID).entries) == 2

    read.file.unlink()
    with pytest.raises(StaleEdit):
        registrar.revise(read, {"title": "Third"}, ANA, "x", LATER)


def test_the_authority_of_the_record_s_project_counts(tmp_path: Path) -> None:
    granted = AuthorityFile(principals={}, projects={"shop": {"ana": ("*",)}, "bank": {"ben": ("*",)}})
    registrar = Registrar(IntentStore(tmp_path), Ledger(tmp_path), Authority(granted))

    registrar.begin(a_record(), ANA, "drafted", NOON)

    with pytest.raises(MissingAuthority):
        registrar.move(ID, "accepted", Principal("ben"), "x", LATER)
    assert registrar.move(ID, "accepted", ANA, "x", LATER).model.guides_runs
