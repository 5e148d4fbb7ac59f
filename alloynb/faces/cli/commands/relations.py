"""`alloynb intent relate`, `unrelate`, `confirm`: how records stand to each other, and that one is still true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options
from alloynb.faces.cli.commands.intent import intent

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.relate_records import RelatedRecord

TYPES = ("supports", "conflicts_with", "supersedes", "refines", "depends_on", "applies_to", "constrains")
"""As the records know them; written down here so that the command line need not load them to show its help."""

_TYPES = click.Choice(TYPES)


@intent.command()
@click.argument("record_id", metavar="RECORD")
@click.argument("relationship", metavar="TYPE", type=_TYPES)
@click.argument("target_id", metavar="TARGET")
@click.option("--notes", help="What the relationship means here.")
@click.option("--why", default="", help="Reason for the ledger (default: the notes).")
@shared_options
def relate(record_id: str, relationship: Any, target_id: str, notes: str | None, why: str) -> Answer:
    """Say how a record stands to another one; of an accepted record this is an edit, with a new version.

    TYPE is supports, conflicts_with, supersedes, refines, depends_on, applies_to or constrains.

    \b
    Examples:
      alloynb intent relate offline-orders conflicts_with live-prices --notes "one caches, the other must not"
      alloynb intent relate one-price depends_on money-in-one-place --why "it rounds there"
    """
    from alloynb.application.relate_records import RelateRecords, relate_records

    reason = why or notes or f"{relationship} {target_id}"
    return _told(
        relate_records(current_workspace(), RelateRecords(record_id, relationship, target_id, reason, notes))
    )


@intent.command()
@click.argument("record_id", metavar="RECORD")
@click.argument("relationship", metavar="TYPE", type=_TYPES)
@click.argument("target_id", metavar="TARGET")
@click.option("--why", required=True, help="Reason for the ledger.")
@shared_options
def unrelate(record_id: str, relationship: Any, target_id: str, why: str) -> Answer:
    """Remove a relationship, with its resolution if it has one.

    \b
    Example:
      alloynb intent unrelate offline-orders conflicts_with live-prices --why "prices are cached now"
    """
    from alloynb.application.relate_records import RelateRecords, unrelate_records

    return _told(
        unrelate_records(current_workspace(), RelateRecords(record_id, relationship, target_id, why))
    )


@intent.command()
@click.argument("ids", metavar="ID", nargs=-1, required=True)
@click.option("--why", required=True, help="What was looked at; the ledger keeps it.")
@shared_options
def confirm(ids: tuple[str, ...], why: str) -> Answer:
    """Read, still true: renew records, shared expectations or strategies without changing what they say.

    Keeps a review date that has come, and a time horizon that was over; triggers can ask when it was done last. Needs
    the authority accept_intent, which only a human can have.

    \b
    Examples:
      alloynb intent confirm vendor-boundary --why "read it with the payment team"
      alloynb intent confirm shop.expectation.vendors-change --why "two of them were bought this year"
    """
    from alloynb.application.confirm_intent import ConfirmIntent, confirm_intent

    workspace = current_workspace()
    done = [confirm_intent(workspace, ConfirmIntent(each, why)) for each in ids]

    def show(console: Console) -> None:
        for each in done:
            console.print(f"✔ {each.id} is still true ({each.file})", markup=False)

    return Answer([{"id": each.id, "file": str(each.file)} for each in done], show)


def _told(related: RelatedRecord) -> Answer:
    record = related.record

    def show(console: Console) -> None:
        console.print(f"{record.id} ({related.file})", style="bold", markup=False)
        for each in record.relationships:
            notes = f": {each.notes}" if each.notes else ""
            console.print(f"  {each.type} {each.target}{notes}", markup=False)
            if each.resolution is not None:
                told = f"{each.resolution.by}, {each.resolution.at:%Y-%m-%d}: {each.resolution.why}"
                console.print(f"    resolved by {told}", style="blue", markup=False)
        if not record.relationships:
            console.print("  no relationships")

    relationships = [each.model_dump(mode="json") for each in record.relationships]
    return Answer({"id": record.id, "file": str(related.file), "relationships": relationships}, show)


COMMANDS: tuple[click.Command, ...] = ()
