"""`alloynb brief`: preview, compile, show, compare and approve formation briefs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, payload_option, progress, shared_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from alloynb.application.approve_brief import ApprovalPreview
    from alloynb.application.compile_intent import CompileIntent
    from runtime_artifacts.envelope import Artifact
    from runtime_artifacts.formation_brief import FormationBrief


@click.group()
def brief() -> None:
    """Formation briefs: which intent shapes a run."""


def _compile_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--template", default="validate", show_default=True, help="Formation template."),
        click.option(
            "--record", "records", multiple=True, metavar="RECORD_ID", help="Only this record; repeatable."
        ),
        click.option(
            "--path", "paths", multiple=True, help="Only records that govern this path; may be repeated."
        ),
        click.option("--objective", default="", help="What the run is for."),
        payload_option,
        click.option(
            "--throttle",
            type=click.Choice(["dry_run", "audit_only", "full"]),
            help="Recommended to whoever requests a run (default: the template's).",
        ),
    ):
        command = option(command)
    return command


@brief.command("preview")
@_compile_options
@shared_options
def preview(**options: Any) -> Answer:
    """Show what would be compiled, with its digest; writes nothing.

    \b
    Example:
      alloynb brief preview --path alloynb/intent/record.py
    """
    from alloynb.application.compile_intent import preview_brief

    formation = preview_brief(current_workspace(), _command(**options))
    return _told(formation.brief, "preview, nothing was written")


@brief.command("compile")
@_compile_options
@shared_options
def compile_brief(**options: Any) -> Answer:
    """Compile accepted records into brief, prompt pack, gate overlay and evidence plan on the shelf.

    \b
    Example:
      alloynb brief compile
    """
    from alloynb.application.compile_intent import compile_intent

    compiled = compile_intent(current_workspace(), _command(**options))
    note = f"made active: {', '.join(compiled.activated)}" if compiled.activated else ""
    return _told(compiled.formation.brief, note)


@brief.command("list")
@shared_options
def list_briefs() -> Answer:
    """List the briefs on the shelf, oldest first.

    \b
    Example:
      alloynb brief list
    """
    from runtime_artifacts.formation_brief import FORMATION_BRIEF

    found = list(current_workspace().shelf.all(FORMATION_BRIEF))

    def show(console: Console) -> None:
        if not found:
            console.print("The shelf holds no brief. `alloynb brief compile` makes one.")
        for each in found:
            records = len(each.content.relevant_intent.records)
            console.print(
                f"{each.id}  {each.created_at[:19]}  {records} records  {each.content.identity.title}"
            )

    return Answer(
        [{"id": each.id, "digest": each.digest, "created_at": each.created_at} for each in found], show
    )


@brief.command("show")
@click.argument("brief_id")
@click.option(
    "--prompt",
    type=click.Choice(
        [
            "assessment",
            "triage",
            "planning",
            "execution",
            "review",
            "retry",
            "summarization",
            "intent_feedback",
        ]
    ),
    help="Show one phase's prompt.",
)
@shared_options
def show_brief(brief_id: str, prompt: str | None) -> Answer:
    """Tell one brief. BRIEF_ID is an id, a digest, or the beginning of one.

    \b
    Examples:
      alloynb brief show brief_01J
      alloynb brief show brief_01J --prompt review
    """
    from runtime_artifacts.formation_brief import FORMATION_BRIEF
    from runtime_artifacts.prompt_pack import PROMPT_PACK

    shelf = current_workspace().shelf
    found = shelf.find(FORMATION_BRIEF, brief_id)
    if prompt is None:
        return _told(found, "")
    pack = shelf.get(PROMPT_PACK, found.content.prompt_pack.digest)
    text = next((each.text for each in pack.content.prompts if each.phase == prompt), "")
    return Answer({"phase": prompt, "text": text}, lambda console: console.print(text, markup=False))


@brief.command("diff")
@click.argument("earlier")
@click.argument("later", required=False)
@shared_options
def difference(earlier: str, later: str | None) -> Answer:
    """Say in plain sentences what changed between two briefs; LATER defaults to what would be compiled now.

    \b
    Example:
      alloynb brief diff brief_01J
    """
    from alloynb.application.compile_intent import compare_with

    changes = compare_with(current_workspace(), earlier, later)

    def show(console: Console) -> None:
        if not changes:
            console.print("Nothing that matters changed.")
        for change in changes:
            console.print(f"· {change}", markup=False)

    return Answer(list(changes), show)


@brief.command("approve")
@click.argument("brief_id")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(
        ["dry_run", "mutation", "commit", "release", "gate_weakening", "test_deletion", "intent_rewrite"]
    ),
    help="What is approved; may be repeated.",
)
@click.option("--why", required=True, help="Reason, signed along.")
@click.option("--revision", help="Bind it to this commit (default: any).")
@click.option("--days", type=float, default=7, show_default=True, help="How long it holds.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@shared_options
def approve(
    brief_id: str, scopes: tuple[Any, ...], why: str, revision: str | None, days: float, yes: bool
) -> Answer:
    """Sign that BRIEF_ID may do what the scopes say. Only a human who has the authority may.

    It is bound to the digest of the brief, and refused when the intent behind it changed since it was compiled.

    \b
    Examples:
      alloynb brief approve brief_01J --scope mutation --why "reviewed with Ana"
      alloynb brief approve brief_01J --scope mutation --scope commit --revision HEAD --days 1 --why "tonight"
    """
    from alloynb.application.approve_brief import ApproveBrief, approve_brief, preview_approval

    workspace = current_workspace()
    previewed = preview_approval(workspace, ApproveBrief(brief_id, scopes, why, revision, days))
    if not yes:
        _ask(previewed)
    # What was shown is signed, whatever an abbreviation or a branch has come to mean since.
    shown = ApproveBrief(previewed.brief.digest, scopes, why, previewed.statement.revision, days)
    done = approve_brief(workspace, shown)
    content = done.approval.content
    if done.unrecorded:
        progress(f"the evidence store did not take it: {done.unrecorded}")

    def show(console: Console) -> None:
        console.print(f"{done.approval.id}", style="bold", markup=False)
        console.print(
            f"{', '.join(content.scopes)} of {content.subject_id}, by {content.approved_by} until "
            f"{content.expires_at[:16]}Z, key {done.keyid[:16]}…",
            markup=False,
        )
        for caution in previewed.cautions:
            console.print(f"! {caution}", style="yellow", markup=False)

    return Answer({**done.approval.as_json(), "unrecorded": done.unrecorded or None}, show)


def _ask(previewed: ApprovalPreview) -> None:
    """Show on stderr what would be approved, and wait for a yes.

    Raises:
        click.UsageError: nobody is there to ask.
        Refused: the answer is no.
    """
    import sys

    from alloynb.errors import Refused

    said = previewed.statement
    bound = f"revision {said.revision}" if said.revision else "any revision"
    lines = [
        f"{previewed.brief.id}  {previewed.brief.content.identity.title}",
        f"digest    {said.subject_digest}",
        f"objective {previewed.brief.content.mission.objective}",
        f"for       {bound}, until {said.expires_at[:16]}Z, as {said.approved_by}",
        *(f"  {scope:<15} {told}" for scope, told in zip(said.scopes, previewed.allows, strict=True)),
        *(f"! {caution}" for caution in previewed.cautions),
    ]
    click.echo("\n".join(lines), err=True)
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is here to ask; approve on a terminal, or with --yes")
    try:
        agreed = click.confirm("Sign this?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Refused("not signed; nothing was written")


def _command(**options: Any) -> CompileIntent:
    from alloynb.application.compile_intent import CompileIntent

    return CompileIntent(
        options["template"],
        options["records"],
        options["paths"],
        options["objective"],
        options["throttle"],
        options["payload"],
    )


def _told(found: Artifact[FormationBrief], note: str) -> Answer:
    content = found.content

    def show(console: Console) -> None:
        console.print(f"{found.id}", style="bold", markup=False)
        console.print(f"{found.digest}", style="dim", markup=False)
        if note:
            console.print(note, style="yellow", markup=False)
        console.print(f"\nobjective  {content.mission.objective}", markup=False)
        console.print(f"runs       {content.foundry.entry_event} at throttle {content.foundry.throttle}")
        console.print(f"agents     {content.agent_formation.pattern}", markup=False)
        console.print("\nprotects", style="bold")
        for each in content.protected_capabilities:
            console.print(f"  {each.severity:<7} {each.record_id}", markup=False)
            console.print(f"          {each.statement}", style="dim", markup=False)
        for question in content.relevant_intent.open_questions:
            console.print(f"? {question}", style="yellow", markup=False)

    return Answer(found.as_json(), show)


COMMANDS = (brief,)
