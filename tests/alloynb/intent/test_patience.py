"""A long reading is spoken of, a short one is not (spec 7.2)."""

from __future__ import annotations

from pathlib import Path

from alloynb.intent.patience import Patience
from alloynb.intent.store import IntentStore
from tests.alloynb.intent.records import WRITTEN_BY_HAND


class Slow:
    """A clock on which every look takes some seconds."""

    def __init__(self, each_s: float) -> None:
        self.now = 0.0
        self.each_s = each_s

    def __call__(self) -> float:
        self.now += self.each_s
        return self.now


def test_what_is_quickly_done_is_not_spoken_of() -> None:
    told: list[str] = []

    assert list(Patience(told.append, Slow(0.01)).over(range(100), 100, "files")) == list(range(100))
    assert told == []


def test_a_long_reading_is_spoken_of_now_and_then() -> None:
    told: list[str] = []

    list(Patience(told.append, Slow(0.5)).over(range(2000), 2000, "files"))

    assert told[0] == "reading: 4 of 2,000 files"
    assert len(told) == 400


def test_a_store_speaks_of_the_files_that_it_reads(tmp_path: Path) -> None:
    (tmp_path / ".alloy" / "intent").mkdir(parents=True)
    for number in range(3):
        content = WRITTEN_BY_HAND.replace(b"payment-port", f"r{number}".encode())
        (tmp_path / ".alloy" / "intent" / f"r{number}.yaml").write_bytes(content)
    told: list[str] = []
    store = IntentStore(tmp_path / ".alloy", patience=Patience(told.append, Slow(3.0)))

    assert len(store.load_all()) == 3
    assert told == [f"reading: {done} of 3 files of .alloy/intent" for done in range(3)]
