"""A journal says what was written, in order, or says that it was cut; it is never written to after that."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from runtime_artifacts.errors import InvalidContent, MalformedDocument
from runtime_artifacts.journal import (
    MAX_LINE_BYTES,
    Fact,
    JournalFull,
    JournalTaken,
    JournalWriter,
    is_being_written,
    is_torn,
    read_journal,
)
from tests.runtime_artifacts.generated import OBJECTS
from tests.runtime_artifacts.racing import leftovers, race

TIME = "2026-03-02T12:00:00.000000Z"


def fact(seq: int, **fields: Any) -> Fact:
    """A small fact."""
    return Fact(fact_id=f"run_x/1/{seq}", kind="event", seq=seq, recorded_at=TIME, **fields)


def written(file: Path, *facts: Fact) -> bytes:
    """A finished journal of these facts; answers with its bytes."""
    with JournalWriter(file) as journal:
        for each in facts:
            journal.append(each)
    return file.read_bytes()


@given(st.lists(OBJECTS, max_size=4))
def test_facts_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[dict[str, Any]]
) -> None:
    file = tmp_path_factory.mktemp("journal") / "0001.jsonl"
    facts = [
        fact(seq, payload=payload, duration_ms=seq / 3, simulated=False)
        for seq, payload in enumerate(payloads, 1)
    ]
    written(file, *facts)

    assert list(read_journal(file)) == facts
    assert not is_torn(file)


def test_none_inside_of_a_payload_survives_and_an_absent_column_takes_no_room(tmp_path: Path) -> None:
    text = written(tmp_path / "a", fact(1, payload={"a": None}))

    assert json.loads(text) == {
        "fact_id": "run_x/1/1",
        "kind": "event",
        "seq": 1,
        "recorded_at": TIME,
        "payload": {"a": None},
    }


def test_a_tail_torn_at_any_byte_is_recognised_and_left_out(tmp_path: Path) -> None:
    facts = [fact(1, summary="ä\n…"), fact(2, payload={"a": ["b", None, {"c": "\u2028\x85"}]}), fact(3)]
    whole = written(tmp_path / "whole", *facts)
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    assert len(ends) == 3
    for at in range(len(whole) + 1):
        torn = tmp_path / "torn"
        torn.write_bytes(whole[:at])
        complete = sum(end <= at for end in ends)

        assert list(read_journal(torn)) == facts[:complete], at
        assert is_torn(torn) == (at not in {0, *ends}), at


@given(st.integers(1, 200), st.integers(0, 400))
@settings(max_examples=60)
def test_a_tail_of_zeros_is_torn(tmp_path_factory: pytest.TempPathFactory, zeros: int, at: int) -> None:
    """A loss of power may leave blocks that were never written."""
    file = tmp_path_factory.mktemp("journal") / "0001.jsonl"
    text = written(file, fact(1), fact(2, summary="x" * 200))
    first = text.index(b"\n") + 1
    at = first + at % (len(text) - first)
    for tail in (b"\0" * zeros, b"\0" * zeros + b"\n"):
        file.write_bytes(text[:at] + tail)

        assert list(read_journal(file)) == [fact(1)]
        assert is_torn(file)


@pytest.mark.parametrize(
    ("lines", "place", "message"),
    [
        ([b"{}", None], 1, "not a fact: Field required"),
        ([None, b"not json", None], 2, "not a fact: "),
        ([None, b'{"fact_id": 1}', None], 2, "not a fact: "),
        (
            [None, None, b'{"fact_id":"x","kind":"x","seq":3,"recorded_at":"x","colour":"red"}'],
            3,
            "not a fact: ",
        ),
        ([None, None, b'{"fact_id":"x","kind":"x","seq":"3","recorded_at":"x"}'], 3, "at /seq: not a fact: "),
        ([None, b'{"fact_id":"x","kind":"x","seq":3,"recorded_at":"x"}'], 2, "seq 3 where 2 is next"),
        (
            [b'{"fact_id":"x","kind":"x","seq":1,"recorded_at":"x","payload":{"a":NaN}}', None],
            1,
            "NaN is not a JSON",
        ),
        ([None, b"", None], 2, "not a fact: "),
        ([None, b"[" * 100_000, None], 2, "not a fact: "),
    ],
)
def test_damage_before_the_tail_is_an_error_with_its_line(
    tmp_path: Path, lines: list[bytes | None], place: int, message: str
) -> None:
    good = [fact(seq).model_dump_json(exclude_none=True).encode() for seq in range(1, 4)]
    file = tmp_path / "0001.jsonl"
    file.write_bytes(
        b"".join((line if line is not None else good[at]) + b"\n" for at, line in enumerate(lines))
    )

    with pytest.raises(MalformedDocument) as caught:
        list(read_journal(file))
    assert str(caught.value).startswith(f"{file}:{place}")
    assert message in str(caught.value)


def test_a_missing_line_is_noticed(tmp_path: Path) -> None:
    lines = written(tmp_path / "a", fact(1), fact(2), fact(3)).splitlines(keepends=True)
    (tmp_path / "a").write_bytes(lines[0] + lines[2])

    with pytest.raises(MalformedDocument, match="seq 3 where 2 is next"):
        list(read_journal(tmp_path / "a"))


def test_an_endless_line_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as out:
        out.truncate(1 << 36)
    for read in (lambda: list(read_journal(tmp_path / "a")), lambda: is_torn(tmp_path / "a")):
        with pytest.raises(MalformedDocument, match="a line of more than 4194304 bytes"):
            read()


def test_a_journal_has_one_life(tmp_path: Path) -> None:
    file = tmp_path / "new" / "0001.jsonl"
    written(file, fact(1))

    with pytest.raises(JournalTaken):
        JournalWriter(file)
    assert [each.name for each in file.parent.iterdir()] == ["0001.jsonl"]
    assert list(read_journal(file)) == [fact(1)]


def test_of_two_writers_at_once_one_gets_the_journal(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jsonl" for number in range(30)]

    for answer in race(_write_alone, [((file, "a"), (file, "b")) for file in files]):
        assert sorted(answer) == ["JournalTaken", "wrote"]
    assert all(len(list(read_journal(file))) == 1 for file in files)
    assert not leftovers(tmp_path)


def _write_alone(file: Path, summary: str) -> str:
    written(file, fact(1, summary=summary))
    return "wrote"


def test_the_sequence_has_no_gap_and_a_refused_fact_takes_no_number(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "a") as journal:
        with pytest.raises(InvalidContent, match="seq 2 after 0"):
            journal.append(fact(2))
        with pytest.raises(InvalidContent, match=f"at most {MAX_LINE_BYTES}"):
            journal.append(fact(1, summary="x" * MAX_LINE_BYTES))
        with pytest.raises(InvalidContent, match="cannot be written"):
            journal.append(fact(1, payload={"a": "\ud800"}))
        journal.append(fact(1))
        with pytest.raises(InvalidContent, match="seq 1 after 1"):
            journal.append(fact(1))

    assert list(read_journal(tmp_path / "a")) == [fact(1)]


@pytest.mark.parametrize(
    "fields",
    [
        {"duration_ms": float("nan")},
        {"payload": {"a": float("inf")}},
        {"payload": {"a": object()}},
        {"colour": "red"},
    ],
    ids=["not a number", "infinity", "an object", "an unknown field"],
)
def test_a_fact_that_json_cannot_say_is_not_made(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        fact(1, **fields)


def test_after_a_failed_write_nothing_follows(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "a")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.splitlines() == [
        "1",
        "2",
        "the line was cut",
        "an earlier write failed",
        "unlocked",
    ], done.stderr
    assert is_torn(tmp_path / "a")
    assert [each.seq for each in read_journal(tmp_path / "a")] == [1, 2]


FULL = """
import resource, sys
from pathlib import Path
from runtime_artifacts.journal import *
resource.setrlimit(resource.RLIMIT_FSIZE, (250, 250))
file = Path(sys.argv[1])
journal = JournalWriter(file)
for seq in (1, 2, 3, 3):
    try:
        journal.append(Fact(fact_id=f"f{seq}", kind="event", seq=seq, recorded_at="x", summary="y" * 30))
        print(seq)
    except JournalFull as error:
        print(error.message.partition(";")[0])
