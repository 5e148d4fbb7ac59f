"""What changed in meaning between two formations, in plain sentences (spec 3.2: what is reviewed is a preview)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alloynb.compiler.evidence_difference import Difference, compare_overlays, compare_plans
from alloynb.compiler.mission_difference import (
    compare_agents,
    compare_moves,
    compare_prompts,
    compare_references,
)
from alloynb.compiler.wording import code_list, one_line
from runtime_artifacts.evidence_plan import EvidencePlan
from runtime_artifacts.formation_brief import FormationBrief, IntentSnapshot
from runtime_artifacts.gate_overlay import GateOverlay
from runtime_artifacts.prompt_pack import PromptPack

_TOLD_BY_RECORD = (
    "protected_capabilities",
    "threats_to_watch",
    "strategies",
    "suspicious_moves",
    "tradeoffs",
)
_FOLLOWS = {"source_graph_version", "version"}


@dataclass(frozen=True)
class FormationContents:
    """The contents of one compilation, as they come from the shelf or from the compiler."""

    brief: FormationBrief
    evidence_plan: EvidencePlan
    gate_overlay: GateOverlay
    prompt_pack: PromptPack


def compare_formations(old: FormationContents, new: FormationContents) -> tuple[Difference, ...]:
    """Say what changed, in the order of the brief's sections.

    Empty exactly when the contents are equal: a change for which there are no better words is named by its place.
    """
    found = [
        *_identity(old.brief, new.brief),
        *_mission(old.brief, new.brief),
        *compare_references(old.brief, new.brief),
        *_records(old.brief, new.brief),
        *_conflicts_and_questions(old.brief, new.brief),
        *_capabilities(old.brief, new.brief),
        *compare_strategies(old.brief, new.brief),
        *compare_moves(old.brief, new.brief),
        *compare_plans(old.evidence_plan, new.evidence_plan),
        *compare_overlays(old.gate_overlay, new.gate_overlay),
        *compare_agents(old.brief, new.brief),
        *_foundry(old.brief, new.brief),
    ]
    found += _about_silent_records(old.brief, new.brief, {each.record_id for each in found})
    found += compare_prompts(old.prompt_pack, new.prompt_pack)
    found += _silent_sections(old, new, {each.section for each in found})
    return tuple(found)


def _identity(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    for name, words in (
        ("title", "title"),
        ("target_project", "target project"),
        ("template", "template"),
        ("revision", "pinned revision"),
    ):
        before, after = getattr(old.identity, name), getattr(new.identity, name)
        if before != after:
            yield Difference("identity", f"The {words} is {after or 'none'} instead of {before or 'none'}.")


def _mission(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    if old.mission.objective != new.mission.objective:
        yield Difference("mission", f"The objective is now: {one_line(new.mission.objective)}")
    for name, words in (
        ("definition_of_done", "condition of being done"),
        ("stop_conditions", "reason to stop"),
    ):
        before, after = getattr(old.mission, name), getattr(new.mission, name)
        yield from (
            Difference("mission", f"A {words} is gone: {each}") for each in before if each not in after
        )
        yield from (
            Difference("mission", f"A {words} was added: {each}") for each in after if each not in before
        )


def _records(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    before = {record.record_id: record for record in old.relevant_intent.records}
    after = {record.record_id: record for record in new.relevant_intent.records}
    for id in sorted({*before, *after}):
        if id not in after:
            yield Difference("relevant_intent", f"{id} no longer shapes the run.", id)
        elif id not in before:
            role = "shapes the run" if after[id].role == "constraint" else "is asked about"
            yield Difference("relevant_intent", f"{id} now {role}: {one_line(after[id].title)}", id)
        else:
            yield from compare_snapshots(before[id], after[id])


def compare_snapshots(old: IntentSnapshot, new: IntentSnapshot) -> Iterable[Difference]:
    """Say what one record says otherwise."""
    id = new.record_id
    said = []
    for name in ("title", "capability", "threat", "expectation", "strategy", "tradeoff", "severity"):
        if getattr(old, name) != getattr(new, name):
            said.append(f"{id} changed its {name}: {one_line(getattr(new, name))}")
    if old.scope != new.scope:
        said.append(f"{id} changed its scope: {_scope(new.scope)}")
    if old.role != new.role:
        said.append(
            f"{id} now {'constrains the run' if new.role == 'constraint' else 'is only asked about'}."
        )
    if old.confidence != new.confidence:
        said.append(f"{id} changed its confidence from {old.confidence:g} to {new.confidence:g}.")
    if not said and old != new:
        said.append(
            f"{id} was edited (version {new.version}) in its sources, evidence, relationships or owner."
        )
    return (Difference("relevant_intent", sentence, id) for sentence in said)


def _scope(scope: Mapping[str, Any]) -> str:
    if not scope:
        return "the whole project"
    return "; ".join(
        f"{name}: {code_list(value, 'and')}" if isinstance(value, list | tuple) else f"{name}: {value}"
        for name, value in sorted(scope.items())
    )


def _capabilities(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    before = {each.record_id: each for each in old.protected_capabilities}
    after = {each.record_id: each for each in new.protected_capabilities}
    for id in sorted(before.keys() - after.keys()):
        sentence = f"A capability is no longer protected: {before[id].statement} ({id})"
        yield Difference("protected_capabilities", sentence, id)
    for id in sorted(after.keys() - before.keys()):
        yield Difference(
            "protected_capabilities", f"A capability is now protected: {after[id].statement} ({id})", id
        )


def compare_strategies(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    """Changes of shared strategies, which change no record."""
    before = {each.record_id: each for each in old.strategies}
    after = {each.record_id: each for each in new.strategies}
    local = {each.record_id: each.strategy for each in old.relevant_intent.records}
    for record in new.relevant_intent.records:
        earlier, later = before.get(record.record_id), after.get(record.record_id)
        if earlier is None or later is None:
            continue
        same_words = local.get(record.record_id) == record.strategy
        if same_words and (earlier.definition != later.definition or earlier.name != later.name):
            sentence = f"The strategy of {record.record_id} is now understood as: {later.definition}"
            yield Difference("strategies", sentence, record.record_id)
        for name in ("examples", "exceptions", "failure_modes"):
            if getattr(earlier, name) != getattr(later, name):
                sentence = f"The strategy of {record.record_id} has other {name.replace('_', ' ')}."
                yield Difference("strategies", sentence, record.record_id)


def _conflicts_and_questions(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    before, after = old.relevant_intent, new.relevant_intent
    for conflict in after.known_conflicts:
        if conflict not in before.known_conflicts:
            pair = " and ".join(conflict.records)
            yield Difference(
                "relevant_intent", f"The conflict of {pair} counts as settled: {conflict.resolution}"
            )
    for conflict in before.known_conflicts:
        if conflict.records not in {each.records for each in after.known_conflicts}:
            yield Difference(
                "relevant_intent", f"No conflict of {' and '.join(conflict.records)} is known any more."
            )
    questions = set(before.open_questions), set(after.open_questions)
    for question in sorted(questions[0] - questions[1]):
        yield Difference("relevant_intent", f"No longer an open question: {question}")
    for question in sorted(questions[1] - questions[0]):
        yield Difference("relevant_intent", f"A new open question: {question}")


def _foundry(old: FormationBrief, new: FormationBrief) -> Iterable[Difference]:
    for name in ("entry_event", "throttle", "max_iterations", "gate_profile"):
        before, after = getattr(old.foundry, name), getattr(new.foundry, name)
        if before != after:
            yield Difference("foundry", f"The {name.replace('_', ' ')} is {after} instead of {before}.")
    for name, words in (
        ("commit_allowed", "commit"),
        ("push_allowed", "push"),
        ("chain_maintenance", "chain maintenance"),
    ):
        if getattr(old.foundry, name) != getattr(new.foundry, name):
            sentence = f"The run may {'now' if getattr(new.foundry, name) else 'no longer'} {words}."
            yield Difference("foundry", sentence)
    if old.foundry.payload != new.foundry.payload:
        yield Difference("foundry", "The payload of the entry event changed.")


def _about_silent_records(
    old: FormationBrief, new: FormationBrief, said: set[str | None]
) -> list[Difference]:
    """Changes in what a brief says of a record, where nothing else was said of that record."""
    found = []
    for section in _TOLD_BY_RECORD:
        before, after = _by_record(old, section), _by_record(new, section)
        for id in sorted({*before, *after} - {each for each in said if each}):
            if before.get(id) != after.get(id):
                words = section.replace("_", " ")
                found.append(Difference(section, f"What the brief says of {id} under {words} changed.", id))
    return found


def _by_record(brief: FormationBrief, section: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in getattr(brief, section):
        found.setdefault(each.record_id, []).append(each.model_dump())
    return found


def _silent_sections(old: FormationContents, new: FormationContents, said: set[str]) -> list[Difference]:
    """Sections that differ although nothing was said of them; consequences of what was said are passed over."""
    before, after = old.brief.model_dump(), new.brief.model_dump()
    passed_over = {"evidence_plan", "gate_overlay", "prompt_pack"}
    if said:
        passed_over |= {*_TOLD_BY_RECORD, "feedback_hooks", "relevant_intent"}
        before["identity"] = {
            name: value for name, value in before["identity"].items() if name not in _FOLLOWS
        }
        after["identity"] = {name: value for name, value in after["identity"].items() if name not in _FOLLOWS}
    found = [
        Difference(name, f"The section {name.replace('_', ' ')} changed.")
        for name in FormationBrief.model_fields
        if name not in passed_over | said and before[name] != after[name]
    ]
    pairs = {
        "evidence_plan": (old.evidence_plan, new.evidence_plan),
        "gate_overlay": (old.gate_overlay, new.gate_overlay),
        "prompt_pack": (old.prompt_pack, new.prompt_pack),
    }
    if not said and not found:
        found += [
            Difference(name, f"The {name.replace('_', ' ')} reads otherwise.")
            for name, (one, other) in pairs.items()
            if one.model_dump() != other.model_dump()
        ]
    return found
