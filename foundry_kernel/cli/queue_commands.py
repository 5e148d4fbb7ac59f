"""`queue`: feed a durable queue, look at it, end what waits in it; `cancel`: end a request of the mailbox here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foundry_kernel.cli.answer import Answer, answering, table, workspace_option

if TYPE_CHECKING:
    from foundry_kernel.runner.backends.durable import DurableQueue

queue_option = click.option(
    "--queue",
    "url",
    required=True,
    metavar="URL",
    envvar="FOUNDRY_QUEUE",
    help="sqlite:///FILE or postgresql://… (or $FOUNDRY_QUEUE).",
)


@click.group()
def queue() -> None:
    """A durable queue: a file, or PostgreSQL for many machines."""


@queue.command(
    epilog="\b\nExample:\n  foundry-kernel queue add runreq_01J… --queue sqlite:////srv/queue.db\n"
)
@click.argument("request_", metavar="REQUEST")
@queue_option
@workspace_option
@answering
def add(request_: str, url: str, workspace: Path | None) -> Answer:
    """Put REQUEST, a file or an id of the mailbox, into the queue.

    Everything that it names goes along.

    The same request twice is one; the same key for something else is refused.
    """
    from foundry_kernel.runner.backends.moments import Moments
    from foundry_kernel.runner.feed import packed

    durable = _queue(url)
    durable.create()
    Moments(durable.database, durable, "").create()
    done = durable.enqueue(packed(request_, workspace))
    note = "was queued before" if done.deduplicated else "queued"
    return Answer(
        {"request_id": done.request_id, "deduplicated": done.deduplicated}, f"{done.request_id} {note}"
    )


@queue.command(
    name="list", epilog="\b\nExample:\n  foundry-kernel queue list --queue postgresql://runner@db/foundry\n"
)
@click.option("--all", "everything", is_flag=True, help="Also what has ended.")
@queue_option
@answering
def list_work(everything: bool, url: str) -> Answer:
    """Show who is alive, what runs where, what waits and why."""
    durable = _queue(url)
    work = [each for each in durable.work() if everything or each.state != "ended"]
    executors = [each for each in durable.executors() if everything or each.state == "alive"]
    data = {"runners": [vars(each) for each in executors], "requests": [vars(each) for each in work]}
    who = table(
        ("runner", "state", "host", "projects", "trusted", "runs"),
        [
            (
                each.runner_id,
                each.state,
                each.host,
                ",".join(each.projects),
                "yes" if each.trusted else "no",
                f"{len(each.holds)}/{each.slots}",
            )
            for each in executors
        ],
    )
    what = table(
        ("request", "state", "runner", "taken up", "why"),
        [
            (
                each.request_id,
                each.status or each.state,
                each.runner_id,
                str(each.holds),
                each.why or each.message,
            )
            for each in work
        ],
    )
    return Answer(data, "\n\n".join(filter(None, (who, what))) or "Nobody serves, and nothing waits.")


@queue.command(epilog="\b\nExample:\n  foundry-kernel queue log --queue sqlite:////srv/queue.db --json\n")
@queue_option
@answering
def log(url: str) -> Answer:
    """Show everything that happened in the queue, oldest first."""
    rows = _queue(url).log()
    lines = [
        (
            datetime.fromtimestamp(row["at"], UTC).isoformat(timespec="milliseconds"),
            str(row["event"]),
            str(row["request_id"] or row["executor_id"]),
            ", ".join(f"{name} {value}" for name, value in row["details"].items()),
        )
        for row in rows
    ]
    return Answer(rows, table(("at", "event", "of", "details"), lines) or "Nothing happened yet.")


@queue.command(epilog="\b\nExample:\n  foundry-kernel queue record --queue sqlite:////srv/queue.db\n")
@queue_option
@workspace_option
@answering
def record(url: str, workspace: Path | None) -> Answer:
    """Write what happened in the queue into a journal, once.

    The journal is one of the workspace, where `alloynb evidence` finds it.
    """
    from foundry_kernel.cli.answer import the_workspace
    from foundry_kernel.runner.queue_facts import record_queue

    written = record_queue(the_workspace(workspace).runs, url, _queue(url).log())
    return Answer({"facts": written}, f"{written} facts recorded")


@queue.command(
    name="cancel", epilog="\b\nExample:\n  foundry-kernel queue cancel runreq_01J… --why 'wrong branch'\n"
)
@click.argument("request_id")
@click.option("--why", default="", help="Is told to whoever runs it.")
@queue_option
@answering
def cancel_queued(request_id: str, why: str, url: str) -> Answer:
    """End a request that waits, or ask whoever runs it to end it."""
    from foundry_kernel.cli.local_commands import who
    from foundry_kernel.runner.backends.backend import Wish

    ended = _queue(url).cancel(request_id, Wish(who(), why))
    text = "cancelled" if ended else "its runner was asked to end it"
    return Answer({"request_id": request_id, "ended": ended}, f"{request_id}: {text}")


def _queue(url: str) -> DurableQueue:
    from foundry_kernel.runner.backends.durable import DurableQueue

    return DurableQueue(url)
