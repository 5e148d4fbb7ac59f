"""`alloynb intent list|search|show|why|check`: looking at records; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from rich.console import Console

_EVIDENCE_STATUSES = ("proposed", "required", "passing", "failing", "waived", "obsolete", "unknown")
_FILTERS = (
    click.option("--status", "statuses", multiple=True, help="In this status; may be repeated."),
    click.option("--severity", "severities", multiple=True, type=click.Choice(["low", "medium", "high"])),
    click.option("--kind", "evidence_kinds", multiple=True, help="With evidence of this kind, such as gate."),
    click.option(
        "--evidence",
        "evidence_statuses",
        multiple=True,
        type=click.Choice(_EVIDENCE_STATUSES),
        help="With evidence that stands so.",
    ),
    click.option("--project", help="Of this project."),
    click.option("--path", help="Governing this path."),
    click.option("--module", help="Governing this module."),
    click.option("--interaction", help="Of this product interaction."),
    click.option("--design", help="With this reference of the design system among its sources."),
    click.option("--technology", help="About this technology."),
    click.option("--area", "product_area", help="About this product area."),
    click.option("--owner", help="Owned by."),
    click.option("--strategy", help="Using this shared strategy, or with these words in its own."),
    click.option("--expectation", help="Using this shared expectation, or with these words in its own."),
    click.option("--capability", help="With these words in its capability."),
    click.option("--threat", help="With these words in its threat."),
    click.option("--brief", metavar="BRIEF_ID", help="Used by this brief."),
    click.option("--run", metavar="ID", help="Used by the brief of this run, by run id or trace id."),
)


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.command("list")
@click.argument("words", nargs=-1)
@_filters
@shared_options
def list_records(words: tuple[str, ...], **filters: Any) -> Answer:
    """List records, by what links them to a place, a brief, a run; WORDS only suggest.

    \b
    Examples:
      alloynb intent list
      alloynb intent list --status proposed
      alloynb intent list --path checkout/payment.py --evidence failing
      alloynb intent list --run run_01K6Z1
      alloynb intent list payment vendor
    """
    return _listed(words, filters)


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@_filters
@shared_options
def search_records(words: tuple[str, ...], **filters: Any) -> Answer:
    """Find records that speak of WORDS, best first. Words only suggest: `intent why` says what governs.

    \b
    Example:
      alloynb intent search vendor lock-in
    """
    return _listed(words, filters)


def _listed(words: tuple[str, ...], filters: dict[str, Any]) -> Answer:
    from alloynb.application.read_intent import ListIntent, dangling_references, list_intent
    from alloynb.faces.cli.intent_looks import show_list, summary

    workspace = current_workspace()
    records = list_intent(workspace, ListIntent(" ".join(words), **filters))
    dangling = dangling_references(workspace)

    def show(console: Console) -> None:
        if not records:
            asked = words or any(filters.values())
            console.print(
                "No record fits." if asked else "No records yet. `alloynb intent new SLUG` writes the first."
            )
        elif words:
            console.print("These speak of your words; that suggests, and binds nothing.", style="dim")
        show_list(console, records)
        for fault in dangling:
            console.print(f"! {fault}", style="yellow", markup=False)

    return Answer([summary(record) for record in records], show)


@click.command("show")
@click.argument("record_id")
@click.option("--no-look", is_flag=True, help="Do not hold its import rules against the tree.")
@shared_options
def show_record(record_id: str, no_look: bool) -> Answer:
    """Tell one record whole, with its evidence and its history. RECORD_ID may be the slug alone, or its beginning.

    \b
    Example:
      alloynb intent show ownership-boundary
    """
    from alloynb.application.read_intent import tell_intent
    from alloynb.application.standing_evidence import standing_evidence
    from alloynb.application.weigh_rules import weigh_rules
    from alloynb.faces.cli import intent_looks as looks

    workspace = current_workspace()
    told = tell_intent(workspace, record_id)
    standings = standing_evidence(workspace, [told.record])
    evidence = standings.by_record[told.record.id]
    weak = () if no_look else weigh_rules(workspace, told.record)

    def show(console: Console) -> None:
        looks.show_record(console, told, evidence)
        for each in weak:
            console.print(f"  ! {each}", style="yellow", markup=False)
        if standings.note:
            console.print(f"note: {standings.note}", style="yellow", markup=False)

    data = {
        "record": told.record.model_dump(mode="json"),
        "file": str(told.file),
        "evidence": [each.as_json() for each in evidence],
        "expectation": told.expectation.model_dump(mode="json") if told.expectation else None,
        "strategy": told.strategy.model_dump(mode="json") if told.strategy else None,
        "missing": list(told.missing),
        "weak_rules": [str(each) for each in weak],
        "history": [entry.model_dump(mode="json") for entry in told.history.entries],
        "disagreements": [each.told for each in told.disagreements],
        "note": standings.note,
    }
    return Answer(data, show, 1 if told.disagreements or told.missing else 0)


@click.command("why")
@click.argument("place")
@shared_options
def why_here(place: str) -> Answer:
    """Say what governs PLACE (a path, PATH:LINE, or a dotted module name), through what, and how it stands.

    A record governs through its scope, or because its evidence names the place: an import rule, a pattern, a test.
    The last sight of each evidence is told, and what was found or allowed at the line. What only sounds
    alike is marked so.

    \b
    Examples:
      alloynb intent why alloynb/intent/record.py
      alloynb intent why checkout/payment.py:3
      alloynb intent why foundry_kernel.engine
    """
    from alloynb.application.explain_place import explain_place
    from alloynb.faces.cli.intent_looks import place_as_json, show_place

    workspace = current_workspace()
    found = explain_place(workspace, _from_root(place, workspace.root))
    return Answer(place_as_json(found), lambda console: show_place(console, found))


def _from_root(place: str, root: Path) -> str:
    """The place as the repository calls it, when it was named from a folder further down, or as an absolute path."""
    from alloynb.application.explain_place import split_place

    path, line = split_place(place)
    here = Path(path) if Path(path).is_absolute() else Path.cwd() / path
    inside = here.is_relative_to(root) and here != root
    if not inside or not (Path(path).is_absolute() or (not (root / path).exists() and here.exists())):
        return place
    told = here.relative_to(root).as_posix()
    return told if line is None else f"{told}:{line}"


@click.command("check")
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


READING = (list_records, search_records, show_record, why_here, check_records)
