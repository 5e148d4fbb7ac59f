"""`alloynb decide` and `alloynb waive`: what a human says to a finding, or to evidence that is not demanded for now."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.waive_evidence import KnownWaiver

_MARKS = {"valid": "–", "expired": "✖", "withdrawn": "✖", "not yet valid": "?"}


@click.command()
@click.argument("finding_id", metavar="FINDING")
@click.argument("decision", type=click.Choice(["drift", "exception", "obsolete"]))
@click.option("--why", required=True, help="Reason; told in every report.")
@click.option(
    "--until",
    metavar="END",
    help="End of an exception, at most 366 days away: the beginning of a day (UTC) such as 2027-01-31, or 90d.",
)
@click.option(
    "--path",
    metavar="GLOB",
    help="Let an exception cover all findings of the same evidence in this gitignore-style glob.",
)
@shared_options
def decide(finding_id: str, decision: Any, why: str, until: str | None, path: str | None) -> Answer:
    """Answer a drift finding; FINDING is its id, or an unambiguous beginning.

    `drift`: the intent is valid, the code has to be mended; a narrow repair brief is compiled, which does nothing until
    a human approves it. `exception`: allowed until a day, as a file in
    .alloy/exceptions/ to be committed; listed in every report. `obsolete`: the code is right; raises a question about
    the record, and changes nothing by itself. Needs the authority accept_intent, which only a human can have.

    \b
    Examples:
      alloynb decide finding_01J drift --why "nobody meant to"
      alloynb decide finding_01J exception --until 90d --why "the vendor leaves in spring"
      alloynb decide finding_01J obsolete --why "one vendor is all we ever want"
    """
    from alloynb.application.decide_finding import DecideFinding, decide_finding

    decided = decide_finding(current_workspace(), DecideFinding(finding_id, decision, why, until, path))
    finding = decided.finding

    def show(console: Console) -> None:
        console.print(f"{finding.finding_id}: {decided.decision}", style="bold", markup=False)
        console.print(f"  {finding.path}: {finding.message}", markup=False)
        if decided.exception is not None:
            console.print(
                f"  allowed by {decided.exception.told()}\n  {decided.file}", style="blue", markup=False
            )
        for each in decided.withdrawn:
            console.print(f"  {each} is withdrawn", markup=False)
        if decided.repair is not None:
            told = decided.repair.why_not
            made = f"  repair brief {decided.repair.brief_id}, for somebody to approve"
            console.print(f"  no repair brief: {told}" if told else made, style="blue", markup=False)
        if decided.still_allowed_by is not None:
            console.print(
                f"  ! still allowed by {decided.still_allowed_by}, which covers its path", markup=False
            )
        console.print(f"Next: {decided.next_step}", markup=False)

    data = {
        "finding": finding.model_dump(mode="json"),
        "decision": decided.decision,
        "exception": decided.exception.model_dump(mode="json") if decided.exception else None,
        "file": str(decided.file) if decided.file else None,
        "withdrawn": list(decided.withdrawn),
        "repair": dataclasses.asdict(decided.repair) if decided.repair else None,
        "still_allowed_by": decided.still_allowed_by,
        "next_step": decided.next_step,
    }
    return Answer(data, show)


@click.command()
@click.argument("evidence_id", required=False)
@click.option(
    "--until",
    metavar="END",
    help="End, at most 366 days away: the beginning of a day (UTC) such as 2027-01-31, or 90d.",
)
@click.option("--why", help="Reason; told in every report.")
@click.option(
    "--withdraw", metavar="WAIVER_ID", help="Take this waiver back; a beginning of its id is enough."
)
@shared_options
def waive(evidence_id: str | None, until: str | None, why: str | None, withdraw: str | None) -> Answer:
    """Do not demand evidence until a day; without arguments, list all waivers.

    A waiver is a file in .alloy/waivers/ to be committed. What it covers is `waived`, which is never `satisfied`, and
    does not fail a run that only looks. Needs the authority accept_intent, which only a human can have.

    \b
    Examples:
      alloynb waive
      alloynb waive vendor-boundary#imports --until 2027-01-31 --why "until the new port is there"
      alloynb waive --withdraw waiver_01J --why "the port is there"
    """
    from alloynb.application.waive_evidence import (
        WaiveEvidence,
        WithdrawWaiver,
        list_waivers,
        waive_evidence,
        withdraw_waiver,
    )

    if evidence_id is not None and withdraw is not None:
        raise click.UsageError("either waive evidence, or --withdraw a waiver")
    if withdraw is not None:
        if why is None or until is not None:
            raise click.UsageError("--withdraw needs --why, and no --until")
        return _waivers((withdraw_waiver(current_workspace(), WithdrawWaiver(withdraw, why)),), changed=True)
    if evidence_id is not None:
        if why is None or until is None:
            raise click.UsageError("a waiver needs --until and --why")
        made = waive_evidence(current_workspace(), WaiveEvidence(evidence_id, until, why))
        return _waivers((made,), changed=True)
    if why is not None or until is not None:
        raise click.UsageError("name the EVIDENCE_ID that is waived")
    return _waivers(list_waivers(current_workspace()))


def _waivers(known: tuple[KnownWaiver, ...], *, changed: bool = False) -> Answer:
    def show(console: Console) -> None:
        for each in known:
            console.print(f"{_MARKS[each.state]} {each.state:<13} {each.waiver.evidence_id}", markup=False)
            console.print(f"    by {each.waiver.told()}", markup=False)
            if each.waiver.withdrawn is not None:
                taken = each.waiver.withdrawn
                console.print(
                    f"    withdrawn by {taken.by} on {taken.at:%Y-%m-%d}: {taken.why}", markup=False
                )
            console.print(f"    {each.waiver.id}", style="dim", markup=False)
        if changed:
            console.print("Next: commit the file, so that others see it too", markup=False)
        elif not known:
            console.print("No waivers.")

    data = [
        {**each.waiver.model_dump(mode="json"), "state": each.state, "file": str(each.file)} for each in known
    ]
    return Answer(data, show)


COMMANDS = (decide, waive)
