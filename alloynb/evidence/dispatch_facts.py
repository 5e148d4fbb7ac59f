"""Facts about runners and about the way of requests to them. Pure; takes plain values, so that any room may call it.

dispatch  id dispatch/<request id>/<number of the step>, or new for what was refused
          request_id, runner_id, run_id, attempt, principal, failure_class
          status = accepted, started, handed_back, expired, cancel_asked, ended, refused
          payload = lease, why, transport_retries, ended_as, result_digest, recovery_actions, message
runner    runner_id, principal
          status = registered, revoked, wrong_key, rate_limited
          payload = name, projects, trusted_for_mutation, source, times, why
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from alloynb.evidence.run_facts import new_fact
from runtime_artifacts.journal import Fact
from runtime_artifacts.request_life import LifeStep, RequestLife

RunnerStep = Literal["registered", "revoked", "wrong_key", "rate_limited"]


def life_facts(life: RequestLife, project_id: str) -> Iterator[Fact]:
    """Tell every step of a request; telling it again changes nothing."""
    for number, step in enumerate(life.steps, start=1):
        yield new_fact(
            "dispatch",
            at=step.at,
            key=f"{life.request_id}/{number}",
            status=step.kind,
            request_id=life.request_id,
            project_id=project_id,
            runner_id=_runner_of(life, step),
            run_id=step.run_id,
            attempt=step.attempt,
            principal=step.by,
            failure_class=step.failure_class,
            summary=step.why or None,
            payload=_payload(step),
        )


def refused_dispatch_fact(
    *,
    project_id: str,
    request_id: str | None,
    runner_id: str,
    message: str,
    why: str,
    at: datetime | str,
    details: Mapping[str, Any] | None = None,
) -> Fact:
    """Say that a runner asked for something, and was refused.

    Args:
        message: what it asked: `poll`, `accept`, `completed`, …
    """
    return new_fact(
        "dispatch",
        at=at,
        status="refused",
        request_id=request_id,
        project_id=project_id,
        runner_id=runner_id,
        principal=runner_id,
        failure_class="safety",
        summary=why,
        payload={"message": message, "why": why, **(details or {})},
    )


def runner_fact(
    *,
    step: RunnerStep,
    runner_id: str,
    at: datetime | str,
    principal: str,
    key: str | None = None,
    why: str = "",
    **payload: Any,
) -> Fact:
    """Say that a runner was let in or shut out, or that somebody came with a wrong key.

    Args:
        key: names what is said, so that it is recorded once; without one the fact is always new.
    """
    return new_fact(
        "runner",
        at=at,
        key=key,
        status=step,
        runner_id=runner_id,
        principal=principal,
        summary=why or None,
        payload=payload,
    )


def _runner_of(life: RequestLife, step: LifeStep) -> str | None:
    if step.lease is None or step.lease > len(life.leases):
        return None
    return life.leases[step.lease - 1].runner_id


def _payload(step: LifeStep) -> dict[str, Any]:
    said = {
        "lease": step.lease,
        "lease_id": step.lease_id,
        "why": step.why or None,
        "transport_retries": step.transport_retries or None,
        "ended_as": step.status,
        "result_digest": step.result_digest,
        "recovery_actions": list(step.recovery_actions) or None,
    }
    return {name: value for name, value in said.items() if value is not None}
