"""From the facts of a run to its result: one pure function for the normal end, the witness and a resume (spec 3.7).

| a result's status and class          | exit code | because                                             |
| ------------------------------------ | --------- | --------------------------------------------------- |
| completed                            | 0         | every gate passed                                   |
| completed_with_findings              | 1         | only gates that are not required failed             |
| failed, execution, a gate failed     | 1         | the answer is: it does not hold                     |
| failed, semantic                     | 1         | the answer is: records and evidence disagree        |
| failed or stopped, validation        | 2         | the request cannot be served as it stands           |
| failed or stopped, safety            | 3         | going on could have done harm                       |
| failed or stopped, dispatch          | 4         | something outside is missing                        |
| failed, execution, no gate failed    | 4         | no answer: the kernel died, a block broke, time out |
| cancelled                            | 4         | no answer: somebody ended it                        |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.runner.delivery_report import delivery_of, questions_of
from foundry_kernel.runner.gate_report import gate_reports, not_passed, observations
from foundry_kernel.runner.trace_report import trace_of
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.gate_overlay import GateOverlay
from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import (
    CommitMade,
    FailureClass,
    GateReport,
    RetryCounts,
    RunError,
    RunResult,
    RunStatus,
)

RECOVERY_ACTIONS: Mapping[FailureClass, tuple[str, ...]] = {
    "validation": ("recompile", "narrow_scope", "ask_question"),
    "dispatch": ("resume", "validate_only"),
    "execution": ("resume", "smaller_repair_brief", "narrow_scope", "validate_only"),
    "safety": ("re_approve", "switch_to_dry_run", "recompile"),
    "semantic": ("ask_question", "mark_contradicted", "smaller_repair_brief"),
}
_SEVERITY: tuple[FailureClass, ...] = ("safety", "validation", "dispatch", "execution", "semantic")


@dataclass(frozen=True)
class Ending:
    """How an attempt ended, as far as the one who reports it knows beyond the journal.

    Attributes:
        status: given when something ended the attempt from outside, or before its engine ran.
        errors: what went wrong, beyond what the journal says.
        commits: what another run had made for the same key, so that nothing was done now.
    """

    status: RunStatus | None = None
    errors: tuple[RunError, ...] = ()
    commits: tuple[CommitMade, ...] = ()


@dataclass(frozen=True)
class Circumstances:
    """Facts about an attempt that are not in its journal.

    Attributes:
        started_at: when the attempt began, RFC 3339 in UTC.
        finished_at: when it ended.
        uncommitted: paths that had uncommitted changes and were left out.
        transport_retries: messages about the request that had to be sent again until the run began.
        taken_up_before: runners that had begun the request elsewhere and were lost.
    """

    run_id: str
    attempt: int
    started_at: str
    finished_at: str
    runner_id: str
    foundry_version: str
    kernel: str = ""
    uncommitted: tuple[str, ...] = ()
    package_versions: Mapping[str, str] = field(default_factory=dict)
    transport_retries: int = 0
    taken_up_before: int = 0


def result_of(
    request: Artifact[ExecutionRequest],
    overlay: GateOverlay,
    facts: Sequence[Fact],
    circumstances: Circumstances,
    ending: Ending | None = None,
) -> RunResult:
    """Turn what happened into the content of a run result.

    Args:
        facts: of every attempt's journal, in order.
        ending: what ended the attempt if not the engine itself; a journal without `run_finished` in this attempt and
            without an ending given is a kernel that died.
    """
    content = request.content
    ended = ending or Ending()
    gates = gate_reports(facts)
    own = [fact for fact in facts if (fact.attempt or 1) == circumstances.attempt]
    last = next((fact for fact in reversed(own) if fact.kind == "run_finished"), None)
    finished = Outcome.from_json(last.payload) if last is not None else None
    errors = _errors(finished, own, ended, gates)
    status = _status(finished, ended, own)
    failure = _class_of(finished, errors) if status in {"failed", "stopped"} else None
    delivery = delivery_of(facts)
    commits = (*ended.commits, *delivery.commits)
    trace = trace_of(
        facts,
        run_id=circumstances.run_id,
        project_id=content.project_id,
        entry_event=content.foundry.entry_event,
        throttle=content.foundry.throttle,
    )
    return RunResult(
        foundry_run_id=circumstances.run_id,
        run_request_id=request.id,
        request_digest=request.digest,
        idempotency_key=content.idempotency_key,
        correlation_id=content.correlation_id,
        brief=content.brief,
        project_id=content.project_id,
        revision_before=content.repo.revision,
        revision_after=commits[-1].commit if commits else content.repo.revision,
        branch=delivery.branch or content.repo.branch,
        throttle=content.foundry.throttle,
        entry_event=content.foundry.entry_event,
        status=status,
        attempt=circumstances.attempt,
        started_at=circumstances.started_at,
        finished_at=circumstances.finished_at,
        gates=gates,
        retries=RetryCounts(
            transport=circumstances.transport_retries,
            runner=circumstances.attempt - 1 + circumstances.taken_up_before,
            foundry=finished.foundry_retries if finished else 0,
        ),
        commits=commits,
        changed_files=delivery.changed_files,
        uncommitted=circumstances.uncommitted,
        trace_id=trace.trace_id,
        trace_references=(f"trace://{circumstances.run_id}",),
        trace_summary=trace,
        evidence_observations=observations(
            facts,
            overlay,
            project_id=content.project_id,
            run_id=circumstances.run_id,
            brief_digest=content.brief.digest,
            revision=content.repo.revision,
            observed_at=circumstances.finished_at,
        ),
        follow_up_questions=(*(finished.questions if finished else ()), *questions_of(facts)),
        errors=tuple(errors),
        failure_class=failure,
        recovery_actions=_recovery(status, failure, gates),
        foundry_version=circumstances.foundry_version,
        runner_id=circumstances.runner_id,
        kernel=circumstances.kernel,
        package_versions=dict(circumstances.package_versions),
    )


def exit_code_of(result: RunResult) -> int:
    """Exit code of a command that ran a request: the table at the top of this module."""
    if result.status == "completed":
        return 0
    if result.status == "completed_with_findings":
        return 1
    if result.status == "cancelled":
        return 4
    if result.failure_class == "execution":
        return 1 if _gates_decided(result.gates) else 4
    return {"semantic": 1, "validation": 2, "safety": 3, "dispatch": 4}.get(result.failure_class or "", 4)


def running_when_it_died(facts: Sequence[Fact]) -> str:
    """Name what had started and has no end, gates before blocks: `gate tests`, `block run_preflight`, or `nothing`."""
    for kind in ("gate", "block"):
        open_ones: dict[tuple[str, str], str] = {}
        for fact in facts:
            name = getattr(fact, kind)
            key = (str(name), f"{fact.attempt}:{fact.phase}" if kind == "gate" else str(fact.event_id))
            if fact.kind == f"{kind}_started":
                open_ones[key] = str(name)
            elif fact.kind == f"{kind}_finished":
                open_ones.pop(key, None)
        if open_ones:
            return ", ".join(f"{kind} {name}" for name in dict.fromkeys(open_ones.values()))
    return "nothing"


def _errors(
    finished: Outcome | None, own: Sequence[Fact], ended: Ending, gates: Sequence[GateReport]
) -> list[RunError]:
    """Everything that went wrong, the cause before its consequences."""
    if finished is None and ended.status is None and not _was_cancelled(own):
        died = f"the kernel died while {running_when_it_died(own)} ran"
        return [
            RunError(
                failure_class="execution", message=died, next_step=f"foundry-kernel resume {_run_id(own)}"
            )
        ]
    outcome = finished.errors if finished is not None else ()
    missed = [
        RunError(
            failure_class="execution",
            message=f"gate {gate.name} {gate.status.replace('_', ' ')} in {gate.phase}",
            place=gate.output_file or "",
        )
        for gate in not_passed(gates)
        if gate.required
        and gate.status != "cancelled"
        and finished is not None
        and finished.status == "failed"
    ]
    return [*ended.errors, *outcome, *missed]


def _status(finished: Outcome | None, ended: Ending, own: Sequence[Fact]) -> RunStatus:
    if ended.status is not None:
        return ended.status
    if finished is not None:
        return finished.status
    return "cancelled" if _was_cancelled(own) else "failed"


def _was_cancelled(own: Sequence[Fact]) -> bool:
    return any(fact.kind == "cancel_requested" for fact in own)


def _run_id(own: Sequence[Fact]) -> str:
    return next((fact.run_id for fact in own if fact.run_id), "RUN")


def _class_of(finished: Outcome | None, errors: Sequence[RunError]) -> FailureClass:
    if finished is not None and finished.failure_class is not None:
        return finished.failure_class
    named = {error.failure_class for error in errors}
    return next((each for each in _SEVERITY if each in named), "execution")


def _recovery(
    status: RunStatus, failure: FailureClass | None, gates: Sequence[GateReport]
) -> tuple[str, ...]:
    if status == "cancelled":
        return ("validate_only", "narrow_scope")
    if failure is None:
        return ("smaller_repair_brief", "ask_question") if status == "completed_with_findings" else ()
    actions = RECOVERY_ACTIONS[failure]
    if failure == "execution" and _gates_decided(gates):
        return tuple(action for action in actions if action != "resume")
    return actions


def _gates_decided(gates: Sequence[GateReport]) -> bool:
    """Say whether a failure is the gates' own answer: a required one did not pass, and none was cut off."""
    missed = not_passed(gates)
    return any(gate.required for gate in missed) and all(gate.status != "cancelled" for gate in missed)
