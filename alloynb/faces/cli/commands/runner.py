"""`alloynb runner` and `status`: let runners in, shut them out, start one here, see the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options
from alloynb.faces.cli.command_group import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.fleet import Fleet


@click.group(cls=CommandGroup)
def runner() -> None:
    """Runners: they sit near the repositories, ask outward for requests, and report."""


@runner.command("register")
@click.argument("name")
@click.option(
    "--project", "projects", multiple=True, help="Whose requests it may take (default: ours; * for all)."
)
@click.option(
    "--trusted",
    is_flag=True,
    help="It may take requests that change the repository; each still needs approval.",
)
@shared_options
def register(name: str, projects: tuple[str, ...], trusted: bool) -> Answer:
    """Let a runner NAME in. Its key is shown here, once, and kept nowhere.

    \b
    Examples:
      alloynb runner register near-ci
      alloynb runner register mia-laptop --trusted
    """
    from alloynb.application.runners import RegisterRunner, register_runner

    made = register_runner(current_workspace(), RegisterRunner(name, projects, trusted))

    def show(console: Console) -> None:
        console.print(f"{made.runner_id} registered as {name}", markup=False)
        console.print(f"key (shown once): {made.key}", markup=False)
        console.print(
            f"start it with: ALLOY_RUNNER_KEY=… foundry-kernel serve --alloy URL --runner {made.runner_id}",
            style="dim",
            markup=False,
        )

    return Answer({"runner_id": made.runner_id, "name": name, "key": made.key}, show)


@runner.command("list")
@shared_options
def list_runners() -> Answer:
    """Show who is alive, what runs where, what waits and why.

    \b
    Example:
      alloynb runner list
    """
    return _fleet()


@runner.command("revoke")
@click.argument("runner_name", metavar="RUNNER")
@click.option("--why", default="", help="Is recorded, and told to the runner.")
@shared_options
def revoke(runner_name: str, why: str) -> Answer:
    """Shut RUNNER, a name or id, out from this moment on; what it holds runs out with its lease.

    \b
    Example:
      alloynb runner revoke mia-laptop --why "it was sold"
    """
    from alloynb.application.runners import RevokeRunner, revoke_runner

    gone = revoke_runner(current_workspace(), RevokeRunner(runner_name, why))
    data = {"runner_id": gone.runner_id, "name": gone.name, "revoked": True}
    return Answer(data, lambda console: console.print(f"{gone.name} is revoked", markup=False))


@runner.command("serve", context_settings={"ignore_unknown_options": True})
@click.option(
    "--workspace", "-C", metavar="DIR", help="Folder of the repository (default: found upwards from here)."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON envelope {success, data, error}.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def serve(workspace: str | None, as_json: bool, debug: bool, arguments: tuple[str, ...]) -> None:
    """Start a runner here: everything is handed over to `foundry-kernel serve`; its --help names all options.

    \b
    Examples:
      alloynb runner serve --until-empty
      alloynb runner serve --alloy https://alloy.example.org --runner runner_01J… --key-file ~/.runner-key
    """
    import os

    from alloynb.application.foundry_command import find_foundry
    from alloynb.errors import AlloyError

    try:
        executable = str(find_foundry().executable)
        shared = [
            *(["--workspace", workspace] if workspace else []),
            *["--json"] * as_json,
            *["--debug"] * debug,
        ]
        os.execv(executable, [executable, "serve", *shared, *arguments])
    except (AlloyError, OSError) as error:
        click.echo(f"alloynb: {error}", err=True)
        raise SystemExit(4) from error


@click.command()
@shared_options
def status() -> Answer:
    """Show the fleet and every request that has not ended: who is alive, what runs where, what waits and why.

    \b
    Examples:
      alloynb status
      alloynb status --json
    """
    return _fleet()


def _fleet() -> Answer:
    from dataclasses import asdict

    from alloynb.application.fleet import fleet

    seen = fleet(current_workspace())
    data: dict[str, Any] = {
        "runners": [asdict(each) for each in seen.runners],
        "open_requests": [asdict(each) for each in seen.open_requests],
    }
    return Answer(data, lambda console: _show(seen, console))


def _show(seen: Fleet, console: Console) -> None:
    if not seen.runners:
        console.print("No runner is registered; requests run on this machine.", style="dim")
    for one in seen.runners:
        trusted = "trusted" if one.trusted_for_mutation else "dry runs only"
        last = f", last heard {one.seen_at[:19].replace('T', ' ')} UTC" if one.seen_at else ""
        where = f" on {one.host}" if one.host else ""
        projects = ", ".join(one.projects)
        style = {"alive": "green", "silent": "yellow"}.get(one.state, "dim")
        console.print(
            f"{one.name:<20} {one.state:<10} {projects} ({trusted}){where}{last}", style=style, markup=False
        )
        for request_id in one.running:
            console.print(f"    runs {request_id}", markup=False)
    if not seen.open_requests:
        console.print("Nothing waits and nothing runs.")
    for each in seen.open_requests:
        console.print(f"{each.request_id}  {each.state:<15} {each.entry_event} {each.throttle}", markup=False)
        if each.holder:
            until = (
                f", unless it is silent until {each.until[:19].replace('T', ' ')} UTC" if each.until else ""
            )
            console.print(f"    held by {each.holder}{until}", style="dim", markup=False)
        for reason in each.why:
            console.print(f"    {reason}", style="dim", markup=False)


COMMANDS = (runner, status)
