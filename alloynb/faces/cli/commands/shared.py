"""`alloynb expectation`, `alloynb strategy`: what several records lean on, written once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options
from alloynb.faces.cli.command_group import CommandGroup
from alloynb.faces.cli.kept_text import kept_if_refused

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.shared_intent import SharedKind, ToldShared

_TEMPLATES = {
    "expectation": """# One expectation about the future that several records may lean on.
statement: ""          # what do we expect?
confidence: 1.0        # 0 to 1
time_horizon: ""       # in words, such as: the next two years
sources: []            # where it comes from
review_triggers: []    # what says "look again": {date: 2027-01-31, why: …} or {sql: …, why: …}
""",
    "strategy": """# One way of building that several records may prefer.
name: ""               # as people call it
definition: ""         # what it means here; the well-known name alone says too little
failure_modes: []      # how it goes wrong
examples: []           # files that show it
exceptions: []         # where it is deliberately not followed
reviewer_role: ""      # who guards against the failure modes
""",
}


@click.group(cls=CommandGroup)
def expectation() -> None:
    """Shared expectations: what makes threats matter, in .alloy/expectations/."""


@click.group(cls=CommandGroup)
def strategy() -> None:
    """Shared strategies: what their names mean here, in .alloy/strategies/."""


def _commands(group: click.Group, kind: SharedKind, sample: str) -> None:
    """Give a group its four commands."""

    @group.command(
        "list", help=f"List all, with the records that use each.\n\n\b\nExample:\n  alloynb {kind} list"
    )
    @shared_options
    def listed() -> Answer:
        return _listed(kind)

    @group.command(
        "show",
        help=f"Tell one whole. NAME may be the slug alone.\n\n\b\nExample:\n  alloynb {kind} show ports",
    )
    @click.argument("name")
    @shared_options
    def shown(name: str) -> Answer:
        from alloynb.application.shared_intent import tell_shared

        told = tell_shared(current_workspace(), kind, name)
        return Answer(_as_json(told), lambda console: _show(console, told))

    @group.command(
        "new",
        help=f"Write a new one. Without --set an editor opens on a template; records name it as `{kind}_ref`."
        f"\n\n\b\nExamples:\n  alloynb {kind} new SLUG\n  alloynb {kind} new {sample}",
    )
    @click.argument("slug")
    @click.option("--set", "assignments", multiple=True, metavar="FIELD=VALUE", help="May be repeated.")
    @click.option(
        "--file",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="Take the fields of this text.",
    )
    @shared_options
    def new(slug: str, assignments: tuple[str, ...], file: Path | None) -> Answer:
        from alloynb.application.assignments import assigned
        from alloynb.application.shared_intent import DraftShared, draft_shared

        workspace = current_workspace()
        typed = None if assignments or file is not None else _typed(_TEMPLATES[kind])
        with kept_if_refused(workspace, slug, typed, f"alloynb {kind} new {slug} --file"):
            read = _fields_of(typed.encode() if typed is not None else file.read_bytes() if file else b"{}")
            fields = assigned(read, assignments)
            fields.setdefault("sources", [{"source_type": "human", "ref": workspace.principal.name}])
            fields.setdefault("owner", workspace.principal.name)
            return _done(draft_shared(workspace, DraftShared(kind, slug, fields)), "written")

    @group.command(
        "edit",
        help="Edit one in $EDITOR, or single fields with --set. What accepted records use needs accept_intent."
        f"\n\n\b\nExamples:\n  alloynb {kind} edit NAME\n  alloynb {kind} edit NAME --set owner=ada",
    )
    @click.argument("name")
    @click.option(
        "--set", "assignments", multiple=True, metavar="FIELD=VALUE", help="An empty value removes the field."
    )
    @click.option(
        "--file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Take this text instead."
    )
    @shared_options
    def edit(name: str, assignments: tuple[str, ...], file: Path | None) -> Answer:
        from alloynb.application.shared_intent import EditShared, edit_shared, tell_shared

        if assignments and file is not None:
            raise click.UsageError("--file and --set exclude each other")
        workspace = current_workspace()
        before = tell_shared(workspace, kind, name)
        typed = None
        if file is None and not assignments:
            typed = click.edit(before.file.read_text(encoding="utf-8"), extension=".yaml")
            if typed is None:
                raise click.UsageError("the editor left no text; nothing was changed")
        content = typed.encode() if typed is not None else file.read_bytes() if file else None
        slug = before.shared.slug
        with kept_if_refused(workspace, slug, typed, f"alloynb {kind} edit {slug} --file"):
            command = EditShared(kind, name, content, assignments, before.digest)
            return _done(edit_shared(workspace, command), "changed")


def _listed(kind: SharedKind) -> Answer:
    from alloynb.application.shared_intent import list_shared

    found = list_shared(current_workspace(), kind)

    def show(console: Console) -> None:
        if not found.found:
            console.print(f"None yet. `alloynb {kind} new SLUG` writes the first.")
        for each in found.found:
            used = f"used by {len(each.users)}" if each.users else "used by no record"
            console.print(f"{each.shared.id}  ({used})", markup=False)
            console.print(f"    {each.statement}", style="dim", markup=False)
        for fault in found.dangling:
            console.print(f"! {fault}", style="yellow", markup=False)

    data = {
        f"{kind}s" if kind == "expectation" else "strategies": [_as_json(each) for each in found.found],
        "dangling": [str(each) for each in found.dangling],
    }
    return Answer(data, show, 1 if found.dangling else 0)


def _show(console: Console, told: ToldShared) -> None:
    console.print(told.shared.id, style="bold", markup=False)
    console.print(str(told.file), style="dim", markup=False)
    for name, value in told.shared.model_dump(mode="json", exclude_defaults=True).items():
        if name == "id":
            continue
        if isinstance(value, list):
            console.print(f"{name}:", markup=False)
            for each in value:
                text = (
                    each
                    if isinstance(each, str)
                    else ", ".join(f"{key} {part}" for key, part in each.items())
                )
                console.print(f"  - {text}", markup=False)
        else:
            console.print(f"{name}: {value}", markup=False)
    console.print("used by:" if told.users else "used by no record", style="bold")
    for record in told.users:
        console.print(f"  {record.id} ({record.status}): {record.title}", markup=False)


def _done(told: ToldShared, what: str) -> Answer:
    def show(console: Console) -> None:
        console.print(f"✔ {told.shared.id} is {what} ({told.file})", markup=False)
        if told.users:
            names = ", ".join(record.slug for record in told.users)
            console.print(f"  used by {names}", style="dim", markup=False)

    return Answer(_as_json(told), show)


def _as_json(told: ToldShared) -> dict[str, Any]:
    return {
        **told.shared.model_dump(mode="json"),
        "file": str(told.file),
        "used_by": [{"id": record.id, "status": record.status} for record in told.users],
    }


def _typed(template: str) -> str:
    edited = click.edit(template, extension=".yaml")
    if edited is None:
        raise click.UsageError("the editor left no text; give fields with --set, or save the template")
    return edited


def _fields_of(text: bytes) -> dict[str, Any]:
    from alloynb.intent.errors import InvalidDocument
    from alloynb.intent.yaml_document import read_yaml

    value = read_yaml(text).value
    if not isinstance(value, dict):
        raise InvalidDocument("the text is no mapping: fields are written `name: value`")
    return {key: found for key, found in value.items() if found not in ("", [], None)}


_commands(expectation, "expectation", 'vendors-move --set statement="Vendors raise prices every year"')
_commands(strategy, "strategy", 'ports --set name=Ports --set definition="A protocol that the domain owns"')

COMMANDS = (expectation, strategy)
