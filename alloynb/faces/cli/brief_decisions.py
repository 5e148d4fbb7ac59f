"""What a human decides on a brief: approve, reject, archive, cancel, reopen, edit a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, progress, shared_options

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.approve_brief import ApprovalPreview

PHASES = (
    "assessment",
    "triage",
    "planning",
    "execution",
    "review",
    "retry",
    "summarization",
    "intent_feedback",
)


@click.command("approve")
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


@click.command("reject")
@click.argument("brief_id")
@click.option("--why", required=True, help="Reason, kept in the ledger.")
@shared_options
def reject(brief_id: str, why: str) -> Answer:
    """Say that BRIEF_ID shall not run. The same records compiled again give the same brief, and it stays rejected.

    \b
    Example:
      alloynb brief reject brief_01J --why "it protects the wrong half"
    """
    return _decided(brief_id, "rejected", why)


@click.command("archive")
@click.argument("brief_id")
@click.option("--why", required=True, help="Reason, kept in the ledger.")
@shared_options
def archive(brief_id: str, why: str) -> Answer:
    """Put BRIEF_ID away: nothing runs it any more. Refused while a run of it is under way.

    \b
    Example:
      alloynb brief archive brief_01J --why "the quarter is over"
    """
    return _decided(brief_id, "archived", why)


@click.command("cancel")
@click.argument("brief_id")
@click.option("--why", required=True, help="Reason, kept in the ledger.")
@shared_options
def cancel(brief_id: str, why: str) -> Answer:
    """Give BRIEF_ID up before it is done.

    \b
    Example:
      alloynb brief cancel brief_01J --why "we do it by hand"
    """
    return _decided(brief_id, "cancelled", why)


@click.command("reopen")
@click.argument("brief_id")
@click.option("--why", required=True, help="Reason, kept in the ledger.")
@shared_options
def reopen(brief_id: str, why: str) -> Answer:
    """Open BRIEF_ID for review again, after it was rejected, cancelled or archived.

    \b
    Example:
      alloynb brief reopen brief_01J --why "the objection was withdrawn"
    """
    return _decided(brief_id, "reviewable", why)


@click.command("edit-prompt")
@click.argument("phase", type=click.Choice(PHASES))
@click.option(
    "--brief", "brief_id", required=True, help="Id or digest of the brief, or the beginning of one."
)
@click.option("--why", required=True, help="Reason, recorded in the new pack.")
@click.option(
    "--from", "source", type=click.File(encoding="utf-8"), help="Take the text from this file; - is stdin."
)
@shared_options
def edit(phase: Any, brief_id: str, why: str, source: Any) -> Answer:
    """Change what PHASE is told, in $EDITOR or from a file. Makes a new pack, and a new brief that names it.

    Nothing that stands is changed, and no approval carries over: what was edited has to be approved anew. Who edited
    what, when and why is recorded in the pack, and stands in the header of the prompt.

    \b
    Examples:
      alloynb brief edit-prompt execution --brief brief_01J --why "name the folder"
      alloynb brief edit-prompt review --brief brief_01J --from review.md --why "ask for screenshots"
    """
    from alloynb.application.edit_prompt import EditPrompt, edit_prompt, prompt_of

    workspace = current_workspace()
    brief, prompt = prompt_of(workspace, brief_id, phase)
    text = source.read() if source is not None else _in_editor(prompt.text)
    done = edit_prompt(workspace, EditPrompt(brief.id, phase, text, why))

    def show(console: Console) -> None:
        console.print(f"{done.brief.id}", style="bold", markup=False)
        console.print(
            f"names {done.prompt_pack.id}, edited in {phase}; {brief.id} stands as it was", markup=False
        )
        console.print(done.edit.difference, markup=False, style="dim")
        console.print(f"Next: alloynb brief compile --brief {done.brief.id}", markup=False)

    return Answer(
        {
            "brief_id": done.brief.id,
            "brief_digest": done.brief.digest,
            "prompt_pack_id": done.prompt_pack.id,
            "prompt_pack_digest": done.prompt_pack.digest,
            "edits_brief": brief.id,
            "edit": done.edit.model_dump(mode="json"),
        },
        show,
    )


def _in_editor(text: str) -> str:
    """What the person leaves in the editor.

    Raises:
        Refused: the editor was left without saving.
    """
    from alloynb.errors import Refused

    edited = click.edit(text, extension=".md")
    if edited is None:
        raise Refused("the editor was left without saving; nothing was written")
    return edited


def _decided(brief_id: str, decision: Any, why: str) -> Answer:
    from alloynb.application.decide_brief import DecideBrief, decide_brief

    done = decide_brief(current_workspace(), DecideBrief(brief_id, decision, why))

    def show(console: Console) -> None:
        console.print(f"{done.brief.id} is {done.standing.brief}", markup=False)
        for request_id in done.still_asked:
            console.print(
                f"! {request_id} still waits for a runner, who may take it up", style="yellow", markup=False
            )

    data = {"brief_id": done.brief.id, "state": done.standing.brief, "still_asked": list(done.still_asked)}
    return Answer(data, show)


DECISIONS = (approve, reject, archive, cancel, reopen, edit)
