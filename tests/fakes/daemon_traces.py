"""Traces and events as the existing daemon writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def daemon_event(event_id: str, event_type: str, second: int = 0, **more: Any) -> dict[str, Any]:
    """One event of the project `shop`."""
    at = f"2026-03-02T09:00:{second:02d}.123456789+00:00"
    return {
        "id": event_id, "event_type": event_type, "project": "shop", "occurred_at": at, "recorded_at": at,
        "throttle": "dry_run", "trace_id": "t1", "payload": {}, **more,
    }  # fmt: skip


def daemon_gate(name: str, *, passed: bool = True, **more: Any) -> dict[str, Any]:
    """What the daemon says of one gate."""
    return {
        "name": name, "command": "true", "passed": passed, "required": True, "output": "" if passed else "boom",
        "exit_code": 0 if passed else 1, "duration_ms": 120, **more,
    }  # fmt: skip


def daemon_trace(
    *,
    success: bool = True,
    alloy: dict[str, Any] | None = None,
    revision: str = "b" * 40,
    gates: dict[str, list[dict[str, Any]]] | None = None,
) -> dict[str, Any]:
    """A chain of two blocks; `gates` are results by the type of the event that tells them."""
    payload = {"alloy": alloy, "revision": revision} if alloy else {}
    told = [
        daemon_event(f"evt_g{number}", kind, 2, payload={"project": "shop", "results": results})
        for number, (kind, results) in enumerate((gates or {}).items())
    ]
    return {
        "events": [
            daemon_event("evt_a", "iteration_requested", 0, payload=payload),
            daemon_event("evt_b", "charter_check_completed", 1),
            *told,
            daemon_event("evt_c", "project_iteration_completed", 3, payload={"success": success}),
        ],
        "block_executions": [
            {"block_name": "check_charter", "trigger_event_id": "evt_a", "success": True, "summary": "there is one",
             "emitted_event_ids": ["evt_b"], "duration_ms": 20, "raw_output": None, "exit_code": None,
             "trigger_payload": {}, "emitted_payloads": [{}], "audit_artifacts": []},
            {"block_name": "execute", "trigger_event_id": "evt_b", "success": False, "summary": "the agent gave up",
             "emitted_event_ids": ["evt_c"], "duration_ms": 1500, "raw_output": "boom", "exit_code": 1},
        ],
        "total_duration_ms": 3000,
    }  # fmt: skip


def write_daemon_folder(folder: Path, **more: Any) -> Path:
    """A folder of the daemon: one trace, one month of events with a torn last line."""
    (folder / "2026-03-02").mkdir(parents=True)
    (folder / "2026-03-02" / "evt_a.json").write_text(json.dumps(daemon_trace(**more)))
    lines = [json.dumps(daemon_event(f"evt_m{number}", "greet_requested", number)) for number in range(3)]
    (folder / "2026-03.jsonl").write_text("\n".join([*lines, '{"id": "evt_torn", "ev']))
    return folder
