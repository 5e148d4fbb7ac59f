"""`alloynb intent`: write records, look at them, take them through their lifecycle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.decide_intent import DecidedIntent
    from alloynb.intent.record import IntentRecord, Status

_MARKS = {
    "active": "●",
    "accepted": "◉",
    "proposed": "○",
    "hypothesized": "?",
    "contradicted": "!",
    "deprecated": "–",
    "superseded": "–",
    "rejected": "✖",
}


@click.group()
def intent() -> None:
    """Engineering intent records: one judgement each, in .alloy/intent/."""


@intent.command("list")
@click.argument("words", nargs=-1)
@click.option("--status", "statuses", multiple=True, help="Only records in this status; may be repeated.")
@click.option("--severity", "severities", multiple=True, type=click.Choice(["low", "medium", "high"]))
@shared_options
def list_records(words: tuple[str, ...], statuses: tuple[str, ...], severities: tuple[str, ...]) -> Answer:
    """List records, or those that WORDS suggest.

    \b
    Examples:
      alloynb intent list
      alloynb intent list --status proposed
      alloynb intent list payment vendor
    """
    from alloynb.application.read_intent import ListIntent, list_intent

    wanted = ListIntent(" ".join(words), statuses, severities)  # type: ignore[arg-type]
    records = list_intent(current_workspace(), wanted)

    def show(console: Console) -> None:
        if not records:
            console.print("No records yet. `alloynb intent new SLUG` writes the first.")
        for record in records:
            console.print(
                f"{_MARKS[record.status]} {record.status:<13} {record.severity:<7} {record.id}", markup=False
            )
            console.print(f"    {record.title}", style="dim", markup=False)

    return Answer([_summary(record) for record in records], show)


@intent.command("show")
@click.argument("record_id")
@shared_options
def show_record(record_id: str) -> Answer:
    """Tell one record whole, with its history. RECORD_ID may be the slug alone.

    \b
    Example:
      alloynb intent show ownership-boundary
    """
    from alloynb.application.read_intent import tell_intent

    told = tell_intent(current_workspace(), record_id)
    record = told.record

    def show(console: Console) -> None:
        console.print(f"{record.title}", style="bold", markup=False)
        console.print(f"{record.id}  version {record.version}  {record.status}  severity {record.severity}")
        console.print(f"{told.file}", style="dim", markup=False)
        for name in ("capability", "threat", "expectation", "strategy", "tradeoff"):
            console.print(f"\n{name}", style="bold")
            console.print(f"  {getattr(record, name) or '(missing)'}", markup=False)
        console.print("\nevidence", style="bold")
        for each in record.evidence:
            need = "required" if each.required else "suggested"
            console.print(f"  {each.id} ({each.kind}, {need}): {each.description}", markup=False)
        console.print("\nhistory", style="bold")
        for line in told.history.lines():
            console.print(f"  {line}", markup=False)
        for disagreement in told.disagreements:
            console.print(f"  ! {disagreement.told}", style="yellow", markup=False)

    data = {
        "record": record.model_dump(mode="json"),
        "file": str(told.file),
        "history": [entry.model_dump(mode="json") for entry in told.history.entries],
        "disagreements": [each.told for each in told.disagreements],
    }
    return Answer(data, show, 1 if told.disagreements else 0)


@intent.command("why")
@click.argument("place")
@shared_options
def why_here(place: str) -> Answer:
    """Say which records govern PLACE: a path, PATH:LINE, or a dotted module name.

    \b
    Examples:
      alloynb intent why alloynb/intent/record.py
      alloynb intent why foundry_kernel.engine
    """
    from alloynb.application.read_intent import governing_intent

    found = governing_intent(current_workspace(), place)

    def show(console: Console) -> None:
        if not found:
            console.print(f"No accepted or active record governs {place}.", markup=False)
        for each in found:
            console.print(f"{_MARKS[each.record.status]} {each.record.title}", style="bold", markup=False)
            console.print(f"    {each.record.id}  (through {each.because})", markup=False)
            console.print(f"    {each.record.strategy}", style="dim", markup=False)

    return Answer([{**_summary(each.record), "because": each.because} for each in found], show)


@intent.command("check")
@shared_options
def check_records() -> Answer:
    """Read every record, and hold it against its relationships and its ledger. Exit 1 when something is wrong.

    \b
    Example:
      alloynb intent check
    """
    from alloynb.application.read_intent import check_intent

    checked = check_intent(current_workspace())
    wrong = [str(fault) for fault in checked.faults] + [
        f"{each.record_id}: {each.told}" for each in checked.disagreements
    ]

    def show(console: Console) -> None:
        for line in wrong:
            console.print(f"✖ {line}", style="red", markup=False)
        console.print(f"{len(checked.records)} records read, {len(wrong)} problems")

    return Answer({"records": len(checked.records), "problems": wrong}, show, 1 if wrong else 0)


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
@click.option("--why", default="drafted by hand", show_default=True, help="Reason for the ledger.")
@shared_options
def new_record(slug: str, paths: tuple[str, ...], severity: str, why: str, **texts: str | None) -> Answer:
    """Draft a new record SLUG. It is proposed when all five texts are given, else hypothesized.

    \b
    Examples:
      alloynb intent new vendor-boundary                # opens $EDITOR on a template
      alloynb intent new vendor-boundary --title "Payments can change vendor" --capability "…" …
    """
    from alloynb.application.decide_intent import DraftIntent, draft_intent

    workspace = current_workspace()
    fields: dict[str, Any] = {name: value for name, value in texts.items() if value}
    if not fields:
        fields = _from_editor(slug)
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
@click.option("--why", required=True, help="Reason for the ledger.")
@shared_options
def edit_record(record_id: str, file: Path | None, why: str) -> Answer:
    """Edit a record in $EDITOR; an edit of accepted intent counts as a new version.

    \b
    Example:
      alloynb intent edit ownership-boundary --why "the server is a third half"
    """
    from alloynb.application.decide_intent import EditIntent, edit_intent, full_id

    workspace = current_workspace()
    stored = workspace.intent.get(full_id(workspace, record_id))
    if file is not None:
        content = file.read_bytes()
    else:
        edited = click.edit(stored.file.read_text(encoding="utf-8"), extension=".yaml")
        if edited is None:
            raise click.UsageError("the editor left no text; nothing was changed")
        content = edited.encode()
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

    return _decided(decide_intent(current_workspace(), DecideIntent(record_id, to, why, successor)))


def _decided(decided: DecidedIntent) -> Answer:
    record = decided.record

    def show(console: Console) -> None:
        console.print(
            f"{_MARKS[record.status]} {record.id} is {record.status} ({decided.file})", markup=False
        )

    return Answer({**_summary(record), "file": str(decided.file)}, show)


def _summary(record: IntentRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "title": record.title,
        "status": record.status,
        "severity": record.severity,
        "version": record.version,
        "capability": record.capability,
    }


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


def _from_editor(slug: str) -> dict[str, Any]:
    from alloynb.intent.yaml_document import read_yaml

    edited = click.edit(_TEMPLATE.format(title=slug.replace("-", " ").capitalize()), extension=".yaml")
    if edited is None:
        raise click.UsageError("the editor left no text; give the texts as options, or save the template")
    value = read_yaml(edited.encode()).value
    if not isinstance(value, dict):
        raise click.UsageError("the text is not a record")
    return {key: found for key, found in value.items() if found not in ("", [], None)}


COMMANDS = (intent,)
