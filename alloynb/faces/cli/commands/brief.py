"""`alloynb brief`: preview, compile, show and compare formation briefs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

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
        click.option("--throttle", type=click.Choice(["dry_run", "audit_only", "full"])),
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
    """List the briefs on the shelf, oldest first."""
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


def _command(**options: Any) -> CompileIntent:
    from alloynb.application.compile_intent import CompileIntent

    return CompileIntent(
        options["template"], options["records"], options["paths"], options["objective"], options["throttle"]
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
