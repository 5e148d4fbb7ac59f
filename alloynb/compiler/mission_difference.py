"""What changed in mission, agents, moves and prompts between two formations, in plain sentences (spec 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alloynb.compiler.evidence_difference import Difference
from alloynb.compiler.wording import one_line
from runtime_artifacts.formation_brief import ExternalReference, FormationBrief
from runtime_artifacts.prompt_pack import PromptPack


def compare_references(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    """Say which product and design intent came, went, or says something else."""
    before = {(each.system, each.ref): each for each in old.mission.references}
    after = {(each.system, each.ref): each for each in new.mission.references}
    for key in sorted({*before, *after}):
        shown = ":".join(key)
        if key not in after:
            yield Difference("mission", f"{shown} is no longer behind it.")
        elif key not in before:
            yield Difference("mission", f"{shown} is behind it now: {_titled(after[key])}")
        elif before[key] != after[key]:
            yield Difference("mission", _reference(shown, before[key], after[key]))


def compare_agents(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    """Say who works together otherwise, and why; that somebody may write comes first."""
    before, after = old.agent_formation, new.agent_formation
    wrote = {role.name for role in before.roles if role.access == "full"}
    writes = {role.name for role in after.roles if role.access == "full"}
    for name in sorted(writes - wrote):
        yield Difference("agent_formation", f"The {name} may now write.")
    for name in sorted(wrote - writes):
        yield Difference("agent_formation", f"The {name} may no longer write.")
    if before.pattern != after.pattern:
        fresh = [reason for reason in after.reasons if reason not in before.reasons] or list(after.reasons)
        was = before.pattern.replace("_", " ")
        told = f"Agents work as {after.pattern.replace('_', ' ')} instead of {was}: {' '.join(fresh)}"
        yield Difference("agent_formation", told)
    elif before != after and writes == wrote:
        gone = [reason for reason in before.reasons if reason not in after.reasons]
        fresh = [reason for reason in after.reasons if reason not in before.reasons]
        told = (
            " ".join(fresh) or f"it no longer counts that: {' '.join(gone)}"
            if fresh or gone
            else "other roles."
        )
        yield Difference("agent_formation", f"The same agents, for other reasons: {told}")


def compare_moves(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    """Say which moves a gate stops now, and which it stops no more."""
    before, after = _stopped(old), _stopped(new)
    for move in sorted(before.keys() - after.keys()):
        yield Difference("suspicious_moves", f"No gate stops this any more: {move}", before[move])
    for move in sorted(after.keys() - before.keys()):
        yield Difference("suspicious_moves", f"A gate stops this now: {move}", after[move])


def compare_prompts(old: PromptPack, new: PromptPack) -> list[Difference]:
    """Say which prompts are written otherwise, show less, or were edited, by whom and why."""
    found = []
    before = {prompt.phase: prompt for prompt in old.prompts}
    for prompt in new.prompts:
        earlier = before.get(prompt.phase)
        if earlier is None or earlier.template != prompt.template:
            was = f" instead of {earlier.template}" if earlier else ""
            told = f"The {prompt.phase} prompt is written by {prompt.template}{was}."
            found.append(Difference("prompt_pack", told))
        elif earlier.token_budget != prompt.token_budget:
            told = (
                f"The {prompt.phase} prompt may use {prompt.token_budget} tokens, not {earlier.token_budget}."
            )
            found.append(Difference("prompt_pack", told))
        hidden = {each.record_id for each in prompt.left_out}
        shown = {each.record_id for each in earlier.left_out} if earlier else hidden
        found += [
            Difference("prompt_pack", f"The {prompt.phase} prompt no longer shows all of {id}.", id)
            for id in sorted(hidden - shown)
        ]
        found += [
            Difference("prompt_pack", f"The {prompt.phase} prompt shows all of {id} again.", id)
            for id in sorted(shown - hidden)
        ]
    found += [
        Difference("prompt_pack", f"{edit.edited_by} edited the {edit.phase} prompt: {one_line(edit.why)}")
        for edit in new.human_edits
        if edit not in old.human_edits
    ]
    found += [
        Difference("prompt_pack", f"The edit of the {edit.phase} prompt by {edit.edited_by} is gone.")
        for edit in old.human_edits
        if edit not in new.human_edits
    ]
    return found


def _stopped(brief: FormationBrief) -> Mapping[str, str]:
    return {each.move: each.record_id for each in brief.suspicious_moves if each.enforcement == "gate"}


def _titled(reference: ExternalReference) -> str:
    return f"{reference.title or 'untitled'}, version {reference.snapshot.get('version', 'unknown')}"


def _reference(shown: str, old: ExternalReference, new: ExternalReference) -> str:
    before, after = _values(old), _values(new)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    versions = f"version {old.snapshot.get('version')} to {new.snapshot.get('version')}"
    if changed:
        return f"{shown} says something else of {', '.join(changed)} ({versions})."
    if old.snapshot.get("version") != new.snapshot.get("version"):
        return f"{shown} went from {versions}, and says the same."
    return f"{shown} is referred to by other records, or under another title."


def _values(reference: ExternalReference) -> dict[str, Any]:
    values = reference.snapshot.get("values")
    return values if isinstance(values, dict) else {}
