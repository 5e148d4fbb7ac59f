"""`alloynb check`, `drift`: does the code still hold what was intended?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, progress, settings_now, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.look_for_drift import LookForDrift, SeenDrift


@click.command()
@click.argument("evidence_id")
@click.option(
    "--plan",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Evidence plan that pins the definition (default: of the run that we are a gate of, if any).",
)
@click.option(
    "--answer",
    type=click.Choice(["holds", "broken"]),
    help="Answer the question of human-review evidence; needs --why.",
)
@click.option(
    "--finding", help="Ask only whether this finding is gone, and that no more than --at-most others stand."
)
@click.option(
    "--at-most", type=click.IntRange(min=0), default=0, help="How many others may stand; needs --finding."
)
@click.option("--why", help="Reason for --answer; stands in the answer's file.")
@shared_options
def check(
    evidence_id: str, plan: Path | None, answer: Any, finding: str | None, at_most: int, why: str | None
) -> Answer:
    """Hold the tree in this folder against one evidence definition. Exit 1 when it is broken, 4 when unknown.

    Compiled gates call this. Within a run the definition comes from the run's evidence plan, otherwise from the
    records of this tree. With --answer, a person answers a review question: a file in .alloy/reviews/ to be committed,
    which counts for as many days as the record says.

    \b
    Examples:
      alloynb check alloy-foundry.intent.ownership-boundary#imports
      alloynb check vendor-boundary#imports --finding finding_7TQYP76F2TWCX5BKZAQDV8MTZA --at-most 2
      alloynb check vendor-boundary#contract --answer holds --why "read the contract of 2026"
    """
    if answer is not None or why is not None:
        if answer is None or why is None:
            raise click.UsageError("an answer needs --answer and --why")
        return _answered(evidence_id, answer, why)
    if at_most and finding is None:
        raise click.UsageError("--at-most needs --finding")
    from alloynb.application.check_evidence import CheckEvidence, check_evidence

    artifacts, reports = os.environ.get("FOUNDRY_ARTIFACTS_DIR"), os.environ.get("FOUNDRY_GATE_REPORT_DIR")
    pinned = plan or (Path(artifacts) / "evidence_plan.json" if artifacts else None)
    report_dir = Path(reports) if reports else None
    command = CheckEvidence(evidence_id, settings_now().workspace, pinned, report_dir, finding, at_most)
    checked = check_evidence(command)
    report = checked.report

    def show(console: Console) -> None:
        for each in report.findings:
            place = f"{each.path}:{each.lines[0]}" if each.lines else each.path
            mark = "–" if checked.holds else "✖"
            console.print(f"{mark} {place}: {each.message}", markup=False)
        for missing in report.could_not_check:
            console.print(f"? not checked: {'; '.join(missing.reasons)}", markup=False)
        for note in report.notes:
            console.print(f"! {note.text}", markup=False)
        if checked.holds:
            told = "holds" if finding is None else f"is rid of {finding}"
            console.print(f"✔ {evidence_id} {told}", markup=False)

    data = {
        "evidence_id": evidence_id,
        "holds": checked.holds,
        "findings": [each.model_dump(mode="json") for each in report.findings],
        "notes": [note.text for note in report.notes],
        "sarif_file": str(checked.sarif_file) if checked.sarif_file else None,
    }
    return Answer(data, show, 0 if checked.holds else 1)


def _answered(evidence_id: str, answer: Any, why: str) -> Answer:
    from alloynb.application.answer_review import AnswerReview, answer_review

    made = answer_review(current_workspace(), AnswerReview(evidence_id, answer, why))

    def show(console: Console) -> None:
        told = made.answer
        console.print(
            f"{told.evidence_id}: {told.answer}, until {told.until:%Y-%m-%d}", style="bold", markup=False
        )
        console.print(f"  {told.question}\n  {told.told()}\n  {made.file}", markup=False)
        console.print("Next: commit the file, so that others see it too", markup=False)

    return Answer({**made.answer.model_dump(mode="json"), "file": str(made.file)}, show)


@click.command()
@click.option("--at", "revision", metavar="REV", help="A committed revision (default: the working tree).")
@click.option(
    "--sarif", type=click.Path(path_type=Path, dir_okay=False), help="Also write findings as SARIF 2.1.0."
)
@click.option(
    "--since",
    metavar="REV",
    help="Show only what stands in files that changed since; all is looked at and kept.",
)
@click.option(
    "--all", "show_all", is_flag=True, help="Show resolved findings too, and each that a baseline lists."
)
@click.option(
    "--verdicts", is_flag=True, help="Say of each finding whether code or intent looks wrong, and why."
)
@click.option("--run-gates", is_flag=True, help="First have Foundry run gates and tests on the last commit.")
@shared_options
def drift(
    revision: str | None,
    sarif: Path | None,
    since: str | None,
    show_all: bool,
    verdicts: bool,
    run_gates: bool,
) -> Answer:
    """Hold the code against the evidence of accepted records, by reading alone. Exit 1 when something drifted.

    What only a run can show (gates, tests, traces) is taken from the last run of the same commit; --run-gates requests
    one. Metrics are asked of the evidence store, review questions of their committed answers.

    Findings are kept: the next look says which are new, known, resolved or regressed. What `alloynb decide` or
    `alloynb waive` allowed for now, or a baseline holds, is listed, and does not count.

    With --verdicts, what each looks like is told, kept in the evidence store (view finding_verdicts), and written to
    the SARIF file.

    \b
    Examples:
      alloynb drift
      alloynb drift --at main --sarif drift.sarif
      alloynb drift --since main
      alloynb drift --verdicts --sarif drift.sarif
      alloynb drift --run-gates
    """
    from alloynb.application.drift_sarif import write_sarif
    from alloynb.application.keep_finding_verdicts import judge_and_keep
    from alloynb.application.look_for_drift import LookForDrift
    from alloynb.faces.cli.drift_screen import DriftScreen

    seen = _looked(LookForDrift(revision, since), run_gates)
    judged = judge_and_keep(current_workspace(), seen) if verdicts else ()
    if sarif is not None:
        write_sarif(current_workspace(), seen, sarif, judged)
    screen = DriftScreen(seen, judged, since or "", show_all=show_all)
    return Answer(screen.data(), screen.show, 1 if seen.shown_findings else 0)


def _looked(command: LookForDrift, run_gates: bool) -> SeenDrift:
    from alloynb.application.look_for_drift import look_for_drift

    if not run_gates:
        return look_for_drift(current_workspace(), command)
    from alloynb.application.drift_with_gates import drift_with_gates
    from alloynb.faces.report import html_of

    quiet = settings_now().as_json
    return drift_with_gates(current_workspace(), command, html_of=html_of, tell=progress, quiet=quiet)


COMMANDS = (check, drift)
