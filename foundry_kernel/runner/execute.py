"""The run itself, inside the kernel: work tree, journal, engine, result (spec 4.4, 4.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from foundry_kernel import __version__
from foundry_kernel.blocks import load_blocks
from foundry_kernel.engine.engine import Engine
from foundry_kernel.engine.execution import RunContext
from foundry_kernel.engine.ground import Ground
from foundry_kernel.engine.outcome import Limits
from foundry_kernel.engine.permission import Permission
from foundry_kernel.engine.resume import rebuild
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.events.event import entry_event
from foundry_kernel.events.journal import RunIdentity, RunJournal
from foundry_kernel.formations import formation_for
from foundry_kernel.formations.agent_patterns import shape_formation
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.git import GitFailed
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.kernel.services import services_of
from foundry_kernel.runner.cancelling import watch_for_cancellation
from foundry_kernel.runner.deliver import package_versions, report_ending
from foundry_kernel.runner.made_before import made_before
from foundry_kernel.runner.permission import permission_of
from foundry_kernel.runner.prepare import Prepared, own_mark
from foundry_kernel.runner.reopen import went_to_its_end
from foundry_kernel.runner.report import Ending
from foundry_kernel.runner.run_folder import RunFolder
from foundry_kernel.runner.verify import refusal_class
from foundry_kernel.runner.witness import Witness
from foundry_kernel.runner.workspace import RunnerWorkspace
from foundry_kernel.runner.worktree import ground_of, something_was_done
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import RunError, RunResult


async def run_attempt(
    prepared: Prepared, on_fact: Callable[[Fact], None], gateways: GatewaySet | None = None
) -> Artifact[RunResult]:
    """Run one attempt at a run to its end, and deliver its result, whatever the end is.

    When the calling task is cancelled (Ctrl-C, or the stop button of a notebook), the run is: its commands are ended,
    and the result says `cancelled`.

    Args:
        on_fact: called with every fact after it was written.

    Raises:
        JournalTaken: somebody else runs this attempt.
        Exception: whatever nobody foresaw, after the result that says so was delivered.
    """
    folder, workspace, attempt = prepared.folder, prepared.workspace, prepared.attempt
    ports = gateways or GatewaySet()
    request = folder.request()
    past = folder.facts()
    redactor = Redactor()
    identity = _identity(folder, request, attempt)
    with RunJournal(folder.path / "journal", identity, ports.clock.now, redact=redactor) as journal:
        journal.subscribe(on_fact)
        folder.write_record(folder.record().model_copy(update={"attempt": attempt, "kernel": own_mark()}))
        witness = Witness(folder.path, attempt, workspace.root)
        ending: Ending | None = None
        trouble: Exception | None = None
        uncommitted: tuple[str, ...] = ()
        ground: Ground | None = None
        try:
            ground = ground_of(folder, workspace.root, ports.git)
            permission = permission_of(folder, workspace, ports.clock.now())
            key = request.content.idempotency_key
            earlier = await made_before(ports.git, ground.repository, key, folder.run_id, permission)
            if earlier is not None:
                ending, ground = Ending("completed", commits=(earlier,)), None
            else:
                await ground.lay(keep=something_was_done(past))
                uncommitted = await ports.git.uncommitted(ground.repository)
                await _emit(folder, workspace, request, journal, past, ports, redactor, ground, permission)
        except asyncio.CancelledError:
            ending = Ending(
                "cancelled", (RunError(failure_class="execution", message="cancelled before it began"),)
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, a result says so
            ending, trouble = ending_by(error), error
    if ground is not None:
        with suppress(GitFailed):
            await _leave(ground, folder)
    result = report_ending(folder, workspace, attempt, ending=ending, uncommitted=uncommitted)
    witness.dismiss()
    if trouble is not None and not isinstance(trouble, FoundryError | ArtifactError):
        raise trouble
    return result


async def _leave(ground: Ground, folder: RunFolder) -> None:
    """Clear the run's ground, unless it broke off with work in its tree and can be resumed."""
    facts = folder.facts()
    if something_was_done(facts) and not went_to_its_end(facts):
        await ground.let_go(await ground.git.revision(ground.tree))
    else:
        await ground.clear(folder.path)


async def _emit(
    folder: RunFolder,
    workspace: RunnerWorkspace,
    request: Artifact[ExecutionRequest],
    journal: RunJournal,
    past: list[Fact],
    ports: GatewaySet,
    redactor: Redactor,
    ground: Ground,
    permission: Permission,
) -> None:
    """Emit the entry event and follow the chain; a cancellation of the caller becomes one of the run."""
    call = request.content.foundry
    catalogue = load_catalogue()
    shaped = shape_formation(
        formation_for(call.entry_event, call.payload, catalogue),
        folder.brief().content.agent_formation.pattern,
    )
    formation = shaped.formation
    limit = folder.record().time_limit_s
    engine = Engine(
        load_blocks(formation, catalogue),
        journal,
        RunContext(
            run_dir=folder.path,
            formation=formation,
            tree=folder.worktree,
            gateways=ports,
            redactor=redactor,
            about={
                "foundry_version": __version__,
                "package_versions": package_versions(),
                "idempotency_key": request.content.idempotency_key,
                **shaped.facts(),
            },
            repository=ground.repository,
            branch=ground.branch,
            permission=permission,
            services=services_of(ground.repository, ports, redactor, folder.path.parent),
        ),
        Limits() if limit is None else Limits(wall_clock_s=limit),
    )
    event = entry_event(
        folder.run_id,
        call.entry_event,
        request.content.project_id,
        throttle=call.throttle,
        payload=catalogue.check_entry(call.entry_event, {"alloy": _reference(request), **call.payload}),
        occurred_at=ports.clock.now(),
    )
    running = asyncio.ensure_future(engine.run(event, rebuild(past) if past else None))
    mailbox = workspace.mailbox.folder
    watching = asyncio.create_task(watch_for_cancellation(mailbox, request.id, engine.cancel))
    while not running.done():
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            engine.cancel("interrupted")
    watching.cancel()
    running.result()


def ending_by(error: Exception) -> Ending:
    """Say how an attempt ends by an error outside of its blocks."""
    if isinstance(error, FoundryError | ArtifactError):
        failure: Any = refusal_class(error)
        said = RunError(failure_class=failure, message=error.message, next_step=error.next_step)
        return Ending("stopped" if failure in {"safety", "semantic"} else "failed", (said,))
    message = f"unexpected {type(error).__name__}: {error}"
    return Ending("failed", (RunError(failure_class="execution", message=message[:2000]),))


def _reference(request: Artifact[ExecutionRequest]) -> dict[str, str]:
    """What an event says of the artifacts that shape the run (spec 5.2, mode 3)."""
    asked = request.content
    return {
        "brief_id": asked.brief.id,
        "brief_digest": asked.brief.digest,
        "prompt_pack_id": asked.prompt_pack.id,
        "evidence_plan_id": asked.evidence_plan.id,
    }


def _identity(folder: RunFolder, request: Artifact[ExecutionRequest], attempt: int) -> RunIdentity:
    asked = request.content
    return RunIdentity(
        run_id=folder.run_id,
        project_id=asked.project_id,
        attempt=attempt,
        request_id=request.id,
        brief_id=asked.brief.id,
        brief_digest=asked.brief.digest,
        correlation_id=asked.correlation_id,
        runner_id=folder.record().runner_id,
        revision=asked.repo.revision,
        idempotency_key=asked.idempotency_key,
    )
