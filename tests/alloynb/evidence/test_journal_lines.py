"""Which lines of a journal are facts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.evidence.journal_lines import Inspection, facts_of, inspect, judge
from runtime_artifacts.journal import MAX_LINE_BYTES
from tests.fakes.evidence_store import plain_fact

GOOD = plain_fact(1).model_dump_json(exclude_none=True).encode()


def test_a_whole_journal_is_counted(tmp_path: Path) -> None:
    file = tmp_path / "j.jsonl"
    file.write_bytes(GOOD + b"\n" + GOOD + b"\n")
    assert inspect(file) == Inspection(bytes=2 * len(GOOD) + 2, lines=2, facts=2)


@pytest.mark.parametrize("tail", [GOOD, GOOD[:30], b'{"fact_id": "a", "ki\n', b"\x00\x00\x00"])
def test_a_tail_that_was_cut_is_left_out_and_not_refused(tmp_path: Path, tail: bytes) -> None:
    file = tmp_path / "j.jsonl"
    file.write_bytes(GOOD + b"\n" + tail)
    found = inspect(file)
    assert (found.facts, found.torn_bytes, found.refused) == (1, len(tail), [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "JSON"),
        (b"not json", "JSON"),
        (b"[1]", "object"),
        (b'{"fact_id":"x"}', "kind"),
        (GOOD.replace(b"{", b'{"unheard_of": 1, ', 1), "unheard_of"),
        (GOOD.replace(b'"seq":1', b'"seq":"1"'), "seq"),
        (GOOD.replace(b'"seq":1', b'"seq":9223372036854775808'), "out of range"),
        (GOOD.replace(b"{", b'{"exit_code": 2147483648, ', 1), "out of range"),
        (GOOD.replace(b"12:00:00.000000Z", b"12:00:00"), "recorded_at"),
        (GOOD.replace(b"2026-03", b"2026-13"), "recorded_at"),
        (GOOD.replace(b"{", b'{"duration_ms": NaN, ', 1), "NaN"),
        (GOOD.replace(b"plain", b"\xff\xfe"), "unicode"),
        (b"[" * 200_000, "JSON"),
    ],
)
def test_a_line_in_the_middle_that_is_no_fact_is_refused_with_its_reason(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    file = tmp_path / "j.jsonl"
    file.write_bytes(GOOD + b"\n" + line + b"\n" + GOOD + b"\n")
    found = inspect(file)
    [refused] = found.refused
    assert found.facts == 2
    assert refused.number == 2
    assert reason.lower() in refused.reason.lower()
    assert len(refused.raw) <= 4 * 1024


def test_a_last_line_that_is_json_but_no_fact_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "j.jsonl"
    file.write_bytes(GOOD + b"\n{}\n")
    assert [each.number for each in inspect(file).refused] == [2]


def test_a_line_that_is_too_long_does_not_hide_the_next(tmp_path: Path) -> None:
    file = tmp_path / "j.jsonl"
    file.write_bytes(b"x" * (2 * MAX_LINE_BYTES + 5) + b"\n" + GOOD + b"\n")
    found = inspect(file)
    assert found.facts == 1
    assert "longer" in found.refused[0].reason
    assert found.bytes == file.stat().st_size


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_make_reading_fail(
    tmp_path_factory: pytest.TempPathFactory, before: bytes, after: bytes
) -> None:
    file = tmp_path_factory.mktemp("journal") / "j.jsonl"
    file.write_bytes(before + b"\n" + GOOD + b"\n" + after)
    found = Inspection()
    assert plain_fact(1) in list(facts_of(file, found))
    assert found.bytes == file.stat().st_size


@given(st.binary(max_size=300))
def test_judging_never_raises(line: bytes) -> None:
    fact, reason = judge(line)
    assert fact is not None or reason
