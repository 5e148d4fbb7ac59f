"""`run` and `resume`: execute a request in a notebook on the kernel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from foundry_kernel.cli.answer import Answer, answering, the_workspace, workspace_option
from foundry_kernel.errors import FoundryError
from runtime_artifacts.errors import ArtifactError

if TYPE_CHECKING:
    from foundry_kernel.runner.launch import LaunchOutcome
    from foundry_kernel.runner.prepare import AnsweredBefore, Prepared


@click.command(
    epilog="""\b
Examples:
  foundry-kernel run runreq_01J…
  foundry-kernel run request.json --workspace ~/projects/shop --time-limit 600
"""
)
@click.argument("request_", metavar="REQUEST")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), help="Seconds that the run may take."
)
@workspace_option
@answering
def run(request_: str, time_limit: float | None, workspace: Path | None) -> Answer:
    """Execute REQUEST, a file or an id of the mailbox, to its result.

    The same request is never run twice: a second time it is answered with its result.
    """
    import asyncio

    from foundry_kernel.runner.ports import runner_ports
    from foundry_kernel.runner.prepare import locate_request
    from foundry_kernel.runner.told_refusals import prepare_or_tell

    request, place = locate_request(request_, str(workspace.resolve()) if workspace else "")
    try:
        prepared = asyncio.run(prepare_or_tell(request, place, runner_ports(), time_limit_s=time_limit))
    except (FoundryError, ArtifactError) as error:
        return refused(error)
    return launched(prepared)


@click.command(epilog="\b\nExample:\n  foundry-kernel resume run_01J…\n")
@click.argument("run_", metavar="RUN")
@workspace_option
@answering
def resume(run_: str, workspace: Path | None) -> Answer:
    """Go on with RUN, which died; what was finished is not repeated. A cancelled run has ended.

    RUN is its id, the beginning or end of it, or its folder.
    """
    from foundry_kernel.runner.reopen import reopen
    from foundry_kernel.runner.run_folder import find_run

    runs = Path() if "/" in run_ else the_workspace(workspace).runs
    return launched(reopen(find_run(runs, run_)))


def refused(error: FoundryError | ArtifactError) -> Answer:
    """Say why a request was refused before anything ran, of which class that is, and what can be done."""
    from foundry_kernel.runner.refusals import refused_by

    said = refused_by(error)
    facts = {
        "type": type(error).__name__,
        "message": said.message,
        "next_step": said.next_step,
        "failure_class": said.failure_class,
        "recovery_actions": list(said.recovery_actions),
        "exit_code": error.exit_code,
    }
    actions = ", ".join(action.replace("_", " ") for action in said.recovery_actions)
    return Answer(None, f"Error: {error}\nWhat you can do: {actions}", error.exit_code, facts)


def launched(prepared: Prepared | AnsweredBefore) -> Answer:
    """Launch a prepared run, following it, and say what came of it."""
    from foundry_kernel.cli.progress import following
    from foundry_kernel.runner.launch import launch

    with following(prepared.folder.run_id) as on_fact:
        outcome = launch(prepared, on_fact=on_fact)
    return _answer(outcome)


def _answer(outcome: LaunchOutcome) -> Answer:
    from foundry_kernel.runner.views import view_result

    content = outcome.result.content
    files = {
        "folder": outcome.folder.path,
        "executed_notebook": outcome.folder.executed_notebook,
        "result": outcome.folder.result_file(content.attempt),
    }
    shown = {name: str(path) for name, path in files.items() if path.exists()}
    data = {"deduplicated": outcome.deduplicated, **shown, "run_result": outcome.result.as_json()}
    view = view_result(content, deduplicated=outcome.deduplicated).text()
    places = "\n".join(f"  {name.replace('_', ' ')}: {path}" for name, path in shown.items())
    error = None
    if outcome.exit_code:
        first = content.errors[0] if content.errors else None
        error = {
            "type": content.status,
            "message": first.message if first else content.status.replace("_", " "),
            "next_step": first.next_step if first else "",
            "failure_class": content.failure_class,
            "exit_code": outcome.exit_code,
        }
    return Answer(data, f"{view}\n{places}", outcome.exit_code, error)
