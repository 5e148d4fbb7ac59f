"""Drift: what stands, a new look, a human's answer; and questions that only a human can answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from alloynb.faces.server.route import Body, Call, Parameter, Route


class Look(Body):
    """Please look."""

    revision: str | None = Field(default=None, description="a commit; the working tree when absent")


class FindingAnswer(Body):
    """A human's answer to a finding."""

    decision: Literal["drift", "exception", "obsolete"]
    why: str = Field(min_length=1)
    until: str | None = Field(default=None, description="end of an exception, such as 2027-01-31 or 90d")
    path: str | None = Field(default=None, description="allow all findings of this evidence in this glob")


class QuestionAnswer(Body):
    """A human's answer to a question about intent that cannot stand."""

    answer: Literal["preserve", "simplify"]
    why: str = Field(min_length=1)
    until: str | None = Field(default=None, description="end of the answer, such as 2027-01-31 or 90d")


def _known(call: Call) -> Any:
    from alloynb.application.look_for_drift import known_findings

    found = known_findings(call.workspace)
    return [each for each in found if call.flag("all") or each.status != "resolved"]


def _look(call: Call) -> Any:
    from alloynb.application.look_for_drift import LookForDrift, look_for_drift

    seen = look_for_drift(call.workspace, LookForDrift(call.body.revision))
    return {
        "looked_at": seen.tree,
        "uncommitted": seen.uncommitted,
        "open": seen.open_findings,
        "allowed": seen.allowed_findings,
        "resolved_now": seen.resolved_now,
        "could_not_check": seen.report.could_not_check,
    }


def _decide(call: Call) -> Any:
    from alloynb.application.decide_finding import DecideFinding, decide_finding

    body: FindingAnswer = call.body
    return decide_finding(
        call.workspace,
        DecideFinding(call.parts["finding"], body.decision, body.why, body.until, body.path),
    )


def _questions(call: Call) -> Any:
    from alloynb.application.contradictions import look_for_contradictions

    return look_for_contradictions(call.workspace).open


def _answer(call: Call) -> Any:
    from alloynb.application.answer_contradiction import AnswerContradiction, answer_contradiction

    body: QuestionAnswer = call.body
    return answer_contradiction(
        call.workspace, AnswerContradiction(call.parts["question"], body.answer, body.why, body.until)
    )


ROUTES = (
    Route(
        "GET",
        "projects/{project}/drift",
        "Findings as they were last seen",
        _known,
        query=(Parameter("all", "also resolved ones"),),
        tag="drift",
    ),
    Route(
        "POST",
        "projects/{project}/drift",
        "Hold the code against accepted intent now, by reading alone",
        _look,
        body=Look,
        tag="drift",
    ),
    Route(
        "POST",
        "projects/{project}/findings/{finding}/decision",
        "Answer a finding: it is drift, it is allowed for a while, or the intent is obsolete; only a human may",
        _decide,
        action="accept_intent",
        body=FindingAnswer,
        tag="drift",
    ),
    Route(
        "GET",
        "projects/{project}/contradictions",
        "Questions about intent that cannot stand as it is",
        _questions,
        tag="drift",
    ),
    Route(
        "POST",
        "projects/{project}/contradictions/{question}/answer",
        "Answer a question about intent: preserve it, or promise to simplify it; only a human may",
        _answer,
        action="accept_intent",
        body=QuestionAnswer,
        tag="drift",
    ),
)
