"""Results are delivered once an attempt, whoever comes first: the run itself, its witness, or a later resume."""

from __future__ import annotations

import importlib.metadata
import socket
from datetime import UTC, datetime

from foundry_kernel import __version__
from foundry_kernel.runner.report import Circumstances, Ending, result_of
from foundry_kernel.runner.run_folder import RunFolder
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.envelope import Artifact, format_timestamp, seal
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.identity import new_id
from runtime_artifacts.kinds import read_file
from runtime_artifacts.run_result import RUN_RESULT, RunResult
from runtime_artifacts.write_once import create_once

WITNESSED_PACKAGES = (
    "alloy-foundry",
    "ipykernel",
    "jupyter_client",
    "nbclient",
    "nbformat",
    "papermill",
    "pydantic",
)


def deliver(
    content: RunResult, folder: RunFolder, workspace: RunnerWorkspace, now: datetime
) -> Artifact[RunResult]:
    """Lay a result into the run's folder and the mailbox, unless the attempt has one.

    Returns:
        The result that stands: the first of this attempt.
    """
    made = seal(
        RUN_RESULT,
        content,
        id=new_id(RUN_RESULT.id_prefix),
        created_at=now,
        created_by=content.runner_id,
        compiler_version=f"foundry-kernel {__version__}",
    )
    file = folder.result_file(content.attempt)
    standing = made if create_once(file, made.to_bytes()) else read_file(RUN_RESULT, file)
    workspace.mailbox.deliver(standing)
    return standing


def report_ending(
    folder: RunFolder,
    workspace: RunnerWorkspace,
    attempt: int,
    *,
    ending: Ending | None = None,
    kernel: str = "",
    uncommitted: tuple[str, ...] = (),
    now: datetime | None = None,
) -> Artifact[RunResult]:
    """Make the result of an attempt from its journal and deliver it.

    Args:
        ending: what ended the attempt if not its engine; without one, and without an end in the journal, the kernel
            died.
    """
    if folder.result_file(attempt).is_file():
        standing = read_file(RUN_RESULT, folder.result_file(attempt))
        workspace.mailbox.deliver(standing)
        return standing
    moment = now or datetime.now(UTC)
    facts = folder.facts()
    record = folder.record()
    own = [fact for fact in facts if fact.attempt == attempt]
    circumstances = Circumstances(
        run_id=folder.run_id,
        attempt=attempt,
        started_at=own[0].recorded_at if own else record.prepared_at,
        finished_at=format_timestamp(moment),
        runner_id=record.runner_id,
        foundry_version=__version__,
        kernel=kernel or "foundry",
        uncommitted=uncommitted,
        package_versions=package_versions(),
        transport_retries=record.transport_retries,
        taken_up_before=record.taken_up_before,
    )
    overlay = folder.artifact("gate_overlay", GATE_OVERLAY)
    return deliver(
        result_of(folder.request(), overlay.content, facts, circumstances, ending), folder, workspace, moment
    )


def package_versions() -> dict[str, str]:
    """Versions of the packages that shape a run, as far as they are installed."""
    found: dict[str, str] = {}
    for name in WITNESSED_PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def local_runner_id() -> str:
    """Name of the runner on this machine: `local:` and the host's name."""
    return f"local:{socket.gethostname()}"
