"""What the existing daemon wrote is read as untrusted data: what does not fit is named and hides nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundry_kernel.interop.daemon_files import Unfit, daemon_files, read_events, read_trace
from tests.fakes.daemon_traces import daemon_event, daemon_trace, write_daemon_folder


def test_a_folder_gives_traces_and_months_and_follows_no_link(tmp_path: Path) -> None:
    folder = write_daemon_folder(tmp_path / "traces")
    (tmp_path / "secret.json").write_text("{}")
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    assert [file.name for file in daemon_files([folder])] == ["evt_a.json", "2026-03.jsonl"]


def test_a_torn_line_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    folder, refused = write_daemon_folder(tmp_path / "traces"), list[Unfit]()
    found = list(read_events(folder / "2026-03.jsonl", refused.append))
    assert [event.id for event in found] == ["evt_m0", "evt_m1", "evt_m2"]
    assert [(each.line, each.reason) for each in refused] == [(4, "cut off, or too long")]


def test_a_line_without_end_fills_no_memory(tmp_path: Path) -> None:
    file, refused = tmp_path / "2026-03.jsonl", list[Unfit]()
    long = json.dumps(daemon_event("evt_long", "x", payload={"text": "x" * 3_000_000}))
    file.write_text(long + "\n" + json.dumps(daemon_event("evt_1", "greet_requested")) + "\n")
    assert [event.id for event in read_events(file, refused.append)] == ["evt_1"]
    assert len(refused) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"events": []}',
        "[" * 100_000,
        '{"events": [{"id": 7}]}',
        json.dumps({"events": [daemon_event("e", "t", occurred_at="yesterday")]}),
        json.dumps({"events": [daemon_event("e", "t", throttle="sideways")]}),
        json.dumps({**daemon_trace(), "total_duration_ms": -1}),
        '{"events": [], "events": []}',
    ],
)
def test_what_is_no_trace_is_refused_with_a_reason(tmp_path: Path, text: str) -> None:
    file, refused = tmp_path / "t.json", list[Unfit]()
    file.write_text(text)
    assert read_trace(file, refused.append) is None
    assert len(refused) == 1
    assert refused[0].reason
