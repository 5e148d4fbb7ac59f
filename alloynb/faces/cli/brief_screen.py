"""A brief on a terminal, as a reviewer reads it: the verdict, then what it rests on; and the same for programs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from alloynb.application.follow_brief import BriefHistory
    from alloynb.application.review_brief import BriefReview
    from runtime_artifacts.gate_overlay import OverlayGate

_SEVERITY = {"high": 0, "medium": 1, "low": 2}
_MOST = 12
_GUARDS = frozenset({"test", "gate"})


def show_review(console: Console, review: BriefReview, note: str = "") -> None:
    """Draw a review: nothing that a decision needs stands below what it does not need."""
    brief, content = review.brief, review.contents.brief
    console.print(review.verdict, style="bold", markup=False)
    console.print(f"{brief.id}  {content.identity.title}", markup=False)
    console.print(f"{brief.digest}", style="dim", markup=False)
    if note or review.state:
        told = " · ".join(each for each in (note, f"state: {review.state}" if review.state else "") if each)
        console.print(told, style="yellow", markup=False)
    for each in (*review.lacks, *review.source_changes):
        console.print(f"! {each}", style="yellow", markup=False)
    _section(console, "For", [content.mission.objective, *_references(review)])
    if review.differences and review.approved_before is not None:
        before = review.approved_before
        title = f"Changed since {before.by} approved {before.brief_id} on {before.at[:10]}"
        _section(console, title, review.differences)
    _section(console, "Protects", _protected(review))
    _section(console, "Forbidden: a gate stops it", _moves(review, "gate"))
    _section(console, "Nobody may weaken", _guards(review))
    _section(console, "Suspicious: agents are warned of it", _moves(review, "warning"))
    _section(console, "Runs", _runs(review))
    _section(console, "Agents", _agents(review))
    _section(
        console,
        "Price that is accepted",
        [f"{each.statement}  ({each.record_id})" for each in content.tradeoffs],
    )
    _section(console, "Settled conflicts", _conflicts(review))
    _section(console, "Only a human can tell", content.relevant_intent.open_questions)
    _section(console, "Left out of prompts for their length", _left_out(review))
    _section(console, "Edited by a human", _edits(review))
    _section(console, "Instance of", _instance(review))


def show_history(console: Console, history: BriefHistory) -> None:
    """Draw every step, oldest first; what only the mailbox tells is marked."""
    console.print("\nHistory", style="bold")
    for step in history.steps:
        of = f"  {step.request_id}" if step.request_id else ""
        mark = "" if step.recorded else "  (not yet in the ledger)"
        console.print(f"  {step.at[:19]}  {step.state:<10} {step.by}: {step.why}{of}{mark}", markup=False)


def review_data(review: BriefReview) -> dict[str, Any]:
    """The review for programs, beside the artifact itself."""
    before = review.approved_before
    return {
        "verdict": review.verdict,
        "state": review.state,
        "lacks": list(review.lacks),
        "source_changes": list(review.source_changes),
        "differences": list(review.differences),
        "approved_before": None
        if before is None
        else {"brief_id": before.brief_id, "by": before.by, "at": before.at, "scopes": list(before.scopes)},
        "gates": [
            {"name": gate.name, "command": _command(gate), "mode": gate.mode, "timeout_s": gate.timeout_s}
            for gate in review.contents.gate_overlay.gates
        ],
        "history": history_data(review.history),
    }


def history_data(history: BriefHistory) -> list[dict[str, Any]]:
    """Every step for programs."""
    return [vars(step) for step in history.steps]


def _section(console: Console, title: str, lines: Iterable[str]) -> None:
    told = list(lines)
    if not told:
        return
    console.print(f"\n{title}", style="bold", markup=False)
    for line in told[:_MOST]:
        console.print(f"  {line}", markup=False)
    if len(told) > _MOST:
        console.print(f"  … and {len(told) - _MOST} more; --json shows all", style="dim", markup=False)


def _protected(review: BriefReview) -> list[str]:
    by_record: dict[str, list[str]] = {}
    for item in review.contents.evidence_plan.items:
        how = (
            f"gate {item.gate}"
            if item.gate
            else {"human": "a human", "trace": "the trace"}.get(item.observed_by, item.observed_by)
        )
        by_record.setdefault(item.record_id, []).append(how if item.need == "required" else f"perhaps {how}")
    lines = []
    capabilities = review.contents.brief.protected_capabilities
    for each in sorted(capabilities, key=lambda it: (_SEVERITY[it.severity], it.record_id)):
        proof = ", ".join(by_record.get(each.record_id, [])) or "nothing"
        lines.append(f"{each.severity:<7} {each.statement}")
        lines.append(f"        {each.record_id}{_where(each.scope)}; shown by {proof}")
    return lines


def _where(scope: dict[str, Any]) -> str:
    named = [*scope.get("paths", ()), *scope.get("modules", ())]
    return f" in {', '.join(named[:3])}{'…' if len(named) > 3 else ''}" if named else ""


def _moves(review: BriefReview, enforcement: str) -> list[str]:
    """What breaks a record in particular; that its tests and gates may not be weakened is told apart."""
    guards = {item.evidence_id for item in review.contents.evidence_plan.items if item.kind in _GUARDS}
    return [
        f"{each.move}  ({each.evidence_id or each.record_id})"
        for each in review.contents.brief.suspicious_moves
        if each.enforcement == enforcement and each.evidence_id not in guards
    ]


def _guards(review: BriefReview) -> list[str]:
    by_record: dict[str, list[str]] = {}
    for item in review.contents.evidence_plan.items:
        if item.kind == "test":
            by_record.setdefault(item.record_id, []).extend(item.definition["test"]["tests"])
        elif item.kind == "gate":
            by_record.setdefault(item.record_id, []).append(shlex.join(item.definition["gate"]["command"]))
    return [f"{', '.join(guards)}  ({record_id})" for record_id, guards in by_record.items()]


def _runs(review: BriefReview) -> list[str]:
    controls = review.contents.brief.foundry
    may = [
        name for name, yes in (("commit", controls.commit_allowed), ("push", controls.push_allowed)) if yes
    ]
    allowed = f"may {' and '.join(may)}" if may else "may not commit"
    once = "once" if controls.max_iterations == 1 else f"at most {controls.max_iterations} times"
    lines = [f"{controls.entry_event} at throttle {controls.throttle}, {once}, {allowed}"]
    lines += [
        f"gate {gate.name} ({gate.mode.replace('_', ' ')}, {gate.timeout_s:g} s): {_command(gate)}"
        for gate in review.contents.gate_overlay.gates
    ]
    lines.append("and every gate of the repository itself")
    return lines


def _command(gate: OverlayGate) -> str:
    return gate.command if isinstance(gate.command, str) else shlex.join(gate.command)


def _agents(review: BriefReview) -> list[str]:
    formation = review.contents.brief.agent_formation
    lines = [f"{formation.pattern.replace('_', ' ')}"]
    for role in formation.roles:
        access = "reads" if role.access == "read_only" else "WRITES"
        handoff = f", hands over {role.handoff}" if role.handoff else ""
        lines.append(f"{role.name:<10} {access} ({role.capability_class}){handoff}")
    return lines + [f"because: {each}" for each in formation.reasons]


def _conflicts(review: BriefReview) -> list[str]:
    return [
        f"{' and '.join(each.records)}: {each.resolution}"
        for each in review.contents.brief.relevant_intent.known_conflicts
    ]


def _references(review: BriefReview) -> list[str]:
    return [
        f"{each.system}:{each.ref}{f' ({each.title})' if each.title else ''}"
        for each in review.contents.brief.mission.references
    ]


def _left_out(review: BriefReview) -> list[str]:
    return [
        f"{prompt.phase}: {each.record_id}, {each.reason}"
        for prompt in review.contents.prompt_pack.prompts
        for each in prompt.left_out
    ]


def _edits(review: BriefReview) -> list[str]:
    return [
        f"{each.phase} by {each.edited_by} at {each.edited_at[:16]}: {each.why}"
        for each in review.contents.prompt_pack.human_edits
    ]


def _instance(review: BriefReview) -> list[str]:
    identity = review.contents.brief.identity
    records = len(review.contents.brief.relevant_intent.records)
    pinned = f"revision {identity.revision}" if identity.revision else "any revision that a request names"
    return [
        f"template {identity.template}",
        f"snapshot of {records} records {identity.source_graph_version}",
        f"{pinned}, for {identity.target_project}",
    ]
