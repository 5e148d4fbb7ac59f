"""Once round the loop: compile, request, execute here, read what it meant (spec 6.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alloynb.application.compile_intent import CompileIntent, compile_intent
from alloynb.application.foundry_command import Foundry, find_foundry
from alloynb.application.loop_report import LoopReport
from alloynb.application.read_run import FinishedRun, NoResult, find_run, finished_run, read_run
from alloynb.application.request_run import RequestedRun, RequestRun, request_run, require_reason
from alloynb.application.workspace import Workspace
from alloynb.archaeology.checkout import head_revision
from alloynb.errors import AlloyError, Refused
from runtime_artifacts.envelope import Throttle
from runtime_artifacts.write_once import replace_whole

Tell = Callable[[str], None]
HtmlOf = Callable[[LoopReport], str]


@dataclass(frozen=True)
class RunLoop:
    """Please go round once.

    Attributes:
        template, record_ids, paths, payload: what to compile, as in `CompileIntent`.
        throttle: of the request; None takes the brief's recommendation. It is no part of the brief, so that what was
            looked at in a dry run is what is approved and then run for good.
        again, why: run although the same was run before; recorded as an override.
        quiet: show no progress of Foundry.
        objective: what the run is for; empty takes the project's own.
        brief: run this brief of the shelf and compile nothing; id, digest, or the beginning of one.
    """

    template: str = "validate"
    record_ids: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    throttle: Throttle | None = None
    again: bool = False
    why: str = ""
    quiet: bool = False
    payload: Mapping[str, Any] = field(default_factory=dict)
    objective: str = ""
    brief: str = ""

    @property
    def compilation(self) -> CompileIntent:
        """What is compiled for it."""
        return CompileIntent(
            self.template, self.record_ids, self.paths, objective=self.objective, payload=dict(self.payload)
        )


def run_loop(
    workspace: Workspace,
    command: RunLoop,
    *,
    html_of: HtmlOf,
    tell: Tell = lambda text: None,
    foundry: Foundry | None = None,
) -> LoopReport:
    """Compile the accepted records, execute the request here unless that was done before, and read the result.

    Args:
        html_of: draws the report as a page, which is written beside the others.
        tell: is told what is going on, one line at a time.
        foundry: the execution engine; the installed `foundry-kernel` when None.

    Raises:
        CompilationRefused, BrokenFiles: nothing was requested.
        Refused: `again` without a reason; nothing was written.
        GitFailed, UnknownRevision: there is no repository here, or no commit; nothing was written.
        Refused, AlloyError: Foundry refused the request for safety, or could not serve it; it said why.
        CannotRun: Foundry is missing or left no result; the request stands and can be run again.
    """
    engine = foundry or find_foundry()
    requested = ask_for_run(workspace, command, engine, tell)
    request = requested.request
    done_before = bool(workspace.mailbox.results(request.id))
    if done_before:
        tell(f"request {request.id} was already run; nothing is run twice")
    else:
        tell(
            f"request {request.id}: revision {request.content.repo.revision[:12]} at {request.content.foundry.throttle}"
        )
        exit_code = engine.run(request.id, workspace.root, quiet=command.quiet)
        mailbox = workspace.mailbox
        if not mailbox.results(request.id) and mailbox.claim_of(request.id) is None:
            raise _refusal(exit_code, request.id, workspace)
    return _read(workspace, finished_run(workspace, request), html_of, deduplicated=done_before)


def ask_for_run(workspace: Workspace, command: RunLoop, engine: Foundry, tell: Tell) -> RequestedRun:
    """Compile the accepted records for what `engine` can do, and post the request.

    Raises:
        what `run_loop` raises before anything is executed.
    """
    require_reason(again=command.again, why=command.why)
    if command.brief:
        asked = RequestRun(command.brief, command.throttle, again=command.again, why=command.why)
        return _told(request_run(workspace, asked, target=engine.manifest()), tell)
    revision = head_revision(workspace.root)  # where there is nothing to run against, nothing is compiled
    tell("compiling accepted intent")
    target = engine.manifest()
    compiled = compile_intent(workspace, replace(command.compilation, manifest=target), tell)
    brief = compiled.formation.brief
    protected = len(brief.content.protected_capabilities)
    tell(f"brief {brief.id} protects {protected} {'capability' if protected == 1 else 'capabilities'}")
    asked = RequestRun(brief.id, command.throttle, revision, again=command.again, why=command.why)
    return _told(request_run(workspace, asked, target=target, just_compiled=True), tell)


def _told(requested: RequestedRun, tell: Tell) -> RequestedRun:
    """Tell what is lost on the way to the target, before anything is run."""
    for line in requested.translation.told if requested.translation else ():
        tell(f"compiled down: {line}")
    return requested


def _refusal(exit_code: int, request_id: str, workspace: Workspace) -> AlloyError:
    """What it means that Foundry took the request up no further; Foundry itself said why."""
    told = f"Foundry did not run {request_id} and said why (exit code {exit_code})"
    next_step = f"see it again with: foundry-kernel run {request_id} --workspace {workspace.root}"
    if exit_code == Refused.exit_code:
        return Refused(told, next_step=next_step)
    if exit_code == AlloyError.exit_code:
        return AlloyError(told, next_step=next_step)
    return NoResult(told, next_step=next_step)


def read_again(workspace: Workspace, run_id: str | None, *, html_of: HtmlOf) -> LoopReport:
    """Read a finished run again; the last one when `run_id` is None.

    Raises:
        AlloyError: there is no such run.
    """
    return _read(workspace, find_run(workspace, run_id), html_of, deduplicated=False)


def feedback_of(workspace: Workspace, run_id: str | None) -> tuple[dict[str, Any], Path]:
    """Read a finished run again, and give its `run_feedback` document and the file that holds it.

    Raises:
        AlloyError: there is no such run.
    """
    from alloynb.intent.yaml_document import read_yaml

    run = find_run(workspace, run_id)
    html_file = workspace.alloy_dir / "reports" / f"{run.run_id}.html"
    report = read_run(workspace, run, deduplicated=False, html_file=html_file)
    file = Path(report.places.feedback)
    document = read_yaml(file.read_bytes(), file).value
    assert isinstance(document, dict)  # give_feedback wrote it
    return document, file


def _read(workspace: Workspace, run: FinishedRun, html_of: HtmlOf, *, deduplicated: bool) -> LoopReport:
    html_file = workspace.alloy_dir / "reports" / f"{run.run_id}.html"
    report = read_run(workspace, run, deduplicated=deduplicated, html_file=html_file)
    replace_whole(html_file, html_of(report).encode())
    return report
