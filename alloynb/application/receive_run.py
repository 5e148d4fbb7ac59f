"""What a runner elsewhere reports of a run: its facts, its result, or why there is none (spec 5.3, 6.1).

A run that was executed elsewhere lies below `.alloy/runs/` like one that was executed here, so that everything that
reads runs reads it too. Facts gather in `runs/<run id>/incoming/` and become a journal when the run has ended: a
journal that is still growing must be locked by its writer, and the writer is on another machine.
"""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

from alloynb.application.check_reported import FactsRefused, fact_of_run, why_not_its_result
from alloynb.application.dispatch import held_lease
from alloynb.application.request_lives import lives_of, tell_life, tell_refusal, untold
from alloynb.application.runners import Runner, note_heard
from alloynb.application.transport_retries import note_resent, untold_retries
from alloynb.application.workspace import Workspace
from alloynb.errors import Refused
from alloynb.evidence.ingest import facts_of_artifacts
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.kinds import read_as, read_file
from runtime_artifacts.prompt_pack import PROMPT_PACK
from runtime_artifacts.request_life import IllegalStep, LeaseTaken, LifeStep, RequestLife
from runtime_artifacts.run_result import RUN_RESULT, RunResult
from runtime_artifacts.runner_protocol import Completed, Events, Failed, LeaseState, RequestEnded
from runtime_artifacts.write_once import create_once, make_folder

_STOPPED = frozenset({"safety", "semantic"})


class NotItsResult(Refused):
    """The result is not one of the request that it was sent for."""


def report_events(workspace: Workspace, runner: Runner, request_id: str, said: Events) -> LeaseState:
    """Keep facts of a run. Those that were sent before are passed over.

    Raises:
        LeaseLost: the lease is over.
        FactsRefused: they are no facts of this run (recorded), or leave a gap; none was kept.
    """
    lease = held_lease(workspace, runner, request_id, said.lease_id)
    request = workspace.mailbox.request(request_id)
    try:
        facts = [fact_of_run(document, request, lease, said.attempt) for document in said.facts]
    except FactsRefused as error:
        tell_refusal(workspace, runner.runner_id, "events", error.message, request_id=request_id)
        raise
    folder = workspace.run_dir(lease.run_id) / "incoming"
    make_folder(folder)
    with (folder / f"{said.attempt:04d}.jsonl").open("a+b") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        journal.seek(0)
        kept = journal.read()
        whole = kept[: kept.rfind(b"\n") + 1]
        if len(whole) != len(kept):  # whoever wrote died in the middle of a line
            journal.truncate(len(whole))
        have = whole.count(b"\n")
        new = [fact for fact in facts if fact.seq > have]
        if [fact.seq for fact in new] != list(range(have + 1, have + 1 + len(new))):
            raise FactsRefused(f"fact {have + 1} is next", next_step=f"send them from {have + 1} on")
        journal.write(b"".join(fact.model_dump_json(exclude_none=True).encode() + b"\n" for fact in new))
    lives = lives_of(workspace)
    lives.beat(lease, workspace.clock())
    life = lives.life(request_id)
    note_resent(lives, life, lease, said)
    note_heard(workspace, runner)
    asked = life.cancelled
    return LeaseState(
        lease_id=lease.lease_id,
        expires_at=format_timestamp(lives.holds_until(lease)),
        cancel=asked is not None,
        by=asked.by if asked else "",
        why=asked.why if asked else "",
    )


def complete_request(workspace: Workspace, runner: Runner, request_id: str, said: Completed) -> RequestEnded:
    """End a request with its result. Sent again, it is the same end.

    Every result that arrives is kept in `mailbox/arrived/` first. One that comes after another runner took the request
    up stays there, and ends nothing.

    Raises:
        LeaseLost, IllegalStep: the lease is over and counts no more, or the request has ended otherwise; recorded.
        NotItsResult: the result is of another request, run or project; recorded.
        ArtifactError: it is not a run result.
    """
    result = read_as(RUN_RESULT, json.dumps(said.result).encode())
    request = workspace.mailbox.request(request_id)
    lives = lives_of(workspace)
    standing = lives.life(request_id)
    if standing.end is not None and standing.end.result_digest == result.digest:
        settle(workspace, standing)
        return ended(standing)
    create_once(_arrived(workspace, request_id) / f"{result.id}.json", result.to_bytes())
    lease = held_lease(workspace, runner, request_id, said.lease_id, also_last=True)
    _check_is_of(workspace, runner, request, lease, result.content)
    content = result.content

    def decide(life: RequestLife) -> LifeStep | None:
        return LifeStep(
            kind="ended",
            at=format_timestamp(workspace.clock()),
            by=runner.runner_id,
            lease=lease.number,
            run_id=lease.run_id,
            attempt=content.attempt,
            why=content.errors[0].message if content.errors else "",
            transport_retries=untold_retries(lives, life, lease, said),
            status=content.status,
            failure_class=content.failure_class,
            recovery_actions=content.recovery_actions,
            result_digest=result.digest,
        )

    try:
        life = lives.add(request_id, decide)
    except IllegalStep as error:
        tell_refusal(workspace, runner.runner_id, "completed", error.message, request_id=request_id)
        raise
    settle(workspace, life)
    return ended(life)


