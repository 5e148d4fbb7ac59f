"""Opening a run again: one that a launcher prepared, or one whose kernel died and that is to be resumed (spec 4.4)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.runner.deliver import report_ending
from foundry_kernel.runner.prepare import AnsweredBefore, Prepared, RunInProgress
from foundry_kernel.runner.run_folder import ARTIFACT_FILES, RunFolder
from foundry_kernel.runner.verify import RequestUnsafe
from foundry_kernel.runner.workspace import RunnerWorkspace, open_workspace
from runtime_artifacts.envelope import Kind
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.journal import Fact
from runtime_artifacts.prompt_pack import PROMPT_PACK


def reopen(folder: RunFolder) -> Prepared | AnsweredBefore:
    """Open a run's folder for its next attempt, with every copy in it verified anew.

    A run that went to its end is answered with its result. An attempt that died without a result gets one first.

    Raises:
        UnknownRun, NoWorkspace: the folder is not one of a run.
        RequestUnsafe: the run is claimed by another one, or a copy was exchanged.
        RunInProgress: its journal is being written.
        ArtifactError: a copy is damaged.
    """
    record = folder.record()
    workspace = open_workspace_of(folder)
    _check_copies(folder)
    claim = workspace.mailbox.claim_of(record.request_id)
    if claim is None or claim.run_id != folder.run_id:
        holder = f"run {claim.run_id}" if claim else "nobody"
        raise RequestUnsafe(f"request {record.request_id} is claimed by {holder}, not by {folder.run_id}")
    if folder.is_alive():
        raise RunInProgress(
            f"run {folder.run_id} is running", next_step=f"foundry-kernel watch {folder.run_id}"
        )
    attempts = folder.attempts()
    reported = [
        result.content.attempt for result in folder.results()
    ]  # one may have failed before its journal
    if attempts:
        standing = report_ending(folder, workspace, attempts[-1])
        if went_to_its_end(folder.facts()):
            return AnsweredBefore(standing, workspace)
    return Prepared(folder, workspace, max((*attempts, *reported), default=0) + 1)


def open_workspace_of(folder: RunFolder) -> RunnerWorkspace:
    """Workspace in whose `.alloy/runs` the folder lies.

    Raises:
        NoWorkspace: it does not lie in one.
    """
    parents = folder.path.parents
    return open_workspace(parents[2] if len(parents) > 2 else folder.path)


def went_to_its_end(facts: list[Fact]) -> bool:
    """Say whether the run came to an end of its own, a cancelled one too: then there is nothing to go on with."""
    return any(fact.kind == "run_finished" for fact in facts)


def _check_copies(folder: RunFolder) -> None:
    """Every copy must be the artifact that the request names, and the request the one that was claimed."""
    request = folder.request()
    if request.digest != folder.record().request_digest:
        raise RequestUnsafe(
            f"the copy of the request in {folder.path} was exchanged", next_step="make a new request"
        )
    kinds: dict[str, Kind[Any]] = {
        "brief": FORMATION_BRIEF,
        "prompt_pack": PROMPT_PACK,
        "gate_overlay": GATE_OVERLAY,
        "evidence_plan": EVIDENCE_PLAN,
    }
    for name, kind in kinds.items():
        found = folder.artifact(name, kind)
        if found.digest != getattr(request.content, name).digest:
            raise RequestUnsafe(f"{ARTIFACT_FILES[name]} in {folder.path} was exchanged")
