"""Drive an existing Foundry: `foundry emit EVENT PROJECT --throttle … --payload …` (spec 5.2, mode 1).

That Foundry verifies no approval and knows no idempotency key. So this bridge does: it posts the request, takes it up
as a runner does, and emits once; what needs an approval is emitted only while one stands.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from alloynb.application.compile_down import compile_down
from alloynb.application.follow_brief import record_progress
from alloynb.application.request_run import RequestRun, request_run
from alloynb.application.workspace import Workspace
from alloynb.compiler.lowering import emit_command
from alloynb.compiler.translation import Translation, refuse_lost_gates
from alloynb.errors import CannotRun, Refused
from alloynb.evidence.run_facts import translation_fact
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.canonical import replace_odd_characters
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.errors import AlreadyClaimed
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.identity import new_id

RUNNER = "foundry emit"
EMIT_TIME_LIMIT_S = 60.0
_EVENT_ID = re.compile(r"\bevt_[0-9a-f]{8,64}\b")
_MOST_OUTPUT = 4000


class NotApproved(Refused):
    """At throttle full the run could change the repository, and no approval that holds now covers it."""


@dataclass(frozen=True)
class EmittedBrief:
    """What was emitted.

    Attributes:
        event_id: of the entry event, as the command told it; empty when it told none.
        output: what it printed, bounded.
        translation: what became of the brief's gates and agents on the way.
    """

    request: Artifact[ExecutionRequest]
    run_id: str
    event_id: str
    output: str
    translation: Translation


def emit_brief(
    workspace: Workspace,
    brief_id: str,
    *,
    throttle: str | None = None,
    command: Sequence[str] = ("foundry",),
    time_limit_s: float = EMIT_TIME_LIMIT_S,
) -> EmittedBrief:
    """Emit the entry event of a brief, once.

    Args:
        command: how that Foundry is called; further arguments may follow the program.

    Raises:
        IntentChanged, IllegalBriefStep: the brief is out of date, or not compiled.
        NotApproved: throttle full, and nothing that holds covers mutation, or commits that the brief allows.
        AlreadyClaimed: the same was emitted, or run, before.
        RequiredGateLost: throttle full, and the gate file of the revision lacks a gate that the brief requires.
        CannotRun: the command is missing, fails, or takes too long; the request stays taken up: it may have begun.
    """
    brief = workspace.shelf.find(FORMATION_BRIEF, brief_id)
    requested = request_run(workspace, RequestRun(brief.id, throttle)).request
    _refuse_unapproved(workspace, brief, requested)
    translation = compile_down(workspace, brief, None, requested.content.repo.revision, by_request=False)
    if requested.content.foundry.throttle == "full":  # what only looks may look with less, and says so
        refuse_lost_gates(translation, brief.id)
    run_id = new_id("run")
    try:
        workspace.mailbox.claim(requested.id, run_id, RUNNER, format_timestamp(workspace.clock()))
    except AlreadyClaimed as error:
        raise AlreadyClaimed(
            error.message, next_step="to emit it once more, request it with --again and a reason"
        ) from error
    record_progress(workspace, requested)
    told = translation_fact(requested, translation.as_json(), at=workspace.clock())
    workspace.warehouse.record([told])
    _, *rest = emit_command(brief, requested.content.foundry.throttle)
    output = _called([*command, *rest], workspace, time_limit_s)
    found = _EVENT_ID.search(output)
    return EmittedBrief(requested, run_id, found[0] if found else "", output, translation)


def _refuse_unapproved(
    workspace: Workspace, brief: Artifact[FormationBrief], request: Artifact[ExecutionRequest]
) -> None:
    """The request names the approvals that hold now, each verified when it was made."""
    if request.content.foundry.throttle != "full":
        return
    approvals = [workspace.shelf.get(APPROVAL, ref.digest).content for ref in request.content.approvals]
    covered = {scope for each in approvals for scope in each.scopes}
    controls = brief.content.foundry
    needed = {"mutation"} | ({"commit"} if controls.commit_allowed or controls.push_allowed else set())
    if missing := sorted(needed - covered):
        scopes = " ".join(f"--scope {scope}" for scope in missing)
        raise NotApproved(
            f"{' and '.join(missing)} of {brief.id} is not approved, and that Foundry would not ask",
            next_step=f"alloynb brief approve {brief.id} {scopes}",
        )


def _called(arguments: list[str], workspace: Workspace, time_limit_s: float) -> str:
    shown = " ".join(arguments[:4])
    try:
        done = subprocess.run(
            arguments,
            cwd=workspace.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotRun(
            f"`{shown}` took more than {time_limit_s:g} s; look at its history before you try again"
        ) from error
    except OSError as error:
        raise CannotRun(
            f"`{arguments[0]}` cannot be started: {error.strerror}",
            next_step="install it, or name it with --foundry",
        ) from error
    told = replace_odd_characters((done.stdout + done.stderr).decode(errors="replace"))[:_MOST_OUTPUT]
    if done.returncode != 0:
        raise CannotRun(f"`{shown}` ended with {done.returncode}: {' '.join(told.split())[-500:]}")
    return told
