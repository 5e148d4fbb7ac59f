"""`emit` and `manifest`: what needs neither a request nor a kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from foundry_kernel.cli.answer import Answer, answering, workspace_option


@click.command(
    epilog="""\b
Examples:
  foundry-kernel emit greet_requested demo --payload '{"name": "Ada"}'
  foundry-kernel emit validation_requested shop --workspace ~/projects/shop
  foundry-kernel emit iteration_requested shop --throttle full --i-approve "try it on a branch"
  foundry-kernel emit validation_requested shop --artifacts https://alloy.example.org/shelf \\
      --payload "$(cat references.json)"
  foundry-kernel emit validation_requested shop --artifacts s3://artifacts/shop --payload "$(cat references.json)"
  foundry-kernel emit validation_requested shop --formation .alloy/formations/validate_….toml \\
      --payload "$(cat references.json)"
"""
)
@click.argument("event")
@click.argument("project")
@click.option(
    "--throttle",
    type=click.Choice(["full", "audit_only", "dry_run"]),
    default="dry_run",
    show_default=True,
    help="What mutators may do.",
)
@click.option(
    "--i-approve",
    "approval",
    default="",
    metavar="REASON",
    help="Why it may change things at throttle full; recorded in the journal with your name.",
)
@click.option("--payload", default="{}", help="JSON object that belongs to the event.")
@click.option(
    "--artifacts",
    "provider",
    metavar="PLACE",
    help="Holds the brief that the payload's `alloy` names, and its parts: a directory, http(s)://…, "
    "s3://BUCKET/PREFIX, or a name of providers.toml.",
)
@click.option(
    "--formation",
    "composed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Formation file that says which blocks take part (default: the installed one that fits).",
)
@workspace_option
@answering
def emit(
    event: str,
    project: str,
    throttle: Any,
    approval: str,
    payload: str,
    provider: str | None,
    composed: Path | None,
    workspace: Path | None,
) -> Answer:
    """Run the formation that EVENT begins, here, without a request.

    What it leaves behind goes to the workspace's runs, or to a temporary folder where there is no workspace. A
    formation that could change the repository works in a worktree of the committed HEAD, never in your checkout; at
    throttle full on a branch of its own, and only with --i-approve.

    With --artifacts, the run is of the brief that the payload names: a request of it is made and executed, once.
    Without, the brief is taken from .alloy/briefs where it is laid out for people; at throttle full it needs a request.
    """
    if provider is not None and composed is not None:
        raise click.UsageError(
            "a request has the formation of its event; leave out --formation or --artifacts"
        )
    if provider is not None:
        return _natively(event, project, throttle, _json_object(payload), provider, workspace)
    from foundry_kernel.cli.progress import following
    from foundry_kernel.formations import read_formation
    from foundry_kernel.kernel.local_run import LocalRun, new_run_folder
    from foundry_kernel.runner.delivery_report import delivery_of
    from foundry_kernel.runner.run_folder import RunFolder
    from foundry_kernel.runner.workspace import NoWorkspace, find_workspace, open_workspace

    said = _json_object(payload)
    formation = read_formation(composed) if composed else None
    try:
        place = open_workspace(workspace) if workspace else find_workspace(Path.cwd())
    except NoWorkspace:
        if workspace:
            raise
        place = None
    local = LocalRun(
        event_type=event,
        project=project,
        throttle=throttle,
        payload=said,
        folder=new_run_folder(place.runs if place else None),
        tree=place.root if place else None,
        approval=approval,
        approved_by=who(),
        composed=formation,
    )
    with following(local.folder.name) as on_fact:
        outcome = local.in_own_loop(on_fact)
    delivered = delivery_of(RunFolder(local.folder).facts())
    reason = f": {outcome.reason}" if outcome.reason else ""
    text = f"{outcome.status.replace('_', ' ')}{reason}\n  folder: {local.folder}"
    text += "".join(
        f"\n  commit {made.commit[:12]} on {made.branch}: {made.subject} ({made.push_outcome})"
        for made in delivered.commits
    )
    error = None
    code = {"completed": 0, "completed_with_findings": 1, "cancelled": 4}.get(outcome.status)
    if code is None:
        code = {"safety": 3, "validation": 2, "dispatch": 4}.get(outcome.failure_class or "", 1)
    if code:
        error = {"type": outcome.status, "message": outcome.reason, "next_step": "", "exit_code": code}
    data = {
        "run_id": local.folder.name,
        "folder": str(local.folder),
        "branch": delivered.branch,
        "commits": [made.model_dump(mode="json") for made in delivered.commits],
        "changed_files": list(delivered.changed_files),
        **outcome.as_json(),
    }
    return Answer(data, text, code, error)


@click.command(epilog="\b\nExample:\n  foundry-kernel manifest --json > manifest.json\n")
@answering
def manifest() -> Answer:
    """Say what is supported here: events, formations, blocks, schemas."""
    from foundry_kernel.kernel.manifest import manifest_text, this_manifest

    found = this_manifest()
    return Answer(found.as_json(), manifest_text(found))


def _natively(
    event: str, project: str, throttle: Any, payload: dict[str, Any], provider: str, workspace: Path | None
) -> Answer:
    """Resolve the brief that a payload names, and run the request of it."""
    import asyncio
    import os
    from datetime import UTC, datetime

    from foundry_kernel.cli.answer import the_workspace
    from foundry_kernel.cli.run_commands import launched
    from foundry_kernel.gateways.git import CommandGit
    from foundry_kernel.runner.ports import mutates, runner_ports
    from foundry_kernel.runner.prepare import Dispatched
    from foundry_kernel.runner.providers.native import request_natively
    from foundry_kernel.runner.providers.opening import open_provider
    from foundry_kernel.runner.told_refusals import prepare_or_tell
    from runtime_artifacts.execution_request import FoundryCall

    mutates(event, payload)  # an event that cannot begin a run is refused before anything is kept
    place = the_workspace(workspace)
    opened = open_provider(provider, os.environ)
    request = request_natively(
        place,
        FoundryCall(entry_event=event, throttle=throttle, payload=payload),
        opened,
        project_id=project,
        revision=asyncio.run(CommandGit().revision(place.root)),
        requested_by=who(),
        now=datetime.now(UTC),
    )
    known = Dispatched(transport_retries=opened.resent)
    return launched(asyncio.run(prepare_or_tell(request, place, runner_ports(), dispatched=known)))


def who() -> str:
    """Name of the person at the terminal, or the number of an account without a name."""
    import getpass
    import os

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--payload") from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--payload")
    return value
