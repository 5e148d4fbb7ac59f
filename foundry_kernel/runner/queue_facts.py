"""What happened in a durable queue, as facts in a journal of the workspace, where every view of the evidence sees them.

The facts speak of requests as a shared Alloy does: `accepted` for a hold, `expired` for a hold whose process was lost,
`started`, `ended`, `refused`, `cancel_asked`; and of requests that were `deduplicated`. Each line of the queue's log is
recorded once: a further record goes on behind the last one, in a new journal (spec 5.7, 6.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime_artifacts.canonical import digest_of
from runtime_artifacts.journal import Fact, JournalWriter, read_journal
from runtime_artifacts.timestamp import format_timestamp

_STEPS = {
    "held": "accepted",
    "begun": "started",
    "ended": "ended",
    "refused": "refused",
    "cancel_asked": "cancel_asked",
}


def record_queue(runs: Path, url: str, log: Iterable[Mapping[str, Any]]) -> int:
    """Write what the journals of this queue do not hold yet; how many facts that were.

    Args:
        runs: folder of all runs of the workspace.
        url: address of the queue; only its digest is kept, since it may hold a password.
        log: everything that happened, oldest first.

    Raises:
        JournalTaken: somebody else records the same queue just now.
    """
    name = digest_of({"queue": url}).removeprefix("sha256:")[:16]
    folder = runs / f"queue_{name}" / "journal"
    journals = sorted(folder.glob("[0-9]*.jsonl"))
    known = {fact.fact_id for file in journals for fact in read_journal(file)}
    fresh = [fact for fact in facts_of(name, log) if fact.fact_id not in known]
    if not fresh:
        return 0
    number = int(journals[-1].stem) + 1 if journals else 1
    with JournalWriter(folder / f"{number:04d}.jsonl") as journal:
        for seq, fact in enumerate(fresh, start=1):
            journal.append(fact.model_copy(update={"seq": seq}))
    return len(fresh)


def facts_of(queue: str, log: Iterable[Mapping[str, Any]]) -> Iterator[Fact]:
    """Turn the lines of a queue's log into facts."""
    runners: dict[str, str] = {}
    holders: dict[str, str] = {}
    for row in log:
        event, request, executor = str(row["event"]), str(row["request_id"]), str(row["executor_id"])
        details: Mapping[str, Any] = row["details"]
        at = format_timestamp(datetime.fromtimestamp(float(row["at"]), UTC))
        key = f"{queue}/{row['seq']}"
        if event == "joined":
            runners[executor] = str(details.get("runner", executor))
        runner = runners.get(executor, executor) or None
        if event == "deduplicated":
            yield _fact(f"request/{key}", "request", at, "deduplicated", request, None, details)
        if event == "held" and request in holders:
            lost = {"lease": int(details["hold"]) - 1, "why": f"{holders[request]} was lost over it"}
            yield _fact(f"dispatch/{key}/lost", "dispatch", at, "expired", request, holders[request], lost)
        if event == "held" and runner is not None:
            holders[request] = runner
        if event in _STEPS:
            said = {"lease": details.get("hold"), "ended_as": details.get("status"), **details}
            yield _fact(f"dispatch/{key}", "dispatch", at, _STEPS[event], request, runner, said)


def _fact(
    fact_id: str,
    kind: str,
    at: str,
    status: str,
    request: str,
    runner: str | None,
    said: Mapping[str, Any],
) -> Fact:
    return Fact(
        fact_id=fact_id,
        kind=kind,
        seq=1,
        recorded_at=at,
        occurred_at=at,
        status=status,
        request_id=request,
        runner_id=runner,
        run_id=said.get("run_id") or None,
        principal=str(said.get("by") or runner or "queue"),
        summary=str(said["why"]) if said.get("why") else None,
        payload={name: value for name, value in said.items() if value is not None},
    )
