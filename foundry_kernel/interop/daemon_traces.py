"""Traces of the existing daemon as facts of a journal, and as a run result where they carry a brief. Pure.

A trace is one run. Its id follows from its root event, so that the same trace is the same run wherever it is read. The
daemon does not say which blocks are mutators, and nothing is guessed: `block_kind` stays open, and the trace summary of
the result counts as cut short, so that no condition over mutators is taken to hold. What it tells of gates is read as
`daemon_gates` says, and carries who told it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from foundry_kernel import __version__
from foundry_kernel.interop.daemon_files import DaemonBlock, DaemonEvent, DaemonTrace
from foundry_kernel.interop.daemon_gates import TOLD_BY, gates_of
from runtime_artifacts.canonical import digest_of, is_digest
from runtime_artifacts.envelope import Artifact, ArtifactRef, format_timestamp, parse_timestamp, seal
from runtime_artifacts.identity import id_of_digest, is_id
from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import RUN_RESULT, GateReport, RunError, RunResult
from runtime_artifacts.trace_summary import EventSummary, TraceSummary

DECIDES = ("project_iteration_completed", "project_maintenance_completed", "inner_iteration_completed")
"""The success that one of these tells is that of the chain; without them all blocks must have succeeded."""

RUNNER = TOLD_BY
LONGEST_TEXT = 32 * 1024
LARGEST_PAYLOAD = 256 * 1024
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def run_id_of(trace: DaemonTrace) -> str:
    """Id of the run that a trace is."""
    return id_of_digest("run", digest_of({"daemon_trace": trace.root.id, "project": trace.root.project}))


def facts_of_trace(trace: DaemonTrace) -> Iterator[Fact]:
    """Tell a trace in the order in which it happened: the run begins, events and blocks, the run ends."""
    run_id, root = run_id_of(trace), trace.root
    brief = _brief_of(trace)
    shared = {
        "run_id": run_id,
        "attempt": 1,
        "project_id": root.project,
        "trace_id": (root.trace_id or root.id)[:200],
        "runner_id": RUNNER,
        "brief_id": brief.id if brief else None,
        "brief_digest": brief.digest if brief else None,
    }
    yield _fact(run_id, "run_started", root.at, event_id=root.id, event_type=root.event_type, throttle=root.throttle,
                payload={"entry_event": root.event_type, "imported": True}, **shared)  # fmt: skip
    caused_by = {
        event_id: block.trigger_event_id
        for block in trace.block_executions
        for event_id in block.emitted_event_ids
    }
    events = {event.id: event for event in trace.events}
    for event in trace.events:
        yield _event_fact(f"{run_id}/event/{event.id}", event, caused_by=caused_by.get(event.id), **shared)
    for number, block in enumerate(trace.block_executions, start=1):
        yield from _block_facts(
            f"{run_id}/block/{number}", block, events.get(block.trigger_event_id, root), shared
        )
    for event, gate in gates_of(trace):
        yield _gate_fact(f"{run_id}/gate/{gate.phase}/{gate.name}/{gate.attempt}", event, gate, shared)
    good = succeeded(trace)
    yield _fact(run_id, "run_finished", _ended_at(trace), status="completed" if good else "failed",
                failure_class=None if good else "execution", duration_ms=trace.total_duration_ms,
                throttle=root.throttle, **shared)  # fmt: skip


def fact_of_event(event: DaemonEvent) -> Fact:
    """Tell an event of a monthly file, of which nobody knows the run."""
    return _event_fact(f"event/{event.project}/{event.id}", event, project_id=event.project)


def result_of_trace(trace: DaemonTrace) -> Artifact[RunResult] | None:
    """What the run came to, as Foundry reports it; None when the trace carries no brief to read it by."""
    brief = _brief_of(trace)
    if brief is None:
        return None
    root, run_id, good = trace.root, run_id_of(trace), succeeded(trace)
    named = digest_of({"daemon_trace": root.id})
    revision = _text(_payload(root).get("revision"))
    revision = revision if _COMMIT.fullmatch(revision) else "unknown"
    failed = [block for block in trace.block_executions if not block.success]
    content = RunResult(
        foundry_run_id=run_id,
        run_request_id=_text(_alloy(trace).get("run_request_id")) or id_of_digest("runreq", named),
        request_digest=named,
        idempotency_key=named,
        correlation_id=root.trace_id or root.id,
        brief=brief,
        project_id=root.project,
        revision_before=revision,
        revision_after=revision,
        throttle=root.throttle,
        entry_event=root.event_type,
        status="completed" if good else "failed",
        failure_class=None if good else "execution",
        started_at=root.at,
        finished_at=_ended_at(trace),
        gates=tuple(gate for _, gate in gates_of(trace)),
        trace_id=root.trace_id or root.id,
        trace_references=(f"trace://{run_id}",),
        trace_summary=TraceSummary(
            foundry_run_id=run_id,
            trace_id=root.trace_id or root.id,
            project_id=root.project,
            entry_event=root.event_type,
            throttle=root.throttle,
            events=tuple(
                EventSummary(event_id=event.id, event_type=event.event_type, occurred_at=event.at, span_id="")
                for event in trace.events
            ),
            event_count=len(trace.events),
            block_count=len(trace.block_executions),
            duration_ms=trace.total_duration_ms,
            truncated=True,
        ),
        errors=tuple(
            RunError(
                failure_class="execution", message=f"{block.block_name}: {block.summary[:500] or 'failed'}"
            )
            for block in failed
        ),
        foundry_version="existing daemon",
        runner_id=RUNNER,
    )
    return seal(
        RUN_RESULT,
        content,
        id=id_of_digest("result", named),
        created_at=parse_timestamp(_ended_at(trace)),
        created_by=RUNNER,
        compiler_version=f"foundry-kernel {__version__}",
    )


def succeeded(trace: DaemonTrace) -> bool:
    """Whether the chain succeeded: the last event that decides says so, else all block executions do."""
    deciding = [event for event in trace.events if event.event_type in DECIDES]
    if deciding:
        return _payload(deciding[-1]).get("success") is True
    return all(block.success for block in trace.block_executions)


def _block_facts(
    place: str, block: DaemonBlock, trigger: DaemonEvent, shared: Mapping[str, Any]
) -> Iterator[Fact]:
    ended = format_timestamp(
        parse_timestamp(trigger.occurred_at) + timedelta(milliseconds=min(block.duration_ms, 1e11))
    )
    columns = {"block": block.block_name, "event_id": trigger.id, "throttle": trigger.throttle, **shared}
    yield _fact(place, "block_started", trigger.at, **columns)
    output = block.raw_output or ""
    yield _fact(place, "block_finished", ended, status="completed" if block.success else "failed",
                duration_ms=block.duration_ms, exit_code=block.exit_code, summary=block.summary[:LONGEST_TEXT],
                payload={"emitted_event_ids": list(block.emitted_event_ids), "output": output[:LONGEST_TEXT]},
                **columns)  # fmt: skip


def _gate_fact(place: str, event: DaemonEvent, gate: GateReport, shared: Mapping[str, Any]) -> Fact:
    payload = {
        "gate_attempt": gate.attempt,
        "told_by": gate.told_by,
        "source": gate.source,
        "details": gate.details,
    }
    return _fact(place, "gate_finished", event.at, gate=gate.name, phase=gate.phase, status=gate.status,
                 required=gate.required, mode=gate.mode, exit_code=gate.exit_code, duration_ms=gate.duration_ms,
                 event_id=event.id, throttle=event.throttle, payload=payload, **shared)  # fmt: skip


def _event_fact(place: str, event: DaemonEvent, **columns: Any) -> Fact:
    payload = _payload(event)
    if len(repr(payload)) > LARGEST_PAYLOAD:
        payload = {"left_out": "the payload is too large"}
    return _fact(place, "event", event.at, event_id=event.id, event_type=event.event_type, throttle=event.throttle,
                 delivered=True, payload=payload, **columns)  # fmt: skip


def _fact(place: str, kind: str, at: str, **columns: Any) -> Fact:
    return Fact(
        fact_id=f"daemon/{place}/{kind}",
        kind=kind,
        seq=1,
        recorded_at=at,
        occurred_at=at,
        payload=columns.pop("payload", {}),
        **columns,
    )


def _ended_at(trace: DaemonTrace) -> str:
    took = timedelta(milliseconds=min(trace.total_duration_ms, 1e11))
    latest = max(parse_timestamp(event.occurred_at) for event in trace.events)
    return format_timestamp(max(latest, parse_timestamp(trace.root.occurred_at) + took))


def _brief_of(trace: DaemonTrace) -> ArtifactRef | None:
    said = _alloy(trace)
    brief_id, digest = _text(said.get("brief_id")), _text(said.get("brief_digest"))
    return ArtifactRef(id=brief_id, digest=digest) if is_id(brief_id, "brief") and is_digest(digest) else None


def _alloy(trace: DaemonTrace) -> dict[str, Any]:
    said = _payload(trace.root).get("alloy")
    return said if isinstance(said, dict) else {}


def _payload(event: DaemonEvent) -> dict[str, Any]:
    return event.payload if isinstance(event.payload, dict) else {"value": event.payload}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
