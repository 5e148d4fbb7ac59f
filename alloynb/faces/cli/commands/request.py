"""`alloynb request`: ask for runs, and see what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options
from alloynb.faces.cli.command_group import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.fleet import RequestStanding
    from alloynb.application.workspace import Workspace


@click.group(cls=CommandGroup)
def request() -> None:
    """Execution requests: please run this, once."""


@request.command("create")
@click.argument("brief_id")
@click.option(
    "--throttle", type=click.Choice(["dry_run", "audit_only", "full"]), help="Default: as the brief says."
)
@click.option("--revision", help="Commit to run against (default: HEAD).")
@click.option(
    "--again", is_flag=True, help="Run although the same was run before; needs --why and is recorded."
)
@click.option("--why", default="", help="Reason for --again.")
@shared_options
def create(brief_id: str, throttle: str | None, revision: str | None, again: bool, why: str) -> Answer:
    """Post a request for a run of BRIEF_ID; the same request posted twice is one.

    \b
    Examples:
      alloynb request create brief_01J
      alloynb request create brief_01J --again --why "flaky network yesterday"
    """
    from alloynb.application.foundry_capabilities import told_capabilities
    from alloynb.application.request_run import RequestRun, request_run

    workspace = current_workspace()
    asked = RequestRun(brief_id, throttle, revision, again, why)
    posted = request_run(workspace, asked, target=told_capabilities(workspace))
    translation = posted.translation
    note = "was requested before" if posted.deduplicated else "posted"

    def show(console: Console) -> None:
        console.print(f"{posted.request.id} {note}", markup=False)
        for line in translation.told if translation else ():
            console.print(f"  ! {line}", style="yellow", markup=False)
        console.print(f"run it with: foundry-kernel run {posted.request.id}", style="dim", markup=False)

    data = {
        "request_id": posted.request.id,
        "deduplicated": posted.deduplicated,
        "translation": translation.as_json() if translation else None,
    }
    return Answer(data, show)


@request.command("list")
@shared_options
def list_requests() -> Answer:
    """List requests with what became of them, oldest first.

    \b
    Example:
      alloynb request list
    """
    from alloynb.application.fleet import requests_standing

    workspace = current_workspace()
    rows = [_row(workspace, each) for each in requests_standing(workspace)]

    def show(console: Console) -> None:
        if not rows:
            console.print("No requests yet. `alloynb run` makes one and executes it.")
        for row in rows:
            asked = f"{row['entry_event']} {row['throttle']} {row['revision'][:9]}"
            state = row["state"].replace("_", " ")
            console.print(f"{row['request_id']}  {state:<24} {asked}", markup=False)
            if told := _told(row):
                console.print(f"    {told}", style="dim", markup=False)

    return Answer(rows, show)


@request.command("show")
@click.argument("request_id")
@shared_options
def show_request(request_id: str) -> Answer:
    """Tell one request whole: where it stands, who holds it, what was tried again, what can be done.

    \b
    Example:
      alloynb request show runreq_01J…
    """
    import json

    from alloynb.application.fleet import request_standing

    workspace = current_workspace()
    found = workspace.mailbox.request(request_id)
    data = {**_row(workspace, request_standing(workspace, found.id)), "request": found.as_json()}
    return Answer(data, lambda console: console.print_json(json.dumps(data)))


@request.command("cancel")
@click.argument("request_id")
@click.option("--why", default="", help="Is told to whoever runs it, and recorded.")
@shared_options
def cancel(request_id: str, why: str) -> Answer:
    """End a request that waits, or ask whoever runs it to end it. Exit code 1 when it has ended already.

    \b
    Example:
      alloynb request cancel runreq_01J… --why "wrong branch"
    """
    from alloynb.application.end_request import CancelRequest, cancel_request

    done = cancel_request(current_workspace(), CancelRequest(request_id, why))
    asked = f"{done.held_by} was asked to end it" if done.held_by else "whoever runs it was asked to end it"
    text = f"{done.request_id} {'cancelled' if done.ended else asked}"
    data = {"request_id": done.request_id, "ended": done.ended, "held_by": done.held_by}
    return Answer(data, lambda console: console.print(text, markup=False))


def _row(workspace: Workspace, standing: RequestStanding) -> dict[str, Any]:
    """What the commands tell of a request."""
    content = workspace.mailbox.request(standing.request_id).content
    return {
        "request_id": standing.request_id,
        "state": standing.state,
        "run_id": standing.run_id,
        "attempts": len(workspace.mailbox.results(standing.request_id)),
        "entry_event": standing.entry_event,
        "throttle": standing.throttle,
        "revision": content.repo.revision,
        "requested_by": standing.requested_by,
        "created_at": standing.requested_at,
        "holder": standing.holder,
        "why": list(standing.why),
        "retries": {
            "transport": standing.transport_retries,
            "runner": standing.runner_retries,
            "foundry": standing.foundry_retries,
        },
        "recovery_actions": list(standing.recovery_actions),
    }


def _told(row: dict[str, Any]) -> str:
    """What people want to know besides the state: who has it, what it waits for, what was tried again."""
    retries = ", ".join(f"{number} {kind}" for kind, number in row["retries"].items() if number)
    parts = [
        f"held by {row['holder']}" if row["state"] in {"accepted", "executing"} else "",
        "; ".join(row["why"]),
        f"tried again: {retries}" if retries else "",
    ]
    return "; ".join(part for part in parts if part)


COMMANDS = (request,)
