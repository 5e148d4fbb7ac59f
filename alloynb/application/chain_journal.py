"""The journal of a run against itself, and against what its result tells of it (spec 3.7, 4.1, 4.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from alloynb.application.chain_link import ChainLink, Doubts
from alloynb.application.chain_parts import ChainParts
from runtime_artifacts.canonical import canonical_bytes
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.journal import Fact, is_torn, read_journal
from runtime_artifacts.run_result import RunResult

_SEEN = {"passed": "satisfied", "failed": "unsatisfied"}


def journal_links(parts: ChainParts) -> dict[str, ChainLink]:
    """Judge `journal`, `trace summary` and `observations`, and `result` once more by what the journal says of gates."""
    journal = parts.doubts("journal")
    facts = _facts(parts, journal)
    _hold_facts(parts, journal, facts)
    events = sum(fact.kind == "event" for fact in facts)
    told = f"{len(facts)} lines in order, {events} event ids recomputed"
    found = {"journal": journal.link(told)}
    whole = facts if journal.broken is None and journal.missing is None else []
    last = parts.results[-1].content if parts.results else None
    if last is not None and parts.links["result"].status == "ok" and whole:
        result = parts.doubts("result")
        _hold_gates(result, last, whole)
        if result.broken:
            found["result"] = result.link("")
    found["trace summary"] = _trace(parts, last, whole)
    found["observations"] = _observations(parts, last)
    return found


def _facts(parts: ChainParts, doubts: Doubts) -> list[Fact]:
    folder = parts.run_dir / "journal"
    files = sorted(folder.glob("[0-9]*.jsonl"))
    if not files:
        doubts.lacks("no journal is here, so nothing tells step by step what happened", folder)
    facts: list[Fact] = []
    for file in files:
        try:
            facts += read_journal(file)
            if is_torn(file):
                doubts.note(f"the last line of {file.name} was cut when its writer died; nobody acted on it")
        except ArtifactError as error:
            doubts.failed(error, file)
    return facts


def _hold_facts(parts: ChainParts, doubts: Doubts, facts: Sequence[Fact]) -> None:
    """Every line speaks of this run; every event id follows from what the event says; no gate contradicts its event."""
    expected: dict[str, Any] = {"run_id": parts.run_id, "request_id": parts.request_id}
    if parts.request is not None:
        expected["brief_digest"] = parts.request.content.brief.digest
    known: set[str] = set()
    said: dict[str, str] = {}
    for fact in facts:
        place = _place(parts, fact)
        for name, value in expected.items():
            if getattr(fact, name) not in (None, value):
                doubts.breaks(
                    f"line {fact.seq} speaks of {name} {getattr(fact, name)}, not of {value}", place
                )
        if fact.kind == "event":
            _hold_event(doubts, fact, known, place)
            for name, status in _outcomes(fact.payload):
                if said.get(name, status) != status:
                    doubts.breaks(f"gate {name} {said[name]}, and {fact.event_type} says {status}", place)
        elif fact.kind == "gate_finished" and fact.gate:
            said[fact.gate] = fact.status or ""
            if fact.payload.get("status", fact.status) != fact.status:
                doubts.breaks(f"line {fact.seq} says of gate {fact.gate} two different things", place)


def _hold_event(doubts: Doubts, fact: Fact, known: set[str], place: Path | None) -> None:
    said = {
        "event_type": fact.event_type,
        "project": fact.project_id,
        "occurred_at": fact.occurred_at,
        "payload": fact.payload,
    }
    expected = "evt_" + hashlib.sha256(canonical_bytes(said)).hexdigest()
    if fact.event_id != expected:
        doubts.breaks(
            f"line {fact.seq}: the id of {fact.event_type} does not follow from what it says; it was changed",
            place,
        )
    if fact.caused_by is not None and fact.caused_by not in known:
        doubts.breaks(f"line {fact.seq}: {fact.event_type} was caused by an event that is not here", place)
    known |= {fact.event_id or "", expected}


def _outcomes(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    outcomes = payload.get("outcomes")
    for each in outcomes if isinstance(outcomes, list) else ():
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            yield each["name"], str(each.get("status"))


def _hold_gates(doubts: Doubts, result: RunResult, facts: Sequence[Fact]) -> None:
    """What the result says of each gate must be what the journal saw of it."""
    seen: dict[tuple[str, str, int], str] = {}
    for fact in facts:
        if fact.kind == "gate_finished" and fact.gate:
            attempt = int(fact.payload.get("attempt") or 1)
            seen[fact.gate, fact.phase or "", attempt] = fact.status or ""
    told: dict[tuple[str, str, int], str] = {
        (gate.name, gate.phase, gate.attempt): gate.status for gate in result.gates
    }
    for key in sorted({*seen, *told}, key=str):
        one, other = told.get(key), seen.get(key)
        if one != other and not (one == "cancelled" and other is None):
            name, phase, _ = key
            doubts.breaks(
                f"it says that gate {name} {one or 'never ran'} in {phase}, the journal {other or 'nothing'}"
            )


def _trace(parts: ChainParts, last: RunResult | None, facts: Sequence[Fact]) -> ChainLink:
    doubts = parts.doubts("trace summary")
    if last is None:
        doubts.note("not looked at: there is no result")
        return doubts.link("none")
    summary = last.trace_summary
    asked = parts.request is None or parts.request.content.reporting.trace_summary_required
    if summary is None:
        if asked:
            doubts.lacks("the result tells no trace, and the request asked for one")
        return doubts.link("none was asked for")
    if summary.foundry_run_id != parts.run_id:
        doubts.breaks(f"it is of run {summary.foundry_run_id}")
    if not facts:
        doubts.note("not held against the journal, which is not whole")
        return doubts.link(f"{summary.event_count} events, {summary.block_count} blocks")
    events = {(fact.span_id, fact.event_id, fact.event_type) for fact in facts if fact.kind == "event"}
    for event in summary.events:
        if (event.span_id, event.event_id, event.event_type) not in events:
            doubts.breaks(
                f"it tells of {event.event_type} ({event.event_id[:20]}…), which is not in the journal"
            )
    ended = {fact.span_id: fact.status for fact in facts if fact.kind == "block_finished"}
    for block in summary.blocks:
        if block.status not in ("interrupted", ended.get(block.span_id)):
            doubts.breaks(
                f"it says that {block.block} {block.status}, the journal {ended.get(block.span_id)}"
            )
    told = {(event.span_id, event.event_id, event.event_type) for event in summary.events}
    if not summary.truncated and (left_out := sorted(events - told, key=str)):
        doubts.breaks(f"it leaves {left_out[0][2]} out, which is in the journal")
    counted = len({span for span, _, _ in events})
    if summary.event_count != counted:
        doubts.breaks(f"it counts {summary.event_count} events, the journal {counted}")
    return doubts.link(f"{summary.event_count} events and {summary.block_count} blocks, as in the journal")


def _observations(parts: ChainParts, last: RunResult | None) -> ChainLink:
    """Each observation is of this brief and run, of evidence that the plan asks for, and says what its gate said."""
    doubts = parts.doubts("observations")
    if last is None:
        doubts.note("not looked at: there is no result")
        return doubts.link("none")
    asked = {item.evidence_id for item in parts.evidence_plan.content.items} if parts.evidence_plan else None
    gates = {gate.evidence_id: gate.status for gate in last.gates if gate.evidence_id}
    for each in last.evidence_observations:
        told = f"{each.evidence_id}:"
        if (each.foundry_run_id, each.brief_digest) != (parts.run_id, last.brief.digest):
            doubts.breaks(f"{told} observed for another run or brief")
        if asked is not None and each.evidence_id not in asked:
            doubts.breaks(f"{told} the evidence plan does not ask for it")
        if each.evidence_id in gates and _SEEN.get(gates[each.evidence_id], "unknown") != each.status:
            doubts.breaks(f"{told} {each.status}, and its gate {gates[each.evidence_id]}")
    if asked:
        silent = sorted(asked - {each.evidence_id for each in last.evidence_observations})
        if silent:
            doubts.note(f"nothing was observed for {', '.join(silent)}")
    return doubts.link(f"{len(last.evidence_observations)} of what the plan asks for")


def _place(parts: ChainParts, fact: Fact) -> Path | None:
    return parts.run_dir / "journal" / f"{fact.attempt or 1:04d}.jsonl"
