"""Named conditions over the trace of one run: small predicates that a record may demand as evidence (spec 2.3).

A condition holds, is broken, or cannot be told; what the trace does not show is never taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from runtime_artifacts.evidence_observation import ObservationStatus
from runtime_artifacts.run_result import RunResult
from runtime_artifacts.trace_summary import BlockSummary, TraceSummary

_RAN = frozenset({"completed", "failed", "interrupted"})


@dataclass(frozen=True)
class ConditionAnswer:
    """What a condition says of a run: `satisfied`, `unsatisfied` or `unknown`, why, and where to look."""

    status: ObservationStatus
    reason: str
    links: tuple[str, ...] = ()


def judge_condition(name: str, result: RunResult, request_digest: str | None = None) -> ConditionAnswer:
    """Evaluate a named condition; a name that nobody knows is `unknown` with the names that are.

    Args:
        request_digest: digest of the request that was sent, where the caller knows it.
    """
    condition = CONDITIONS.get(name)
    if condition is None:
        return ConditionAnswer(
            "unknown", f"no trace condition {name!r} is known; known: {', '.join(sorted(CONDITIONS))}"
        )
    return condition(result, request_digest)


def _no_mutator_ran_under_dry_run(result: RunResult, _: str | None) -> ConditionAnswer:
    if result.throttle != "dry_run":
        return ConditionAnswer("unknown", f"this was not a dry run, but {result.throttle}")
    trace = result.trace_summary
    if trace is None:
        return _no_trace()
    ran = _mutators_that_ran(trace)
    if ran:
        return ConditionAnswer(
            "unsatisfied", f"mutators ran in a dry run: {_names(ran)}", _spans(result, ran)
        )
    if result.commits or result.changed_files:
        return ConditionAnswer("unsatisfied", "a dry run changed files", _run(result))
    if trace.truncated:
        return _cut_short()
    return ConditionAnswer(
        "satisfied", f"no mutator among {trace.block_count} block executions ran", _run(result)
    )


def _no_observer_mutated(result: RunResult, _: str | None) -> ConditionAnswer:
    accused = [
        error.message
        for error in result.errors
        if error.failure_class == "safety" and "observer" in error.message
    ]
    if accused:
        return ConditionAnswer("unsatisfied", accused[0], _run(result))
    trace = result.trace_summary
    if trace is None:
        return _no_trace()
    changed = result.changed_files or result.commits or result.revision_before != result.revision_after
    if changed and not _mutators_that_ran(trace) and not trace.truncated:
        return ConditionAnswer("unsatisfied", "something changed although no mutator ran", _run(result))
    observers = [block for block in trace.blocks if block.kind == "observer"]
    cut = [block for block in observers if block.status == "interrupted"]
    if cut:
        return ConditionAnswer(
            "unknown", f"cut short before the tree was compared: {_names(cut)}", _spans(result, cut)
        )
    if trace.truncated:
        return _cut_short()
    if not observers:
        return ConditionAnswer("unknown", "no observer ran", _run(result))
    return ConditionAnswer(
        "satisfied", f"the tree was the same after each of {len(observers)} observer executions", _run(result)
    )


def _retry_touched_only_failed_gates(result: RunResult, _: str | None) -> ConditionAnswer:
    attempts: dict[int, dict[str, bool]] = {}
    for gate in result.gates:
        if gate.phase == "verify":
            attempts.setdefault(gate.attempt, {})[gate.name] = gate.status == "passed"
    ordered = [attempts[number] for number in sorted(attempts)]
    if len(ordered) < 2:
        return ConditionAnswer("unknown", "nothing was tried again", _run(result))
    for before, after in pairwise(ordered):
        needless = sorted(name for name in after if before.get(name, False))
        if needless:
            links = tuple(f"trace://{result.foundry_run_id}/gates/{name}" for name in needless)
            return ConditionAnswer(
                "unsatisfied", f"tried again although passed: {', '.join(needless)}", links
            )
    return ConditionAnswer(
        "satisfied", f"{len(ordered) - 1} retries ran only gates that had failed", _run(result)
    )


def _request_digest_matches(result: RunResult, request_digest: str | None) -> ConditionAnswer:
    if request_digest is None:
        return ConditionAnswer("unknown", "the request is not at hand", _run(result))
    if result.request_digest != request_digest:
        told = f"the run was of {result.request_digest}, the request is {request_digest}"
        return ConditionAnswer("unsatisfied", told, _run(result))
    return ConditionAnswer("satisfied", "the run names the digest of the request that was sent", _run(result))


def _revision_unchanged(result: RunResult, _: str | None) -> ConditionAnswer:
    if result.revision_before != result.revision_after:
        told = f"the revision went from {result.revision_before[:12]} to {result.revision_after[:12]}"
        return ConditionAnswer("unsatisfied", told, _run(result))
    if result.changed_files:
        return ConditionAnswer("unsatisfied", f"{len(result.changed_files)} files changed", _run(result))
    return ConditionAnswer("satisfied", f"still {result.revision_after[:12]}, no file changed", _run(result))


def _every_gate_reported(result: RunResult, _: str | None) -> ConditionAnswer:
    silent = sorted(
        {gate.name for gate in result.gates if gate.status in {"cannot_start", "cancelled", "skipped"}}
    )
    if silent:
        links = tuple(f"trace://{result.foundry_run_id}/gates/{name}" for name in silent)
        return ConditionAnswer("unsatisfied", f"gates without an answer: {', '.join(silent)}", links)
    if not result.gates:
        return ConditionAnswer("unknown", "no gate ran", _run(result))
    return ConditionAnswer("satisfied", f"all {len(result.gates)} gate runs gave an answer", _run(result))


CONDITIONS: Mapping[str, Callable[[RunResult, str | None], ConditionAnswer]] = {
    "every_gate_reported": _every_gate_reported,
    "no_mutator_ran_under_dry_run": _no_mutator_ran_under_dry_run,
    "no_observer_mutated": _no_observer_mutated,
    "request_digest_matches": _request_digest_matches,
    "retry_touched_only_failed_gates": _retry_touched_only_failed_gates,
    "revision_unchanged": _revision_unchanged,
}
"""Conditions by the name that records use."""


def _mutators_that_ran(trace: TraceSummary) -> list[BlockSummary]:
    return [block for block in trace.blocks if block.kind == "mutator" and block.status in _RAN]


def _names(blocks: list[BlockSummary]) -> str:
    return ", ".join(dict.fromkeys(block.block for block in blocks))


def _spans(result: RunResult, blocks: list[BlockSummary]) -> tuple[str, ...]:
    return tuple(f"trace://{result.foundry_run_id}/spans/{block.span_id}" for block in blocks)


def _run(result: RunResult) -> tuple[str, ...]:
    return (f"trace://{result.foundry_run_id}",)


def _no_trace() -> ConditionAnswer:
    return ConditionAnswer("unknown", "the run brought no trace")


def _cut_short() -> ConditionAnswer:
    return ConditionAnswer("unknown", "the trace is cut short; what it shows is clean, the rest is not known")
