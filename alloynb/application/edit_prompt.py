"""A human edits what one phase is told: a new pack, a new brief that names it, the edit on record (spec 3.3).

Nothing that stands is changed. An approval of the brief as it was says nothing of the new one, so a pack that is edited
after approval does not run before somebody approves that.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from alloynb.application.brief_ledger import BriefState
from alloynb.application.brief_lifecycle import take_step
from alloynb.application.compile_intent import refuse_closed
from alloynb.application.workspace import COMPILER_VERSION, Workspace
from alloynb.errors import AlloyError
from alloynb.intent.errors import MissingAuthority
from runtime_artifacts.canonical import replace_odd_characters
from runtime_artifacts.envelope import Artifact, format_timestamp, seal
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.prompt_pack import PROMPT_PACK, HumanEdit, Paragraph, Phase, Prompt, PromptPack

MAX_PROMPT_CHARACTERS = 200_000


class NothingEdited(AlloyError):
    """The text is what stands there already, or none at all."""


@dataclass(frozen=True)
class EditPrompt:
    """Please let this phase be told this.

    Attributes:
        brief: id or digest of a brief on the shelf, or the beginning of one.
        text: the whole prompt as it shall read.
        why: reason, recorded in the pack.
    """

    brief: str
    phase: Phase
    text: str
    why: str


@dataclass(frozen=True)
class EditedPrompt:
    """The new pack, the new brief that names it, and the edit as it is recorded."""

    brief: Artifact[FormationBrief]
    prompt_pack: Artifact[PromptPack]
    edit: HumanEdit


def prompt_of(workspace: Workspace, brief_id: str, phase: Phase) -> tuple[Artifact[FormationBrief], Prompt]:
    """Read what a phase is told by a brief.

    Raises:
        NotOnShelf: no such brief.
        AlloyError: the pack holds no prompt of this phase.
    """
    brief = workspace.shelf.find(FORMATION_BRIEF, brief_id)
    pack = workspace.shelf.get(PROMPT_PACK, brief.content.prompt_pack.digest)
    return brief, _prompt(pack.content, phase)


def edit_prompt(workspace: Workspace, command: EditPrompt) -> EditedPrompt:
    """Lay the edited pack and a brief that names it on the shelf, for review.

    Raises:
        NotOnShelf: no such brief.
        NothingEdited, AlloyError: no change, no reason, or a text that is too long.
        MissingAuthority: the principal may not compile, or is not a human.
        IllegalBriefStep: the brief was rejected, cancelled or archived.
    """
    grant = workspace.authority.require(workspace.principal, "compile_brief", workspace.settings.project)
    if grant.principal.kind != "human":
        raise MissingAuthority(f"{grant.principal.name} is not a human", next_step="ask a person to edit it")
    brief = workspace.shelf.find(FORMATION_BRIEF, command.brief)
    refuse_closed(workspace, brief)
    pack = workspace.shelf.get(PROMPT_PACK, brief.content.prompt_pack.digest)
    before = _prompt(pack.content, command.phase)
    text = _checked(command, before)
    edit = HumanEdit(
        phase=command.phase,
        edited_by=workspace.principal.name,
        edited_at=format_timestamp(workspace.clock()),
        why=command.why.strip(),
        edits_pack=pack.digest,
        difference=difference_of(before.text, text, command.phase),
    )
    edited = pack.content.model_copy(
        update={
            "prompts": tuple(
                _edited(each, text) if each.phase == command.phase else each for each in pack.content.prompts
            ),
            "human_edits": (*pack.content.human_edits, edit),
        }
    )
    now, by = workspace.clock(), workspace.principal.name
    new_pack = seal(PROMPT_PACK, edited, created_at=now, created_by=by, compiler_version=COMPILER_VERSION)
    new_brief = seal(
        FORMATION_BRIEF,
        brief.content.model_copy(update={"prompt_pack": new_pack.ref}),
        created_at=now,
        created_by=by,
        compiler_version=COMPILER_VERSION,
    )
    told = f"{command.phase} was edited: {edit.why}"
    _step(workspace, new_brief, "draft", told, brief.id)
    workspace.shelf.put(PROMPT_PACK, new_pack)
    workspace.shelf.put(FORMATION_BRIEF, new_brief)
    _step(workspace, new_brief, "reviewable", "nothing is missing")
    return EditedPrompt(new_brief, new_pack, edit)


def difference_of(before: str, after: str, phase: str) -> str:
    """Unified difference of a prompt's text."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{phase}.md (compiled)", f"{phase}.md (edited)", lineterm=""
    )
    return "\n".join(lines)


def _step(
    workspace: Workspace,
    brief: Artifact[FormationBrief],
    state: BriefState,
    why: str,
    edits: str | None = None,
) -> None:
    take_step(
        workspace.alloy_dir,
        brief.id,
        state,
        at=format_timestamp(workspace.clock()),
        by=workspace.principal.name,
        why=why,
        unless_taken=True,
        brief_digest=brief.digest,
        edits_brief=edits,
    )


def _prompt(pack: PromptPack, phase: Phase) -> Prompt:
    found = next((each for each in pack.prompts if each.phase == phase), None)
    if found is None:
        raise AlloyError(f"this brief tells the phase {phase} nothing")
    return found


def _checked(command: EditPrompt, before: Prompt) -> str:
    if not command.why.strip():
        raise AlloyError("an edit has a reason", next_step="say why with --why")
    text = command.text.replace("\r\n", "\n").strip() + "\n"
    if replace_odd_characters(text) != text:
        raise AlloyError("the text holds control or invisible characters", next_step="take them out")
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise AlloyError(f"the text has {len(text)} characters, at most {MAX_PROMPT_CHARACTERS}")
    if not text.strip() or text == before.text:
        raise NothingEdited(f"the {command.phase} prompt would stay as it is; nothing was written")
    return text


def _edited(prompt: Prompt, text: str) -> Prompt:
    """The prompt with its new text; a paragraph that was left as it is keeps the records that caused it."""
    paragraphs = tuple(_paragraphs(text, prompt.paragraphs))
    return prompt.model_copy(
        update={
            "text": text,
            "paragraphs": paragraphs,
            "record_ids": tuple(sorted({id for each in paragraphs for id in each.record_ids})),
        }
    )


def _paragraphs(text: str, before: Sequence[Paragraph]) -> list[Paragraph]:
    rest, found = text.strip(), []
    for paragraph in before:
        head, kept, tail = rest.partition(paragraph.text)
        if not kept or not paragraph.text or not _stands_alone(head, tail):
            continue
        if head.strip():
            found.append(Paragraph(text=head.strip()))
        found.append(paragraph)
        rest = tail.strip()
    return [*found, Paragraph(text=rest)] if rest else found


def _stands_alone(head: str, tail: str) -> bool:
    return (not head or head.endswith("\n\n")) and (not tail or tail.startswith("\n\n"))