journal.close()
journal.close()
print("locked" if is_being_written(file) else "unlocked")
"""


@pytest.fixture
def on_full_device(tmp_path: Path) -> Iterator[JournalWriter]:
    """A writer whose descriptor leads to a device that is always full."""
    journal = JournalWriter(tmp_path / "a")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._descriptor)
    os.close(full)
    yield journal
    journal.close()


def test_a_full_disk_is_a_typed_error_and_the_end_of_the_writer(on_full_device: JournalWriter) -> None:
    with pytest.raises(JournalFull, match="cannot write: No space left on device"):
        on_full_device.append(fact(1))
    with pytest.raises(JournalFull, match="an earlier write failed"):
        on_full_device.append(fact(1))


def test_what_cannot_be_made_durable_is_a_typed_error_and_the_end_of_the_writer(
    on_full_device: JournalWriter,
) -> None:
    with pytest.raises(JournalFull, match="cannot be made durable"):
        on_full_device.sync()
    with pytest.raises(JournalFull, match="an earlier write failed"):
        on_full_device.append(fact(1))


def test_closing_tells_what_is_not_durable_and_gives_the_lock_back(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / "a")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._descriptor)
    os.close(full)

    with pytest.raises(JournalFull, match="cannot be made durable"):
        journal.close()
    assert not is_being_written(tmp_path / "a")
    journal.close()


def test_a_closed_writer_writes_no_more(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "a") as journal:
        journal.append(fact(1), durable=True)

    with pytest.raises(JournalFull):
        journal.append(fact(2))


def test_the_lock_tells_whether_the_writer_lives(tmp_path: Path) -> None:
    file = tmp_path / "a"
    assert not is_being_written(file)
    with JournalWriter(file) as journal:
        assert is_being_written(file)
        journal.append(fact(1))
        assert list(read_journal(file)) == [fact(1)]
        assert is_being_written(file), "a reader does not take the lock away"
    assert not is_being_written(file)


WAIT = """
import sys
from pathlib import Path
from runtime_artifacts.journal import *
journal = JournalWriter(Path(sys.argv[1]))
journal.append(Fact(fact_id="f", kind="event", seq=1, recorded_at="x"))
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_killed_writer_gives_its_lock_back_and_leaves_what_it_wrote(tmp_path: Path) -> None:
    file = tmp_path / "a"
    with subprocess.Popen(
        [sys.executable, "-c", WAIT, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        assert is_being_written(file)
        writer.send_signal(signal.SIGKILL)
        writer.wait(30)

    assert not is_being_written(file)
    assert [each.seq for each in read_journal(file)] == [1]


def test_a_program_that_the_writer_starts_does_not_hold_the_lock(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / "a")
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as other:
        journal.close()
        assert other.poll() is None
        assert not is_being_written(tmp_path / "a")
        assert other.stdin is not None
        other.stdin.close()


def test_the_line_that_is_just_being_written_is_not_read_yet(tmp_path: Path) -> None:
    text = written(tmp_path / "a", fact(1), fact(2))
    with (tmp_path / "b").open("wb") as out:
        out.write(text[:-5])
        out.flush()
        reading = read_journal(tmp_path / "b")
        assert next(reading) == fact(1)
        out.write(text[-5:])

    assert list(reading) == []
    assert list(read_journal(tmp_path / "b")) == [fact(1), fact(2)]
