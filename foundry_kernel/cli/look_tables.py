"""What `status` and `history` list: requests and runs, with what their journals add."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foundry_kernel.cli.answer import table

if TYPE_CHECKING:
    from foundry_kernel.kernel.glance import Glance
    from foundry_kernel.runner.run_folder import RunFolder
    from foundry_kernel.runner.workspace import RunnerWorkspace

OPEN_STATES = frozenset({"waiting", "running", "running elsewhere", "died"})
_LONGEST_REASON = 72
_NOW = ("state", "since", "request", "event", "throttle", "run")
_DAY = ("  at (UTC)", "run", "state", "project", "event", "throttle", "took", "")


def standing(workspace: RunnerWorkspace, *, everything: bool, now: datetime) -> list[dict[str, Any]]:
    """Requests with what became of them, oldest first, then runs without a request that go on.

    Args:
        everything: also requests that have a result.
        now: aware; `since_s` counts from the request, or from the beginning of its run, to it.
    """
    from foundry_kernel.kernel.glance import glance_at
    from foundry_kernel.runner.overview import request_lines
    from foundry_kernel.runner.run_folder import all_runs

    asked = {each.id: str(each.created_at) for each in workspace.mailbox.requests()}
    rows = []
    for line in request_lines(workspace):
        if not everything and line.state not in OPEN_STATES:
            continue
        seen = glance_at(workspace.runs / line.run_id) if line.run_id else None
        since = seen.began_at if seen else asked[line.request_id]
        rows.append({**asdict(line), "since": since, "since_s": _seconds(since, now)})
    for folder in all_runs(workspace.runs):
        if folder.has_request or not folder.is_alive():
            continue
        seen = glance_at(folder.path)
        if seen is not None:
            rows.append(
                {
                    "request_id": None,
                    "state": "running",
                    "project_id": seen.project,
                    "event": seen.event,
                    "throttle": seen.throttle,
                    "requested_by": None,
                    "run_id": folder.run_id,
                    "since": seen.began_at,
                    "since_s": _seconds(seen.began_at, now),
                }
            )
    return rows


def standing_text(rows: list[dict[str, Any]]) -> str:
    """The rows of `standing` for people, with what one can do next."""
    from foundry_kernel.kernel.progress_step import duration_text

    shown = [
        (
            row["state"],
            duration_text(max(row["since_s"], 0) * 1000),
            row["request_id"] or "(emitted by hand)",
            row["event"],
            row["throttle"].replace("_", " "),
            row["run_id"] or "-",
        )
        for row in rows
    ]
    text = table(_NOW, shown) or "Nothing waits and nothing runs; `foundry-kernel history` lists what ran."
    hints = {"died": "Go on with: foundry-kernel resume", "running": "Follow it with: foundry-kernel watch"}
    for state, hint in hints.items():
        runs = [row["run_id"] for row in rows if row["state"] == state and row["run_id"]]
        text += f"\n{hint} {runs[0]}" if runs else ""
    waiting = [row["request_id"] for row in rows if row["state"] == "waiting"]
    return text + (f"\nRun it with: foundry-kernel run {waiting[0]}" if waiting else "")


def past(workspace: RunnerWorkspace, limit: int) -> list[dict[str, Any]]:
    """The last runs, newest first, by requests and by hand.

    Args:
        limit: how many, above 0.
    """
    from foundry_kernel.kernel.glance import glance_at
    from foundry_kernel.runner.overview import run_lines
    from foundry_kernel.runner.run_folder import RunFolder

    rows = []
    for line in run_lines(workspace)[::-1][:limit]:
        seen = glance_at(workspace.runs / line.run_id)
        folder = RunFolder(workspace.runs / line.run_id)
        row = {
            **asdict(line),
            "can_resume": line.state == "died" and folder.has_request,
            "throttle": seen.throttle if seen else "",
            "reason": _reason(folder, seen),
        }
        if seen is not None and seen.duration_ms is not None:
            row["duration_ms"] = round(seen.duration_ms, 3)
        rows.append(row)
    return rows


def past_text(rows: list[dict[str, Any]]) -> str:
    """The rows of `past` for people, a table a day; below a run that did not complete stands why."""
    if not rows:
        return "No runs yet."
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(row["prepared_at"][:10] or "no date", []).append(row)
    aligned = table(_DAY, [_day_row(row) for row in rows]).splitlines()
    lines, at = [], iter(aligned[1:])
    for day, of_day in days.items():
        lines += [day, aligned[0]]
        for row in of_day:
            lines.append(next(at))
            lines += _why(row)
    died = [row["run_id"] for row in rows if row["can_resume"]]
    return "\n".join(lines + ([f"Go on with: foundry-kernel resume {died[0]}"] if died else []))


def _day_row(row: dict[str, Any]) -> tuple[str, ...]:
    from foundry_kernel.kernel.progress_step import MARKS, duration_text

    mark = MARKS.get(row["state"].replace(" ", "_"), "■")
    return (
        f"  {row['prepared_at'][11:19]}",
        row["run_id"],
        f"{mark} {row['state']}",
        row["project_id"],
        row["event"],
        row["throttle"].replace("_", " "),
        "" if row["duration_ms"] is None else duration_text(row["duration_ms"]),
        f"{row['attempts']} attempts" if row["attempts"] > 1 else "",
    )


def _why(row: dict[str, Any]) -> list[str]:
    reason = " ".join(row["reason"].split())
    if row["state"] in {"completed", "running"} or not reason:
        return []
    cut = reason if len(reason) <= _LONGEST_REASON else f"{reason[: _LONGEST_REASON - 1]}…"
    return [f"            {cut}"]


def _seconds(since: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(since)).total_seconds()


def _reason(folder: RunFolder, seen: Glance | None) -> str:
    """Why a run ended: in its journal, or in its result where the journal broke off."""
    if seen is not None and seen.reason:
        return seen.reason
    results = folder.results() if folder.has_request else []
    return "; ".join(each.message for each in results[-1].content.errors) if results else ""
