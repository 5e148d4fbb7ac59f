"""`serve`: take requests from the mailbox here, from a durable queue, or from a shared Alloy, and execute them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foundry_kernel.cli.answer import Answer, answering, the_workspace, workspace_option
from foundry_kernel.cli.plain_words import plain

if TYPE_CHECKING:
    from foundry_kernel.runner.serving import ServeCommand


@click.command(
    epilog="""\b
Examples:
  foundry-kernel serve                                  # the mailbox of this workspace
  foundry-kernel serve --until-empty                    # from cron: do what waits, then leave
  foundry-kernel serve --queue sqlite:////srv/foundry/queue.db --project shop --slots 2
  foundry-kernel serve --queue postgresql://runner@db/foundry --project shop --trusted
  foundry-kernel serve --alloy https://alloy.example.org --runner runner_01J… --key-file ~/.runner-key

\b
SIGTERM or Ctrl-C: nothing more is taken, what runs may end for --drain seconds, the rest is handed back.
"""
)
@workspace_option
@click.option("--queue", metavar="URL", help="A durable queue: sqlite:///FILE or postgresql://…")
@click.option("--alloy", metavar="URL", help="A shared Alloy, asked outward over HTTP.")
@click.option(
    "--runner", metavar="ID", default="", help="Who we are: the id of the registration, or any name."
)
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the runner's key (or $ALLOY_RUNNER_KEY).",
)
@click.option("--project", "projects", multiple=True, help="Only requests of this project; may be repeated.")
@click.option(
    "--trusted", is_flag=True, help="Of a queue: also requests that change the repository for good."
)
@click.option("--slots", type=click.IntRange(1, 64), default=1, show_default=True, help="Requests at a time.")
@click.option("--once", is_flag=True, help="Take one request, or none, and leave.")
@click.option("--until-empty", is_flag=True, help="Leave when there is nothing to do.")
@click.option(
    "--drain", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds, see below."
)
@click.option(
    "--lease",
    type=click.FloatRange(1, 3600),
    default=30.0,
    show_default=True,
    help="Seconds of silence after which others take our work up.",
)
@click.option("--on-failure", metavar="COMMAND", default="", help="Gets a notice as JSON on stdin.")
@click.option("--webhook", metavar="URL", default="", help="Gets a notice as JSON by POST.")
@click.option(
    "--schedule", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Recurring requests."
)
@answering
def serve(workspace: Path | None, key_file: Path | None, **said: Any) -> Answer:
    """Execute requests as they come, each in a process of its own.

    Without --queue and --alloy it is the mailbox of the workspace. What a dead runner had begun is taken up again.
    Exit code 1 when a request ended badly, which --json names.
    """
    from foundry_kernel.runner.serving import ServeCommand, serve_requests

    command: ServeCommand = ServeCommand(the_workspace(workspace), key_file=key_file, **said)
    served = serve_requests(command, tell=lambda text: click.echo(plain(text), err=True))
    bad = {each: status for each, status in served.ended.items() if status != "completed"}
    data = {"ended": served.ended, "handed_back": served.handed_back}
    text = f"{len(served.ended)} ended, {len(bad)} of them badly; {len(served.handed_back)} handed back"
    error = {"type": "EndedBadly", "message": text, "next_step": "", "exit_code": 1} if bad else None
    return Answer(data, text, 1 if bad else 0, error)
