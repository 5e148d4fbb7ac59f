"""`alloynb run` and `report`: once round the loop, and what it meant."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import (
    Answer,
    current_workspace,
    payload_option,
    progress,
    settings_now,
    shared_options,
)

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.loop_report import FindingLine, LoopReport, RecordLine

_LONGEST_LINE = 200
_MOST_OF_A_RECORD = 3
_STYLES = {
    "satisfied": "green",
    "partially_satisfied": "yellow",
    "unsatisfied": "red",
    "unknown": "yellow",
    "waived": "blue",
}


@click.command()
@click.option("--template", default="validate", show_default=True, help="Formation template.")
@click.option(
    "--record", "records", multiple=True, metavar="RECORD_ID", help="Only this record; may be repeated."
)
@click.option("--path", "paths", multiple=True, help="Only records that govern this path; may be repeated.")
@payload_option
@click.option("--brief", default="", metavar="BRIEF_ID", help="Run this brief of the shelf; compile nothing.")
@click.option(
    "--throttle", type=click.Choice(["dry_run", "audit_only", "full"]), help="Default: as the template says."
)
@click.option(
    "--again", is_flag=True, help="Run although the same was run before; needs --why and is recorded."
)
@click.option("--why", default="", help="Reason for --again.")
@shared_options
def run(
    template: str,
    records: tuple[str, ...],
    paths: tuple[str, ...],
    payload: dict[str, Any],
    brief: str,
    throttle: Any,
    again: bool,
    why: str,
) -> Answer:
    """Go round the loop: compile intent, request a run, execute it here, read what it meant.

    The same request is never run twice: on the same revision with the same intent the earlier result is shown. The
    run is of the last commit; drift is looked for in the working tree.

    \b
    Examples:
      alloynb run
      alloynb run --path payments/gateway.py
      alloynb run --template iterate                    # dry run: the whole chain, nothing changed
      alloynb run --template iterate --throttle full    # once `alloynb brief approve` allows it
      alloynb run --brief brief_01J --throttle full     # such as a repair brief of `alloynb decide`
      alloynb run --again --why "the network was down"
    """
    from alloynb.application.run_loop import RunLoop, run_loop
    from alloynb.faces.report import html_of

    quiet = settings_now().as_json
    chosen = click.get_current_context().get_parameter_source("template")
    if brief and (records or paths or payload or chosen != click.core.ParameterSource.DEFAULT):
        raise click.UsageError(
            "--brief names all that is run: leave --template, --record, --path and --payload out"
        )
    command = RunLoop(
        template, records, paths, throttle, again, why, quiet=quiet, payload=payload, brief=brief
    )
    report = run_loop(current_workspace(), command, html_of=html_of, tell=progress)
    return _answer(report)


@click.command()
@click.argument("run_id", required=False)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the HTML page here as well."
)
@shared_options
def report(run_id: str | None, html: Path | None) -> Answer:
    """Read a finished run again, as text and as one offline HTML page. RUN_ID defaults to the last run.

    \b
    Examples:
      alloynb report
      alloynb report run_01J --html report.html
    """
    from alloynb.application.run_loop import read_again
    from alloynb.faces.report import html_of
    from runtime_artifacts.write_once import replace_whole

    told = read_again(current_workspace(), run_id, html_of=html_of)
    if html is not None:
        replace_whole(html, html_of(told).encode())
    return _answer(told)


def _answer(report: LoopReport) -> Answer:
    return Answer(report.as_json(), lambda console: _show(report, console), report.exit_code)


def _show(report: LoopReport, console: Console) -> None:
    from alloynb.faces.wording import RECOVERY, errors_beyond_gates, headline_of, left_out, seconds

    good = report.holds
    console.print()
    console.print(
        f"{'✔' if good else '✖'} {headline_of(report)}",
        style="bold green" if good else "bold red",
        markup=False,
    )
    branch = f" on {report.branch}" if report.branch else ""
    when = f"{report.started_at[:19].replace('T', ' ')} UTC, {seconds(report.duration_ms)}"
    console.print(
        f"  {report.entry_event} at {report.throttle}, revision {report.revision[:12]}{branch}, {when}",
        style="dim",
    )
    if report.deduplicated:
        console.print(
            "  This request was already run; this is its earlier result (run again with --again --why …)."
        )
    for commit in report.delivered:
        console.print(f"  Delivered {commit}", style="green", markup=False)
    if missing := left_out(report):
        style = "yellow" if missing.paths else "dim"
        console.print(f"  Uncommitted and left out of the run: {missing.named(4)}", style=style, markup=False)
    for error in errors_beyond_gates(report):
        console.print(f"  {error}", style="red", markup=False)
    for missed in report.missed:
        console.print(f"  ✖ The repair missed: {missed}", style="red", markup=False)
    if report.recovery_actions:
        actions = "; ".join(RECOVERY.get(each, each) for each in report.recovery_actions)
        console.print(f"  What can be done: {actions}", markup=False)
    console.print()
    for record in report.records:
        _show_record(record, console)
    _show_gates(report, console)
    _show_drift(report, console)
    console.print()
    for name, place in (
        ("Executed notebook", report.places.notebook),
        ("HTML report", report.places.html),
        ("Evidence store", report.places.store),
    ):
        console.print(f"{name:<18} {_near(place)}", markup=False)
    console.print(
        'Ask the store:     alloynb evidence sql "SELECT record_id, status FROM intent_satisfaction"',
        style="dim",
        markup=False,
    )


def _show_record(record: RecordLine, console: Console) -> None:
    from alloynb.faces.wording import MARKS

    verdict = record.verdict.replace("_", " ")
    line = f"{MARKS[record.verdict]} {verdict:<20} {record.severity:<7} {record.title}"
    console.print(line, style=_STYLES[record.verdict], markup=False)
    proved = sum(each.status == "satisfied" for each in record.evidence)
    console.print(
        f"    {record.record_id}  {proved} of {len(record.evidence)} proved", style="dim", markup=False
    )
    for each in record.evidence:
        if each.status != "satisfied":
            seen = f": {each.told}" if each.told else ""
            console.print(f"    {MARKS[each.status]} {each.description.rstrip('.')}{seen}", markup=False)
    told = [finding for finding in record.findings if finding.status != "baseline"]
    for finding in told[:_MOST_OF_A_RECORD]:
        mark, style = ("✖", "red") if finding.counts else ("–", "blue")
        console.print(f"    {mark} {_place(finding)}", style=style, markup=False)
    if (more := len(told) - _MOST_OF_A_RECORD) > 0:
        console.print(f"    and {more} more, below", style="dim")


def _show_gates(report: LoopReport, console: Console) -> None:
    from alloynb.faces.wording import seconds

    passed = [gate for gate in report.gates if gate.status == "passed"]
    took = sum(gate.duration_ms for gate in report.gates)
    console.print(
        f"\nGates           {len(passed)} of {len(report.gates)} passed, {seconds(took)} of work",
        style="bold",
    )
    for gate in report.gates:
        if gate.status != "passed":
            if gate.let_pass:
                told_why = f"  – {gate.name}: {gate.status}, not held against the run: {gate.let_pass}"
                console.print(told_why, style="blue", markup=False)
                continue
            console.print(f"  ✖ {gate.name}: {gate.status}", style="red", markup=False)
            told = [line for line in gate.details.strip().splitlines() if not _is_finding(line, report)]
            for line in told[-6:]:
                console.print(f"      {line[:_LONGEST_LINE]}", style="dim", markup=False)
    _show_translation(report, console)


def _show_translation(report: LoopReport, console: Console) -> None:
    """What the Foundry that ran it could not take, and which gates of the brief nobody ran."""
    from alloynb.faces.wording import not_as_briefed

    agents = report.agents
    if agents is not None and agents.honoured:
        console.print(f"Agents          {agents.pattern.replace('_', ' ')}", style="bold", markup=False)
    lines = not_as_briefed(report)
    if lines:
        console.print("Not as the brief says", style="bold")
    for line in lines:
        console.print(f"  ! {line}", style="yellow", markup=False)


def _show_drift(report: LoopReport, console: Console) -> None:
    from alloynb.faces.wording import WHAT_NOW

    console.print(f"Drift           {len(report.drifted)} in {report.tree}", style="bold", markup=False)
    for evidence_id, number in Counter(
        finding.evidence_id for finding in report.findings if finding.status == "baseline"
    ).items():
        console.print(f"  – {number} in the baseline of {evidence_id}", style="blue", markup=False)
    for finding in report.findings:
        if finding.status == "baseline":
            continue
        mark, style = ("✖", "red") if finding.counts else ("–", "blue")
        console.print(f"  {mark} {_place(finding)}", style=style, markup=False)
        if finding.allowed:
            console.print(f"      allowed by {finding.allowed}", style="blue", markup=False)
        if finding.looks_like:
            console.print(f"      {finding.looks_like}", style="cyan", markup=False)
        console.print(f"      {finding.evidence_id}", style="dim", markup=False)
    if report.drifted:
        console.print(f"  {WHAT_NOW}", style="dim", markup=False)
    for finding in report.resolved:
        console.print(f"  ✔ resolved: {_place(finding)}", style="green", markup=False)
    console.print(f"Contradictions  {len(report.contradictions)}", style="bold")
    for question in report.contradictions:
        console.print(f"  ? {question}", markup=False)
    if report.allowed:
        console.print("Allowed for now", style="bold")
        for each in report.allowed:
            console.print(f"  – {each}", style="blue", markup=False)
    if report.questions or report.unread:
        console.print("Needs a human", style="bold")
        for question in (*report.questions, *report.unread):
            console.print(f"  ? {question}", markup=False)


def _is_finding(line: str, report: LoopReport) -> bool:
    """Whether a line of a gate's output only repeats a finding, which is shown with its record."""
    return any(f"{finding.place}: {finding.message}" in line for finding in report.findings)


def _place(finding: FindingLine) -> str:
    return f"{finding.status} {finding.place}: {finding.message}"


def _near(place: str) -> str:
    """Path relative to where we stand, if it lies below."""
    path = Path(place)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else place


COMMANDS = (run, report)
