"""`alloynb intent`: write records, look at them, take them through their lifecycle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options
from alloynb.faces.cli.command_group import CommandGroup
from alloynb.faces.cli.intent_reading import READING
from alloynb.faces.cli.kept_text import kept_if_refused

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.decide_intent import DecidedIntent
    from alloynb.application.workspace import Workspace
    from alloynb.intent.record import Status


@click.group(cls=CommandGroup)
def intent() -> None:
    """Engineering intent records: one judgement each, in .alloy/intent/."""


for _command in READING:
    intent.add_command(_command)


@intent.command("new")
@click.argument("slug")
@click.option("--title", help="Short, human. Without any text an editor opens on a template.")
@click.option("--capability", help="What we must be able to keep.")
@click.option("--threat", help="What erodes it.")
@click.option("--expectation", help="What makes the threat matter.")
@click.option("--strategy", help="What we prefer because of it.")
@click.option("--tradeoff", help="The price we accept.")
@click.option("--severity", type=click.Choice(["low", "medium", "high"]), default="medium", show_default=True)
@click.option(
    "--path", "paths", multiple=True, help="Gitignore-style glob that the record governs; may be repeated."
)
@click.option(
    "--set", "assignments", multiple=True, metavar="FIELD=VALUE", help="Any other field, as in `edit`."
)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Take the fields of this text.",
)
@click.option("--why", default="drafted by hand", show_default=True, help="Reason for the ledger.")
@shared_options
def new_record(
    slug: str,
    paths: tuple[str, ...],
    severity: str,
    assignments: tuple[str, ...],
    file: Path | None,
    why: str,
    **texts: str | None,
) -> Answer:
    """Draft a new record SLUG. It is proposed when all five texts are given, else hypothesized.

    \b
    Examples:
      alloynb intent new vendor-boundary                # opens $EDITOR on a template
      alloynb intent new vendor-boundary --title "Payments can change vendor" --capability "…" …
      alloynb intent new totals --set 'evidence.+={id: t, kind: test, description: "…", test: {tests: [tests]}}'
    """
    from alloynb.application.assignments import assigned
    from alloynb.application.decide_intent import refuse_bad_slug

    workspace = current_workspace()
    refuse_bad_slug(slug)
    given = {name: value for name, value in texts.items() if value}
    typed = None
    if file is None and not given and not assignments:
        typed = _typed(slug)
    with kept_if_refused(workspace, slug, typed, f"alloynb intent new {slug} --file"):
        read = _fields_of(typed.encode() if typed is not None else file.read_bytes() if file else b"{}")
        fields = assigned({**read, **given}, assignments)
        return _drafted(workspace, slug, fields, severity, paths, why)


def _drafted(
    workspace: Workspace,
    slug: str,
    fields: dict[str, Any],
    severity: str,
    paths: tuple[str, ...],
    why: str,
) -> Answer:
    from alloynb.application.decide_intent import DraftIntent, draft_intent

    fields.setdefault("title", slug.replace("-", " ").capitalize())
    fields.setdefault("severity", severity)
    if paths:
        fields["scope"] = {**fields.get("scope", {}), "paths": list(paths)}
    source = {"source_type": "human", "ref": workspace.principal.name}
    fields.setdefault("sources", [source])
    complete = all(
        fields.get(name) for name in ("capability", "threat", "expectation", "strategy", "tradeoff")
    )
    status: Status = "proposed" if complete else "hypothesized"
    return _decided(draft_intent(workspace, DraftIntent(slug, fields, why, status)))


@intent.command("edit")
@click.argument("record_id")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Take this text instead."
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Change one field, without an editor; `evidence.+={…}` adds, an empty value removes; may be repeated.",
)
@click.option("--why", required=True, help="Reason for the ledger.")
@shared_options
def edit_record(record_id: str, file: Path | None, assignments: tuple[str, ...], why: str) -> Answer:
    """Edit a record in $EDITOR; an edit of accepted intent counts as a new version.

    \b
    Examples:
      alloynb intent edit ownership-boundary --why "the server is a third half"
      alloynb intent edit right-total --set severity=high --set 'scope.paths=["checkout/**"]' --why "it hurt"
    """
    from alloynb.application.decide_intent import (
        EditIntent,
        SetIntentFields,
        edit_intent,
        full_id,
        set_intent_fields,
    )

    if assignments and file is not None:
        raise click.UsageError("--file and --set exclude each other")
    workspace = current_workspace()
    if assignments:
        return _decided(set_intent_fields(workspace, SetIntentFields(record_id, assignments, why)))
    stored = workspace.intent.get(full_id(workspace, record_id))
    typed = None
    if file is None:
        typed = click.edit(stored.file.read_text(encoding="utf-8"), extension=".yaml")
        if typed is None:
            raise click.UsageError("the editor left no text; nothing was changed")
    slug = stored.model.slug
    with kept_if_refused(workspace, slug, typed, f'alloynb intent edit {slug} --why "…" --file'):
        content = typed.encode() if typed is not None else file.read_bytes() if file else b""
        return _decided(edit_intent(workspace, EditIntent(record_id, content, stored.digest, why)))


@intent.command("supersede")
@click.argument("record_id")
@click.option(
    "--by", "successor", required=True, metavar="RECORD_ID", help="The newer record, which says so itself."
)
@click.option("--why", required=True, help="Reason for the ledger.")
@shared_options
def supersede(record_id: str, successor: str, why: str) -> Answer:
    """Let a newer record take the place of this one.

    \b
    Example:
      alloynb intent supersede old-boundary --by new-boundary --why "split in two"
    """
    return _decide(record_id, "superseded", why, successor)


def _step(name: str, to: Status, text: str) -> None:
    @intent.command(name, help=f"{text}\n\n\b\nExample:\n  alloynb intent {name} RECORD_ID --why REASON")
    @click.argument("record_ids", nargs=-1, required=True)
    @click.option("--why", required=True, help="Reason for the ledger.")
    @shared_options
    def step(record_ids: tuple[str, ...], why: str) -> Answer:
        answers = [_decide(record_id, to, why) for record_id in record_ids]

        def show(console: Console) -> None:
            for answer in answers:
                answer.show(console)

        return Answer([answer.data for answer in answers], show)


_step("propose", "proposed", "Propose a hypothesis: all five texts must be there.")
_step("accept", "accepted", "Accept records; each needs at least one evidence definition.")
_step("reject", "rejected", "Reject records; the same hypothesis is not raised again.")
_step("deprecate", "deprecated", "Let accepted intent go; its history stays.")
_step("contradict", "contradicted", "Say that accepted intent is shown untrue, too broad or in conflict.")


def _decide(record_id: str, to: Status, why: str, successor: str | None = None) -> Answer:
    from alloynb.application.decide_intent import DecideIntent, decide_intent
    from alloynb.application.weigh_conflicts import weigh_conflicts
    from alloynb.application.weigh_rules import weigh_rules

    workspace = current_workspace()
    decided = decide_intent(workspace, DecideIntent(record_id, to, why, successor))
    if to != "accepted":
        return _decided(decided)
    return _decided(
        decided, weigh_rules(workspace, decided.record), weigh_conflicts(workspace, decided.record)
    )


def _decided(
    decided: DecidedIntent, weak: tuple[object, ...] = (), conflicts: tuple[str, ...] = ()
) -> Answer:
    from alloynb.faces.cli.intent_looks import MARKS, summary

    record = decided.record

    def show(console: Console) -> None:
        console.print(f"{MARKS[record.status]} {record.id} is {record.status} ({decided.file})", markup=False)
        for each in (*weak, *conflicts):
            console.print(f"  ! {each}", style="yellow", markup=False)

    data = {
        **summary(record),
        "file": str(decided.file),
        "weak_rules": [str(each) for each in weak],
        "conflicts": list(conflicts),
    }
    return Answer(data, show)


_TEMPLATE = """# One judgement. Empty texts may be filled in later; then the record stays a hypothesis.
title: {title}
capability: ""     # what must we be able to keep?
threat: ""         # what erodes it?
expectation: ""    # what makes the threat matter?
strategy: ""       # what do we prefer because of it?
tradeoff: ""       # what price do we accept?
severity: medium   # low, medium or high: how bad is losing the capability?
scope:
  paths: []        # gitignore-style globs, such as "payments/**"
evidence: []       # what would prove it? see `alloynb intent show` of any accepted record
"""


def _typed(slug: str) -> str:
    edited = click.edit(_TEMPLATE.format(title=slug.replace("-", " ").capitalize()), extension=".yaml")
    if edited is None:
        raise click.UsageError("the editor left no text; give the texts as options, or save the template")
    return edited


def _fields_of(text: bytes) -> dict[str, Any]:
    from alloynb.intent.errors import InvalidDocument
    from alloynb.intent.yaml_document import read_yaml

    value = read_yaml(text).value
    if not isinstance(value, dict):
        raise InvalidDocument("the text is no record: fields are written `name: value`")
    return {key: found for key, found in value.items() if found not in ("", [], None)}


COMMANDS = (intent,)
