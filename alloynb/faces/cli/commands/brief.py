"""`alloynb brief`: preview, create, compile, list, show and compare formation briefs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, payload_option, progress, shared_options
from alloynb.faces.cli.brief_decisions import DECISIONS, PHASES
from alloynb.faces.cli.brief_lowering import LOWERING
from alloynb.faces.cli.brief_screen import review_data, show_history, show_review
from alloynb.faces.cli.command_group import CommandGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from alloynb.application.compile_intent import CompileIntent
    from alloynb.application.review_brief import BriefReview


@click.group(cls=CommandGroup)
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
        click.option("--revision", help="Pin it to this commit (default: whichever a request names)."),
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
    from alloynb.application.review_brief import review_preview

    return _told(
        review_preview(current_workspace(), _command(**options), progress), "preview, nothing was written"
    )


@brief.command("create")
@_compile_options
@click.option("--why", default="to be looked at", show_default=True, help="Reason, kept in the ledger.")
@shared_options
def create(why: str, **options: Any) -> Answer:
    """Lay a brief down for review: an instance of a template, which pins the records as they are now.

    It cannot be run before `alloynb brief compile --brief ID`, and that is refused as soon as its records say something
    else.

    \b
    Examples:
      alloynb brief create
      alloynb brief create --template iterate --revision HEAD --why "for Thursday"
    """
    from alloynb.application.compile_intent import create_brief
    from alloynb.application.review_brief import review_brief

    workspace = current_workspace()
    created = create_brief(workspace, _command(**options), why)
    return _told(review_brief(workspace, created.formation.brief.id))


@brief.command("compile")
@_compile_options
@click.option("--brief", "brief_id", help="Exactly this brief, as it was laid down for review.")
@shared_options
def compile_brief(brief_id: str | None, **options: Any) -> Answer:
    """Compile accepted records into brief, prompt pack, gate overlay and evidence plan on the shelf, ready to run.

    With --brief, a brief that was laid down by `create` or `edit-prompt` is made ready exactly as it was reviewed; when
    its records changed since, that is refused, and says which and how.

    \b
    Examples:
      alloynb brief compile
      alloynb brief compile --brief brief_01J
    """
    from alloynb.application import compile_intent as application
    from alloynb.application.review_brief import review_brief

    workspace = current_workspace()
    if brief_id is None:
        compiled = application.compile_intent(workspace, _command(**options), progress)
        found, activated = compiled.formation.brief, compiled.activated
    else:
        found, activated = application.compile_brief(workspace, brief_id)
    note = f"made active: {', '.join(activated)}" if activated else ""
    return _told(review_brief(workspace, found.id), note)


@brief.command("list")
@shared_options
def list_briefs() -> Answer:
    """List the briefs on the shelf with where each stands, oldest first.

    \b
    Example:
      alloynb brief list
    """
    from alloynb.application.follow_brief import brief_history
    from runtime_artifacts.formation_brief import FORMATION_BRIEF

    workspace = current_workspace()
    found = [
        (each, brief_history(workspace, each.id).standing.state)
        for each in workspace.shelf.all(FORMATION_BRIEF)
    ]

    def show(console: Console) -> None:
        if not found:
            console.print("The shelf holds no brief. `alloynb brief compile` makes one.")
        for each, state in found:
            identity, records = each.content.identity, len(each.content.relevant_intent.records)
            console.print(
                f"{each.id}  {state:<10} {each.created_at[:19]}  {records:>3} records  {identity.template:<12} "
                f"{identity.title}",
                markup=False,
            )

    data = [
        {
            "id": each.id,
            "digest": each.digest,
            "created_at": each.created_at,
            "state": state,
            "template": each.content.identity.template,
        }
        for each, state in found
    ]
    return Answer(data, show)


@brief.command("show")
@click.argument("brief_id")
@click.option("--prompt", type=click.Choice(PHASES), help="Show one phase's prompt.")
@shared_options
def show_brief(brief_id: str, prompt: str | None) -> Answer:
    """Tell one brief: the verdict, what it rests on, what became of it.

    BRIEF_ID is an id, a digest, or the beginning of one.

    \b
    Examples:
      alloynb brief show brief_01J
      alloynb brief show brief_01J --prompt review
    """
    from alloynb.application.review_brief import review_brief
    from runtime_artifacts.formation_brief import FORMATION_BRIEF
    from runtime_artifacts.prompt_pack import PROMPT_PACK

    workspace = current_workspace()
    if prompt is None:
        review = review_brief(workspace, brief_id)

        def show(console: Console) -> None:
            show_review(console, review)
            show_history(console, review.history)

        return Answer({**review.brief.as_json(), "review": review_data(review)}, show)
    shelf = workspace.shelf
    found = shelf.find(FORMATION_BRIEF, brief_id)
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


def _command(**options: Any) -> CompileIntent:
    from alloynb.application.compile_intent import CompileIntent

    return CompileIntent(
        options["template"],
        options["records"],
        options["paths"],
        options["objective"],
        options["throttle"],
        options["payload"],
        revision=options["revision"],
    )


def _told(review: BriefReview, note: str = "") -> Answer:
    def show(console: Console) -> None:
        show_review(console, review, note)

    return Answer({**review.brief.as_json(), "review": review_data(review)}, show)


for _decision in (*DECISIONS, *LOWERING):
    brief.add_command(_decision)

COMMANDS = (brief,)
