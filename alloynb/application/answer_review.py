"""Answer the question of human-review evidence: a committed file that counts for a while (spec 2.3, 6.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alloynb.application.decide_intent import full_id
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.evidence_definition import HumanReviewEvidence
from alloynb.intent.leniency import reason_of
from alloynb.intent.review_answer import ReviewAnswer, ReviewStore, Verdict
from runtime_artifacts.identity import new_id


class NotAQuestion(AlloyError):
    """The evidence is nothing that a person answers."""


@dataclass(frozen=True)
class AnswerReview:
    """A person's answer.

    Attributes:
        evidence_id: global id; the project may be left out, `charge-once#look`.
    """

    evidence_id: str
    answer: Verdict
    why: str


@dataclass(frozen=True)
class AnsweredReview:
    """The answer as it stands, in a file to be committed."""

    answer: ReviewAnswer
    file: Path


def answer_review(workspace: Workspace, command: AnswerReview) -> AnsweredReview:
    """Write an answer down. It counts until the definition's days are over; a later answer takes its place.

    Raises:
        MissingAuthority: only a human with `accept_intent` may.
        NotAQuestion: nobody is asked there.
        NoReason, CannotSave: nothing was written.
    """
    grant = workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    why = reason_of(command.why)
    evidence_id, definition = _question(workspace, command.evidence_id)
    now = workspace.clock()
    answer = ReviewAnswer(
        id=new_id("review"),
        evidence_id=evidence_id,
        question=definition.question,
        role=definition.role,
        answer=command.answer,
        who=grant.principal.name,
        why=why,
        answered_at=now,
        until=now + timedelta(days=definition.expires_days),
    )
    return AnsweredReview(answer, ReviewStore(workspace.alloy_dir).create(answer).file)


def _question(workspace: Workspace, wanted: str) -> tuple[str, HumanReviewEvidence]:
    evidence_id = full_id(workspace, wanted)
    questions = {
        each.global_id(record.id): each
        for record in workspace.intent.load_all()
        if record.guides_runs
        for each in record.evidence
        if isinstance(each, HumanReviewEvidence)
    }
    if evidence_id in questions:
        return evidence_id, questions[evidence_id]
    known = ", ".join(sorted(questions)) or "none"
    raise NotAQuestion(f"{wanted!r} is no question of a record in force", next_step=f"questions: {known}")
