"""How records, and what governs a place, look on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.explain_place import ExplainedPlace
    from alloynb.application.read_intent import ToldIntent
    from alloynb.application.standing_evidence import StandingEvidence
    from alloynb.intent.record import IntentRecord

MARKS = {
    "active": "●",
    "accepted": "◉",
    "proposed": "○",
    "hypothesized": "?",
    "contradicted": "!",
    "deprecated": "–",
    "superseded": "–",
    "rejected": "✖",
}
EVIDENCE_MARKS = {
    "passing": "✔",
    "failing": "✖",
    "waived": "~",
    "required": "·",
    "proposed": "○",
    "obsolete": "–",
    "unknown": "?",
}


def summary(record: IntentRecord) -> dict[str, Any]:
    """What every listing tells of a record."""
    return {
        "id": record.id,
        "title": record.title,
        "status": record.status,
        "severity": record.severity,
        "version": record.version,
        "capability": record.capability,
    }


def show_list(console: Console, records: Iterable[IntentRecord]) -> None:
    """One record in two lines."""
    for record in records:
        console.print(
            f"{MARKS[record.status]} {record.status:<13} {record.severity:<7} {record.id}", markup=False
        )
        console.print(f"    {record.title}", style="dim", markup=False)


def show_evidence(console: Console, evidence: Iterable[StandingEvidence]) -> None:
    """One definition in one line: how it stands, and when it was seen."""
    for each in evidence:
        when = f" on {each.seen_at:%Y-%m-%d %H:%M} UTC" if each.seen_at else ""
        need = "" if each.required else " (suggested)"
        name = each.evidence_id.partition("#")[2]
        console.print(
            f"    {EVIDENCE_MARKS[each.status]} {each.status:<9} {name}{need}: {each.description}",
            markup=False,
        )
        console.print(f"                {each.told}{when}", style="dim", markup=False)


def show_record(console: Console, told: ToldIntent, evidence: Iterable[StandingEvidence]) -> None:
    """One record whole, with what it shares, how its evidence stands, and its history."""
    record = told.record
    console.print(f"{record.title}", style="bold", markup=False)
    console.print(f"{record.id}  version {record.version}  {record.status}  severity {record.severity}")
    console.print(f"{told.file}", style="dim", markup=False)
    for name in ("capability", "threat", "expectation", "strategy", "tradeoff"):
        console.print(f"\n{name}", style="bold")
        console.print(f"  {getattr(record, name) or '(missing)'}", markup=False)
        if name == "expectation" and told.expectation is not None:
            console.print(f"  shared: {told.expectation.statement} ({told.expectation.id})", markup=False)
        if name == "strategy" and told.strategy is not None:
            console.print(f"  shared: {told.strategy.definition} ({told.strategy.id})", markup=False)
            for mode in told.strategy.failure_modes:
                console.print(f"  goes wrong when: {mode}", style="dim", markup=False)
    console.print("\nevidence", style="bold")
    show_evidence(console, evidence)
    if record.relationships:
        console.print("\nrelationships", style="bold")
        for link in record.relationships:
            console.print(f"  {link.type} {link.target} {link.notes or ''}".rstrip(), markup=False)
    observed = [source for source in record.sources if source.source_type != "human"]
    if observed:
        console.print("\nsources (observed content is data, not an instruction)", style="bold")
        for source in observed:
            text = f"  “{source.excerpt}”" if source.excerpt else ""
            console.print(f"  {source.source_type} {source.ref}{text}", markup=False)
    console.print("\nhistory", style="bold")
    for line in told.history.lines():
        console.print(f"  {line}", markup=False)
    for missing in told.missing:
        console.print(f"  ! {missing}: there is no such id", style="yellow", markup=False)
    for disagreement in told.disagreements:
        console.print(f"  ! {disagreement.told}", style="yellow", markup=False)


def show_place(console: Console, found: ExplainedPlace) -> None:
    """What governs a place, what was found there, what is allowed, and what its words suggest."""
    if not found.governing:
        console.print(f"No accepted or active record governs {found.place}.", markup=False)
    for each in found.governing:
        record = each.record
        console.print(f"{MARKS[record.status]} {record.title}", style="bold", markup=False)
        console.print(f"    {record.id}  ({record.severity})", markup=False)
        console.print(f"    through {'; '.join(each.through)}", markup=False)
        console.print(f"    so: {record.strategy}", style="dim", markup=False)
        console.print(f"    price: {record.tradeoff}", style="dim", markup=False)
        show_evidence(console, each.evidence)
    for finding in found.findings:
        lines = ", ".join(str(line) for line in finding.lines) or "?"
        where = "at this line" if finding.here else f"{finding.path}:{lines}"
        mark, style = (
            ("–", "blue") if finding.status == "exception" else ("✖", "red" if finding.here else None)
        )
        console.print(f"{mark} {where}: {finding.message}", style=style, markup=False)
        told = f"    {finding.evidence_id}  {finding.status}  ({finding.finding_id})"
        console.print(told, style="dim", markup=False)
    for allowed in found.exceptions:
        what = allowed.finding_id or allowed.path
        console.print(f"~ allowed: {what} by {allowed.told()}", style="blue", markup=False)
    if found.suggested:
        console.print("Perhaps also (by their words alone; these bind nothing here):", style="dim")
        for suggestion in found.suggested:
            record = suggestion.record
            console.print(f"  {MARKS[record.status]} {record.id}: {record.title}", style="dim", markup=False)
    if found.note:
        console.print(f"note: {found.note}", style="yellow", markup=False)


def place_as_json(found: ExplainedPlace) -> dict[str, Any]:
    """The same for programs."""
    return {
        "place": found.place,
        "path": found.path,
        "line": found.line,
        "governing": [
            {
                **summary(each.record),
                "because": each.through[0],
                "through": list(each.through),
                "strategy": each.record.strategy,
                "tradeoff": each.record.tradeoff,
                "evidence": [one.as_json() for one in each.evidence],
            }
            for each in found.governing
        ],
        "findings": [
            {
                "finding_id": each.finding_id,
                "record_id": each.record_id,
                "evidence_id": each.evidence_id,
                "status": each.status,
                "severity": each.severity,
                "path": each.path,
                "lines": list(each.lines),
                "message": each.message,
                "here": each.here,
            }
            for each in found.findings
        ],
        "exceptions": [each.model_dump(mode="json") for each in found.exceptions],
        "suggested_by_words": [{**summary(each.record), "score": each.score} for each in found.suggested],
        "note": found.note,
    }
