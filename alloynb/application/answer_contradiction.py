"""Answer a question about intent that cannot stand: preserve it, or simplify it (spec 6.4). Only a human may."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from alloynb.application.contradictions import SeenContradictions, look_for_contradictions
from alloynb.application.decide_intent import DecideIntent, decide_intent, full_id
from alloynb.application.leniencies import find_by_beginning, withdraw
from alloynb.application.relate_records import resolve_conflict
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError, Refused
from alloynb.evidence.decision_facts import contradiction_answer_fact
from alloynb.intent.answer import AnswerKind, AnswerStore, GivenAnswer
from alloynb.intent.leniency import end_of, reason_of
from alloynb.intent.record import Status
from alloynb.interpretation.contradiction import ContradictionQuestion
from runtime_artifacts.identity import new_id

PRESERVED_FOR = "180d"
PROMISED_FOR = "30d"
CONFLICTS = frozenset({"conflicting_records", "conflicting_rules"})
"""Reasons whose records can be resolved for good, in the records themselves."""


class UnknownQuestion(AlloyError):
    """Nothing of this id is asked, or more than one question begins so."""


class NotForThisAnswer(AlloyError):
    """An end or a step was given for an answer that has none, or a record that the question is not about."""


class NotValidNow(Refused):
    """There is nothing to withdraw: it is over, or was withdrawn before."""


@dataclass(frozen=True)
class SimplifyStep:
    """One step of the lifecycle that answers a question.

    Attributes:
        record_id: whole id, or its slug.
        successor_id: the record that supersedes it, for `superseded`.
    """

    record_id: str
    to: Status
    successor_id: str | None = None


@dataclass(frozen=True)
class AnswerContradiction:
    """A human's answer.

    Attributes:
        question_id: or the beginning of it, with or without `question_`.
        until: end of the answer, `2027-01-31` or `90d`. None: for good where records conflict and are preserved, as a
            resolution in a record; else the usual time.
        step: what simplifies at once; None when something is only promised.
    """

    question_id: str
    answer: AnswerKind
    why: str
    until: str | None = None
    step: SimplifyStep | None = None


@dataclass(frozen=True)
class AnsweredContradiction:
    """The answer as it stands.

    Attributes:
        answer: the answer that ends, or None when a resolution or a step answers for good.
        files: what was written, to be committed.
        next_step: what remains to be done.
    """

    question: ContradictionQuestion
    kind: AnswerKind
    answer: GivenAnswer | None
    files: tuple[Path, ...]
    next_step: str


def answer_contradiction(workspace: Workspace, command: AnswerContradiction) -> AnsweredContradiction:
    """Record an answer: as a committed file that ends, as a resolution in a record, or by a step of the lifecycle.

    Raises:
        MissingAuthority: only a human with `accept_intent` may.
        UnknownQuestion: it is not asked.
        NotForThisAnswer, NotAnEnd, NoReason: what was given does not fit the answer.
        IllegalTransition, StaleEdit, CannotSave, StoreBusy: it could not be done.
    """
    grant = workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    why = reason_of(command.why)
    question = _find(look_for_contradictions(workspace), command.question_id)
    _refuse_unfit(workspace, command, question)
    who = grant.principal.name
    if command.step is not None:
        done = decide_intent(
            workspace,
            DecideIntent(command.step.record_id, command.step.to, why, command.step.successor_id),
        )
        _keep_for_good(workspace, question, command.answer, who, why)
        step = "commit the record and its ledger, so that others see it too"
        return _answered(workspace, question, command.answer, None, (done.file,), step)
    if command.answer == "preserve" and command.until is None and _can_be_resolved(question):
        files = tuple(
            resolve_conflict(workspace, one, other, question.evidence[0], why)
            for one, other in pairwise(question.record_ids)
        )
        _keep_for_good(workspace, question, command.answer, who, why)
        step = "commit the record, so that others see the resolution too"
        return _answered(workspace, question, command.answer, None, files, step)
    given = _given(workspace, command, question, who, why)
    stored = AnswerStore(workspace.alloy_dir).create(given)
    step = _next_step(command.answer, question)
    return _answered(workspace, question, command.answer, given, (stored.file,), step)


def withdraw_answer(workspace: Workspace, answer_id: str, why: str) -> GivenAnswer:
    """Take an answer back; its file stays and says so, and the question is asked again.

    Raises:
        MissingAuthority: only a human with `accept_intent` may.
        UnknownLeniency: there is no such answer, or several begin so.
        NotValidNow: it is over already.
        StaleEdit, CannotSave: the file is as it was.
    """
    grant = workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    store = AnswerStore(workspace.alloy_dir)
    stored = find_by_beginning(
        store, answer_id, store.load_all(), "`alloynb contradictions` lists what there is"
    )
    state = stored.model.state(workspace.clock())
    if state in {"expired", "withdrawn"}:
        raise NotValidNow(f"{stored.model.id} is {state} already")
    saved = withdraw(workspace, store, stored, grant.principal.name, reason_of(why))
    look_for_contradictions(workspace)
    return saved.model


def _find(seen: SeenContradictions, beginning: str) -> ContradictionQuestion:
    wanted = beginning if beginning.startswith("question_") else f"question_{beginning}"
    found = [each for each in seen.asked if each.question_id.startswith(wanted)]
    if len(found) != 1 or not beginning:
        why = f"could be any of {len(found)} questions" if found else "is not asked"
        raise UnknownQuestion(
            f"{beginning!r} {why}", next_step="`alloynb contradictions` names the questions"
        )
    return found[0]


def _refuse_unfit(
    workspace: Workspace, command: AnswerContradiction, question: ContradictionQuestion
) -> None:
    if command.step is None:
        return
    if command.answer != "simplify" or command.until is not None:
        raise NotForThisAnswer("a step of the lifecycle simplifies, and has no end")
    record_id = full_id(workspace, command.step.record_id)
    if record_id not in question.record_ids:
        named = ", ".join(question.record_ids) or "no record"
        raise NotForThisAnswer(f"the question is not about {record_id}", next_step=f"it is about {named}")


def _can_be_resolved(question: ContradictionQuestion) -> bool:
    return question.reason in CONFLICTS and len(question.record_ids) > 1


def _given(
    workspace: Workspace, command: AnswerContradiction, question: ContradictionQuestion, who: str, why: str
) -> GivenAnswer:
    now = workspace.clock()
    usual = PRESERVED_FOR if command.answer == "preserve" else PROMISED_FOR
    return GivenAnswer(
        id=new_id("answer"),
        question_id=question.question_id,
        reason=question.reason,
        about=(*question.record_ids, *question.about),
        question=question.question,
        answer=command.answer,
        who=who,
        why=why,
        granted_at=now,
        until=end_of(command.until or usual, now),
    )


def _keep_for_good(
    workspace: Workspace, question: ContradictionQuestion, answer: AnswerKind, who: str, why: str
) -> None:
    workspace.warehouse.record(
        [
            contradiction_answer_fact(
                project_id=workspace.settings.project,
                question_id=question.question_id,
                record_id=question.record_ids[0],
                answer=answer,
                principal=who,
                why=why,
                at=workspace.clock(),
            )
        ]
    )


def _answered(
    workspace: Workspace,
    question: ContradictionQuestion,
    kind: AnswerKind,
    answer: GivenAnswer | None,
    files: tuple[Path, ...],
    next_step: str,
) -> AnsweredContradiction:
    look_for_contradictions(workspace)  # the store learns at once what is open, answered and settled now
    return AnsweredContradiction(question, kind, answer, tuple(dict.fromkeys(files)), next_step)


def _next_step(answer: AnswerKind, question: ContradictionQuestion) -> str:
    if answer == "preserve":
        return "commit the file, so that others see it too; the question is asked again when the answer ends"
    named = [f"`alloynb intent edit {each} --why …`" for each in question.record_ids]
    steps = " or ".join(named[:2] or ["edit what it is about"])
    return (
        f"commit the file, then {steps}, or let a record go: answer with --contradict, --deprecate or --supersede; "
        "until then nothing is settled for a compilation"
    )
