"""Hypotheses: look for them, list them, raise one, decide."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from alloynb.faces.server.route import Body, Call, Reply, Route


class Discovery(Body):
    """A look into the repository."""

    limit: int = Field(default=20, ge=1, le=500, description="at most so many hypotheses")


class ObservedPlace(Body):
    """Where a person can look."""

    path: str
    told: str
    line: int | None = Field(default=None, ge=1)
    supports: bool = True


class RaisedGuess(Body):
    """A hypothesis that archaeology did not find."""

    title: str
    intent: dict[str, Any]
    observed: tuple[ObservedPlace, ...] = Field(min_length=1)
    questions: tuple[str, ...] = ()


class Why(Body):
    """A reason, which is kept."""

    why: str = Field(min_length=1)


def _discover(call: Call) -> Any:
    from alloynb.application.discover_intent import DiscoverIntent, discover_intent

    found = discover_intent(call.workspace, DiscoverIntent(limit=call.body.limit))
    return {
        "hypotheses": [each.as_json() for each in found.hypotheses],
        "kept_ids": found.kept_ids,
        "gone": found.gone,
        "repeats": found.repeats,
        "dropped": found.dropped,
        "notes": found.notes,
        "files": found.files,
        "skipped": found.skipped,
    }


def _list(call: Call) -> Any:
    from alloynb.application.review_hypotheses import open_hypotheses

    return open_hypotheses(call.workspace)


def _raise(call: Call) -> Any:
    from alloynb.application.raise_hypothesis import RaiseHypothesis, SeenPlace, raise_hypothesis

    body: RaisedGuess = call.body
    places = tuple(SeenPlace(each.path, each.told, each.line, each.supports) for each in body.observed)
    raised = raise_hypothesis(
        call.workspace, RaiseHypothesis(body.title, body.intent, places, body.questions)
    )
    return Reply(raised, 201)


def _accept(call: Call) -> Any:
    return _decided(call, accept=True)


def _reject(call: Call) -> Any:
    return _decided(call, accept=False)


def _decided(call: Call, *, accept: bool) -> Any:
    from alloynb.application.review_hypotheses import ReviewHypotheses, review_hypotheses

    named = (call.parts["hypothesis"],)
    command = ReviewHypotheses(
        accept=named if accept else (), reject=() if accept else named, why=call.body.why
    )
    (done,) = review_hypotheses(call.workspace, command)
    if done.refusal is not None:
        raise done.refusal
    return done


ROUTES = (
    Route(
        "POST",
        "projects/{project}/discoveries",
        "Look for intent in the repository, by reading alone",
        _discover,
        action="edit_hypotheses",
        body=Discovery,
        tag="hypotheses",
    ),
    Route(
        "GET",
        "projects/{project}/hypotheses",
        "Hypotheses that wait for a decision, most confident first",
        _list,
        tag="hypotheses",
    ),
    Route(
        "POST",
        "projects/{project}/hypotheses",
        "Raise a hypothesis, with places to look at",
        _raise,
        action="edit_hypotheses",
        body=RaisedGuess,
        success=201,
        tag="hypotheses",
    ),
    Route(
        "POST",
        "projects/{project}/hypotheses/{hypothesis}/accept",
        "Make an accepted record of a hypothesis; only a human may",
        _accept,
        action="accept_intent",
        body=Why,
        tag="hypotheses",
    ),
    Route(
        "POST",
        "projects/{project}/hypotheses/{hypothesis}/reject",
        "Reject a hypothesis; it is not raised again",
        _reject,
        action="accept_intent",
        body=Why,
        tag="hypotheses",
    ),
)
