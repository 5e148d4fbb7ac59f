"""`registry`: the projects that a nightly run goes through, in the file of the existing Foundry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foundry_kernel.cli.answer import Answer, answering, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from foundry_kernel.gateways.project_registry import Project

_ACTIONS = ("iterate", "maintain", "push", "audit", "release")


def _file_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--file",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The registry; by default $FOUNDRY_REGISTRY_PATH, else ~/.foundry/registry.json.",
    )(function)


def _field_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add one option for each field of a project."""
    action = click.Choice(_ACTIONS)
    for option in (
        click.option("--stack", type=click.Choice(["rust", "python", "typescript", "elixir", "cpp"])),
        click.option("--agent", help="What the existing Foundry calls the agent."),
        click.option("--repo", metavar="OWNER/NAME", help="At the code host."),
        click.option("--branch", help="Default branch."),
        click.option("--skip", metavar="REASON", help="Pass the project over, and why; '' ends it."),
        click.option("--allow", multiple=True, type=action, help="Allow an action; may be repeated."),
        click.option("--install", metavar="COMMAND", help="How a release is installed here."),
        click.option("--notes"),
        click.option("--timeout", type=click.IntRange(min=1), help="Seconds that one run may take."),
    ):
        function = option(function)
    return function


@click.group()
def registry() -> None:
    """List, add, edit and check the projects of a nightly run."""


@registry.command("list", epilog="\b\nExample:\n  foundry-kernel registry list --json\n")
@_file_option
@answering
def list_projects(file: Path | None) -> Answer:
    """List the registered projects and what may be done with each."""
    from foundry_kernel.gateways.project_registry import RegistryFile

    found = RegistryFile(_file(file)).projects()
    rows = [
        (
            each.name,
            each.stack or "-",
            ", ".join(name for name, allowed in each.actions.as_flags().items() if allowed) or "-",
            each.path,
            f"skipped: {each.skip_reason}" if each.skip_reason else "",
        )
        for each in found
    ]
    text = table(("name", "stack", "allowed", "path", ""), rows) or "No project is registered."
    return Answer([each.model_dump(mode="json") for each in found], text)


@registry.command("show", epilog="\b\nExample:\n  foundry-kernel registry show shop\n")
@click.argument("name")
@_file_option
@answering
def show(name: str, file: Path | None) -> Answer:
    """Show one project as it is registered."""
    from foundry_kernel.gateways.project_registry import RegistryFile

    return _shown(RegistryFile(_file(file)).get(name))


@registry.command(
    "add",
    epilog="\b\nExample:\n  foundry-kernel registry add shop ~/projects/shop --stack python --allow maintain\n",
)
@click.argument("name")
@click.argument("path", type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path))
@_field_options
@_file_option
@answering
def add(name: str, path: Path, file: Path | None, **options: Any) -> Answer:
    """Register the repository at PATH as NAME. Without --allow nothing may be done with it."""
    from foundry_kernel.gateways.registry_edit import add_project

    fields = {"name": name, "path": str(path), **_fields(options)}
    return _shown(
        add_project(_file(file), {key: value for key, value in fields.items() if value is not None})
    )


@registry.command(
    "edit", epilog="\b\nExample:\n  foundry-kernel registry edit shop --skip 'until the move'\n"
)
@click.argument("name")
@click.option("--path", type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path))
@click.option("--forbid", multiple=True, type=click.Choice(_ACTIONS), help="Forbid an action again.")
@_field_options
@_file_option
@answering
def edit(name: str, path: Path | None, forbid: tuple[str, ...], file: Path | None, **options: Any) -> Answer:
    """Change what is said of NAME; what is not mentioned stays."""
    from foundry_kernel.gateways.registry_edit import edit_project

    changes = _fields(options)
    if path is not None:
        changes["path"] = str(path)
    if forbid:
        changes["actions"] = {**changes.get("actions", {}), **dict.fromkeys(forbid, False)}
    return _shown(edit_project(_file(file), name, changes))


@registry.command("validate", epilog="\b\nExample:\n  foundry-kernel registry validate\n")
@_file_option
@answering
def validate(file: Path | None) -> Answer:
    """Check the file, and look whether each project is where it says. Exit code 1 when one is not."""
    import asyncio

    from foundry_kernel.gateways.git import CommandGit
    from foundry_kernel.gateways.project_registry import RegistryFile
    from foundry_kernel.gateways.registered_project import look_at_project

    where = _file(file)
    found = RegistryFile(where).projects()
    problems = {each.name: asyncio.run(look_at_project(each, CommandGit())).problem for each in found}
    bad = {name: problem for name, problem in problems.items() if problem}
    lines = [f"✗ {name}: {problem}" for name, problem in bad.items()]
    lines.append(f"{where}: {len(found) - len(bad)} of {len(found)} projects can be worked on")
    data = [{"name": each.name, "problem": problems[each.name]} for each in found]
    error = {"type": "ProjectsMissing", "message": lines[0], "next_step": "", "exit_code": 1} if bad else None
    return Answer(data, "\n".join(lines), 1 if bad else 0, error)


def _file(file: Path | None) -> Path:
    import os

    from foundry_kernel.gateways.project_registry import registry_path

    return file or registry_path(os.environ)


def _fields(options: dict[str, Any]) -> dict[str, Any]:
    """Fields of the registry that the options name."""
    fields = {
        key: options[key]
        for key in ("stack", "agent", "repo", "branch", "skip", "notes")
        if options[key] is not None
    }
    if fields.get("skip") == "":
        fields["skip"] = False
    if options["allow"]:
        fields["actions"] = dict.fromkeys(options["allow"], True)
    if options["install"] is not None:
        fields["install"] = {"command": options["install"]}
    if options["timeout"] is not None:
        fields["timeout_secs"] = options["timeout"]
    return fields


def _shown(project: Project) -> Answer:
    data = project.model_dump(mode="json")
    lines = [
        f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in data.items()
    ]
    return Answer(data, "\n".join(lines))
