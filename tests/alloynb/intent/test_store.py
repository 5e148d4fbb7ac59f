"""One YAML file per record: whole, never over a newer edit, and quick to open again (spec 2.1)."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.intent.document_model import changed_model
from alloynb.intent.durable_file import RealDisk
from alloynb.intent.errors import (
    AlreadyExists,
    BrokenFiles,
    CannotSave,
    StaleEdit,
    UnknownRecord,
    UnsafeIntentPath,
)
from alloynb.intent.expectation import Expectation
from alloynb.intent.parse_cache import Entry, ParseCache, stamp_of
from alloynb.intent.record import IntentRecord
from alloynb.intent.store import ExpectationStore, IntentStore, StrategyStore
from alloynb.intent.strategy import Strategy
from tests.alloynb.intent.disks import FullDisk
from tests.alloynb.intent.records import LATER, NOON, WRITTEN_BY_HAND, a_record

LONG_AFTER_NS = 2**62


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / ".alloy"
    (folder / "intent").mkdir(parents=True)
    return folder


def settled(root: Path) -> IntentStore:
    """A store to which every file looks old enough to be trusted by its times."""
    return IntentStore(root, clock_ns=lambda: LONG_AFTER_NS)


def by_hand(root: Path, name: str, content: bytes) -> Path:
    file = root / "intent" / name
    file.write_bytes(content)
    return file


def everything_in(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_a_created_record_is_read_again(tmp_path: Path) -> None:
    store = IntentStore(tmp_path / ".alloy")

    created = store.create(a_record())

    assert created.file == tmp_path / ".alloy/intent/payment-port.yaml"
    assert store.get("shop.intent.payment-port") == created
    assert store.load_all() == (a_record(),)
    assert [file.name for file in created.file.parent.iterdir()] == ["payment-port.yaml"]


def test_an_empty_or_absent_folder_holds_no_records(tmp_path: Path, root: Path) -> None:
    assert IntentStore(tmp_path / "nowhere").load_all() == IntentStore(root).load_all() == ()


def test_a_new_record_never_overwrites_a_file(root: Path) -> None:
    by_hand(root, "payment-port.yaml", b"something of somebody")
    before = everything_in(root)

    with pytest.raises(AlreadyExists, match="choose another slug"):
        IntentStore(root).create(a_record())
    assert everything_in(root) == before


def test_saving_keeps_the_lines_that_did_not_change(root: Path) -> None:
    file = by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    store = IntentStore(root)
    read = store.get("shop.intent.payment-port")

    saved = store.save(changed_model(read.model, {"status": "accepted", "updated_at": LATER}), read.digest)

    assert file.read_bytes() == WRITTEN_BY_HAND.replace(b"status: proposed", b"status: accepted").replace(
        b"updated_at: 2026-03-01T12", b"updated_at: 2026-03-01T13"
    )
    assert store.get(saved.model.id) == saved


def test_a_stale_edit_is_refused_with_a_difference_and_overwrites_nothing(root: Path) -> None:
    file = by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    store = IntentStore(root)
    read = store.get("shop.intent.payment-port")
    newer = WRITTEN_BY_HAND.replace(b"severity: high ", b"severity: low  ")
    file.write_bytes(newer)
    before = everything_in(root)

    with pytest.raises(StaleEdit) as refused:
        store.save(changed_model(read.model, {"owner": "ana"}), read.digest)

    assert everything_in(root) == before
    assert "-severity: low " in refused.value.difference
    assert "+severity: high" in refused.value.difference
    assert "+owner: ana" in str(refused.value)
    assert refused.value.exit_code == 3


def test_a_stale_edit_of_a_file_that_broke_meanwhile_is_refused_too(root: Path) -> None:
    file = by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    read = IntentStore(root).get("shop.intent.payment-port")
    file.write_bytes(b"<<<<<<< ours\n")

    with pytest.raises(StaleEdit):
        IntentStore(root).save(read.model, read.digest)
    assert file.read_bytes() == b"<<<<<<< ours\n"


def test_of_many_writers_none_overwrites_another(root: Path) -> None:
    IntentStore(root).create(a_record())

    def add_one(_: int) -> None:
        store = IntentStore(root)
        while True:
            read = store.get("shop.intent.payment-port")
            try:
                store.save(changed_model(read.model, {"version": read.model.version + 1}), read.digest)
            except StaleEdit:
                continue
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(24)))

    assert IntentStore(root).get("shop.intent.payment-port").model.version == 25


@pytest.mark.parametrize("room", [0, 1, 100, None])
def test_a_failing_disk_harms_nothing_and_leaves_nothing_behind(root: Path, room: int | None) -> None:
    by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    read = IntentStore(root).get("shop.intent.payment-port")
    before = everything_in(root)

    with pytest.raises(CannotSave) as refused:
        IntentStore(root, disk=FullDisk(room)).save(changed_model(read.model, {"owner": "ana"}), read.digest)
    with pytest.raises(CannotSave):
        IntentStore(root, disk=FullDisk(room)).create(a_record("other"))

    assert everything_in(root) == before
    assert refused.value.exit_code == 4


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / ".alloy").write_text("a file")

    with pytest.raises(CannotSave, match="cannot be made"):
        IntentStore(tmp_path / ".alloy").create(a_record())


def test_every_fault_of_every_broken_file_is_told_at_once(root: Path) -> None:
    by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    by_hand(root, "a.yaml", b"id: shop.intent.a\nid: shop.intent.a\n")
    by_hand(root, "b.yaml", WRITTEN_BY_HAND.replace(b"title", b"titel").replace(b"payment-port", b"b"))
    by_hand(root, "c.yaml", WRITTEN_BY_HAND)
    by_hand(root, "d.yml", WRITTEN_BY_HAND)
    store = IntentStore(root)

    with pytest.raises(BrokenFiles) as broken:
        store.load_all()

    assert [f"{fault.file.name}:{fault.line}" for fault in broken.value.faults if fault.file] == [
        "d.yml:None",
        "a.yaml:2",
        "b.yaml:2",
        "b.yaml:4",
        "c.yaml:2",
    ]
    assert "id 'shop.intent.payment-port' belongs in payment-port.yaml" in str(broken.value)
    assert [found.slug for found in store.scan().models] == ["payment-port"]


def test_an_unknown_id_is_told_with_near_ones(root: Path) -> None:
    by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)

    with pytest.raises(UnknownRecord, match="near it: payment-port"):
        IntentStore(root).get("shop.intent.payment-prot")
    with pytest.raises(UnknownRecord):
        IntentStore(root).get("other.intent.payment-port")


def test_links_and_pipes_are_refused(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_bytes(WRITTEN_BY_HAND)
    (root / "intent" / "payment-port.yaml").symlink_to(outside)
    os.mkfifo(root / "intent" / "pipe.yaml")
    (root / "intent" / "folder.yaml").mkdir()
    store = IntentStore(root)

    faults = store.scan().faults

    assert len(faults) == 3
    assert all(isinstance(fault, UnsafeIntentPath) and fault.exit_code == 3 for fault in faults)
    with pytest.raises(UnsafeIntentPath):
        store.get("shop.intent.payment-port")
    with pytest.raises(AlreadyExists):
        store.create(a_record())
    assert outside.read_bytes() == WRITTEN_BY_HAND


def test_a_folder_that_leads_out_of_alloy_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "intent").rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "intent").symlink_to(elsewhere)

    with pytest.raises(BrokenFiles, match="a link out of"):
        IntentStore(root).load_all()
    with pytest.raises(UnsafeIntentPath):
        IntentStore(root).create(a_record())
    assert not list(elsewhere.iterdir())


def test_hidden_files_and_other_files_are_no_records(root: Path) -> None:
    by_hand(root, ".payment-port.yaml.1.part", b"half")
    by_hand(root, "README.md", b"about")

    assert IntentStore(root).load_all() == ()


def cached_title(root: Path, title: str) -> None:
    """Change what the cache says, so that a test can see who was asked."""
    file = root / "cache" / "intent.json"
    cache = json.loads(file.read_bytes())
    for entry in cache["entries"].values():
        entry["model"]["title"] = title
    file.write_text(json.dumps(cache))


def titles(root: Path) -> list[str]:
    return [record.title for record in settled(root).load_all()]


def test_unchanged_files_come_from_the_cache(root: Path) -> None:
    by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    assert titles(root) == ["Payment providers stay replaceable"]
    cached_title(root, "from the cache")

    assert titles(root) == ["from the cache"]


def test_a_file_of_the_same_size_and_time_but_other_content_is_read_again(root: Path) -> None:
    file = by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    titles(root)
    cached_title(root, "from the cache")
    facts = file.stat()
    file.write_bytes(WRITTEN_BY_HAND.replace(b"Payment", b"PAYMENT"))
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    assert titles(root) == ["PAYMENT providers stay replaceable"]


def test_a_file_that_changed_a_moment_ago_is_compared_by_content(root: Path) -> None:
    file = by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    IntentStore(root, clock_ns=lambda: file.stat().st_ctime_ns + 1).load_all()

    entries = json.loads((root / "cache" / "intent.json").read_bytes())["entries"]

    assert entries["payment-port.yaml"]["stamp"] == [0, 0, 0, 0]


def test_a_removed_file_is_gone_from_the_cache_too(root: Path) -> None:
    file = by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    titles(root)
    file.unlink()

    assert titles(root) == []


def test_a_cache_that_came_from_elsewhere_does_not_speak_for_the_files(root: Path, tmp_path: Path) -> None:
    by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    titles(root)
    cached_title(root, "planted")
    copy = tmp_path / "clone"
    shutil.copytree(root, copy)

    assert titles(copy) == ["Payment providers stay replaceable"]


@given(damage=st.binary(max_size=40), at=st.integers(0, 400))
def test_a_damaged_cache_is_ignored(tmp_path_factory: pytest.TempPathFactory, damage: bytes, at: int) -> None:
    root = tmp_path_factory.mktemp("workspace") / ".alloy"
    store = settled(root)
    store.create(a_record())
    store.load_all()
    cache = root / "cache" / "intent.json"
    content = cache.read_bytes()
    cache.write_bytes(content[:at] + damage)

    assert settled(root).load_all() == (a_record(),)


def test_a_cached_record_that_breaks_a_rule_is_ignored(root: Path) -> None:
    by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    titles(root)
    file = root / "cache" / "intent.json"
    file.write_text(file.read_text().replace('"capability":"', '"capability":" ","x":"'))

    assert titles(root) == ["Payment providers stay replaceable"]


def test_a_cache_that_cannot_be_written_is_no_fault_of_the_reader(root: Path) -> None:
    by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    (root / "cache").write_text("in the way")

    assert len(IntentStore(root).load_all()) == 1
    assert len(IntentStore(root, disk=FullDisk(0)).load_all()) == 1


def test_reading_leaves_nothing_that_git_would_see(root: Path) -> None:
    by_hand(root, "payment-port.yaml", WRITTEN_BY_HAND)
    titles(root)

    assert (root / "cache" / ".gitignore").read_text() == "*\n"


def test_ten_thousand_unchanged_records_open_without_parsing_one(root: Path) -> None:
    folder, entries = root / "intent", {}
    values = a_record().model_dump()
    for number in range(10_000):
        file = folder / f"r{number}.yaml"
        file.write_bytes(b"[ this would be told as broken")
        model = IntentRecord.model_validate({**values, "id": f"shop.intent.r{number}"})
        entries[file.name] = Entry(stamp_of(file.stat()), "sha256:" + "0" * 64, model)
    ParseCache(root / "cache" / "intent.json", folder, IntentRecord, RealDisk()).store(entries)

    records = IntentStore(root).load_all()

    assert len({record.id for record in records}) == 10_000
    (folder / "r77.yaml").write_bytes(b"[ changed")
    with pytest.raises(BrokenFiles, match=r"r77\.yaml:1: not YAML"):
        IntentStore(root).load_all()


@pytest.mark.parametrize(
    ("store", "model", "fields", "folder"),
    [
        (
            ExpectationStore,
            Expectation,
            {"id": "shop.expectation.prices-move", "statement": "They do."},
            "expectations",
        ),
        (
            StrategyStore,
            Strategy,
            {
                "id": "shop.strategy.port",
                "name": "Port",
                "definition": "Here: one.",
                "failure_modes": ["leaks"],
            },
            "strategies",
        ),
    ],
)
def test_shared_expectations_and_strategies_are_kept_the_same_way(
    tmp_path: Path, store: Any, model: Any, fields: dict[str, Any], folder: str
) -> None:
    shared = model.model_validate({**fields, "created_at": NOON, "updated_at": NOON})
    opened = store(tmp_path)

    created = opened.create(shared)
    saved = opened.save(changed_model(shared, {"owner": "ana"}), created.digest)

    assert created.file == tmp_path / folder / f"{shared.slug}.yaml"
    assert store(tmp_path).load_all() == (saved.model,)