def settle(workspace: Workspace, life: RequestLife) -> None:
    """Deliver the result that ended a request, lay out its run, record what happened; may be done again."""
    if life.end is not None and life.end.result_digest is not None:
        for file in sorted(_arrived(workspace, life.request_id).glob("result_*.json")):
            result = read_file(RUN_RESULT, file)
            if result.digest == life.end.result_digest:
                workspace.mailbox.deliver(result)
                _lay_out(workspace, workspace.mailbox.request(life.request_id), result)
    tell_life(workspace, life)


def settle_all(workspace: Workspace) -> None:
    """Settle every request of which something is not recorded, also where somebody died in the middle of it."""
    for request_id in untold(workspace):
        settle(workspace, lives_of(workspace).life(request_id))


def fail_request(workspace: Workspace, runner: Runner, request_id: str, said: Failed) -> RequestEnded:
    """End a request that did not run: its runner refused it, or could not dispatch it. Sent again, it is the same.

    Raises:
        LeaseLost, IllegalStep: the lease is over and counts no more, or the request has ended; recorded.
    """
    lives = lives_of(workspace)
    standing = lives.life(request_id)
    if standing.end is not None and standing.leases and standing.leases[-1].lease_id == said.lease_id:
        return ended(standing)
    lease = held_lease(workspace, runner, request_id, said.lease_id, also_last=True)

    def decide(life: RequestLife) -> LifeStep | None:
        return LifeStep(
            kind="ended",
            at=format_timestamp(workspace.clock()),
            by=runner.runner_id,
            lease=lease.number,
            run_id=lease.run_id,
            why=f"{said.message}; {said.next_step}" if said.next_step else said.message,
            transport_retries=untold_retries(lives, life, lease, said),
            status="stopped" if said.failure_class in _STOPPED else "failed",
            failure_class=said.failure_class,
            recovery_actions=said.recovery_actions,
        )

    life = lives.add(request_id, decide)
    tell_life(workspace, life)
    return ended(life)


def ended(life: RequestLife) -> RequestEnded:
    """How a request ended.

    Raises:
        IllegalStep: it has not.
    """
    end = life.end
    if end is None or end.status is None:
        raise IllegalStep(f"request {life.request_id} has not ended")
    return RequestEnded(
        request_id=life.request_id,
        status=end.status,
        at=end.at,
        failure_class=end.failure_class,
        result_digest=end.result_digest,
    )


def _check_is_of(
    workspace: Workspace,
    runner: Runner,
    request: Artifact[ExecutionRequest],
    lease: LeaseTaken,
    result: RunResult,
) -> None:
    overlay = workspace.shelf.get(GATE_OVERLAY, request.content.gate_overlay.digest).content
    why = why_not_its_result(request, lease.run_id, overlay, result)
    if why is not None:
        tell_refusal(workspace, runner.runner_id, "completed", why, request_id=request.id)
        raise NotItsResult(why)


def _lay_out(workspace: Workspace, request: Artifact[ExecutionRequest], result: Artifact[RunResult]) -> None:
    """Make the run's folder what it would be if the run had been executed here, and record it; may be done again."""
    folder, content, shelf = (
        workspace.run_dir(result.content.foundry_run_id),
        request.content,
        workspace.shelf,
    )
    given: dict[str, Artifact[Any]] = {
        "request": request,
        "brief": shelf.get(FORMATION_BRIEF, content.brief.digest),
        "prompt_pack": shelf.get(PROMPT_PACK, content.prompt_pack.digest),
        "gate_overlay": shelf.get(GATE_OVERLAY, content.gate_overlay.digest),
        "evidence_plan": shelf.get(EVIDENCE_PLAN, content.evidence_plan.digest),
    }
    for name, artifact in given.items():
        create_once(folder / "artifacts" / f"{name}.json", artifact.to_bytes())
    create_once(folder / f"result-{result.content.attempt}.json", result.to_bytes())
    _end_journals(folder)
    workspace.warehouse.record(facts_of_artifacts((*given.values(), result)))


def _end_journals(folder: Path) -> None:
    """Make what was gathered of the run's facts its journals."""
    for gathered in sorted((folder / "incoming").glob("[0-9]*.jsonl")):
        create_once(folder / "journal" / gathered.name, gathered.read_bytes())
        gathered.unlink(missing_ok=True)


def _arrived(workspace: Workspace, request_id: str) -> Path:
    return workspace.mailbox.folder / "arrived" / request_id
