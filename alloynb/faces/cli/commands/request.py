"""`alloynb request`: ask for runs, and see what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from runtime_artifacts.envelope import Artifact
    from runtime_artifacts.execution_request import ExecutionRequest
    from runtime_artifacts.mailbox import Mailbox


@click.group()
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
    from alloynb.application.request_run import RequestRun, request_run

    posted = request_run(current_workspace(), RequestRun(brief_id, throttle, revision, again, why))
    note = "was requested before" if posted.deduplicated else "posted"

    def show(console: Console) -> None:
        console.print(f"{posted.request.id} {note}", markup=False)
        console.print(f"run it with: foundry-kernel run {posted.request.id}", style="dim", markup=False)

    return Answer({"request_id": posted.request.id, "deduplicated": posted.deduplicated}, show)


@request.command("list")
@shared_options
def list_requests() -> Answer:
    """List requests with what became of them, oldest first.

    \b
    Example:
      alloynb request list
    """
    mailbox = current_workspace().mailbox
    rows = [_state(mailbox, each) for each in mailbox.requests()]

    def show(console: Console) -> None:
        if not rows:
            console.print("No requests yet. `alloynb run` makes one and executes it.")
        for row in rows:
            asked = f"{row['entry_event']} {row['throttle']} {row['revision'][:9]}"
            console.print(f"{row['request_id']}  {row['state']:<24} {asked}", markup=False)

    return Answer(rows, show)


@request.command("show")
@click.argument("request_id")
@shared_options
def show_request(request_id: str) -> Answer:
    """Tell one request whole.

    \b
    Example:
      alloynb request show runreq_01J…
    """
    import json

    mailbox = current_workspace().mailbox
    found = mailbox.request(request_id)
    data = {**_state(mailbox, found), "request": found.as_json()}
    return Answer(data, lambda console: console.print_json(json.dumps(data)))


def _state(mailbox: Mailbox, found: Artifact[ExecutionRequest]) -> dict[str, Any]:
    results = mailbox.results(found.id)
    claim = mailbox.claim_of(found.id)
    state = results[-1].content.status if results else "accepted, no result yet" if claim else "waiting"
    return {
        "request_id": found.id,
        "state": state,
        "run_id": claim.run_id if claim else None,
        "attempts": len(results),
        "entry_event": found.content.foundry.entry_event,
        "throttle": found.content.foundry.throttle,
        "revision": found.content.repo.revision,
        "requested_by": found.content.requested_by,
        "created_at": found.created_at,
    }


COMMANDS = (request,)
