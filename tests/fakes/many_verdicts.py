"""Runs and what they said about records, in an evidence store, without anything that ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from alloynb.application.workspace import Workspace
from alloynb.evidence.meaning_facts import satisfaction_fact
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.identity import id_of_digest
from tests.fakes.journals import WrittenRun

BEGAN = datetime(2027, 1, 1, 3, 0, tzinfo=UTC)


def record_verdicts(workspace: Workspace, said: Mapping[str, Sequence[str | None]]) -> tuple[str, ...]:
    """Record one run a night; `said` has for each record what each run said, None for nothing.

    Returns:
        Ids of the runs, oldest first.
    """
    runs = max(len(each) for each in said.values())
    project = workspace.settings.project
    ids = tuple(id_of_digest("run", digest_of(["night", number])) for number in range(runs))
    for number, run_id in enumerate(ids):
        night = (BEGAN + timedelta(days=number) - datetime(2027, 1, 11, 9, 0, tzinfo=UTC)).total_seconds()
        run = WrittenRun(run_id, at_ms=night * 1000)
        run.validation(("tests", "passed" if number % 3 else "failed"))
        run.save(workspace.alloy_dir / "runs")
    workspace.warehouse.record(
        satisfaction_fact(
            project_id=project,
            record_id=f"{project}.intent.{slug}",
            status=status,  # type: ignore[arg-type]
            observed_at=BEGAN + timedelta(days=number, minutes=1),
            title=f"Record {slug}",
            capability=f"We keep {slug}.",
            severity="high",
            required=1,
            satisfied=int(status == "satisfied"),
            missing=() if status == "satisfied" else (f"{project}.intent.{slug}#imports",),
            evidence=[],
            run_id=ids[number],
            revision="0123456789abcdef",
            brief_id="brief_1",
            summary=f"{slug} was seen to be {status}.",
            key=f"{run_id_key(ids[number])}/{slug}",
        )
        for slug, statuses in said.items()
        for number, status in enumerate(statuses)
        if status is not None
    )
    workspace.warehouse.fold()
    return ids


def run_id_key(run_id: str) -> str:
    """Key of the facts of a run."""
    return f"verdict/{run_id}"
