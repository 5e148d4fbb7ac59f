"""Ask where accepted intent cannot stand, keep the questions, and hold them against the answers (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alloynb.application.changed_references import changed_references
from alloynb.application.keep_history import keep_history
from alloynb.application.leniencies import read_leniencies
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.evidence.decision_facts import contradiction_answer_fact
from alloynb.evidence.meaning_facts import confirmation_fact, contradiction_fact
from alloynb.evidence.query import held_open
from alloynb.intent.answer import AnswerStore, GivenAnswer
from alloynb.intent.review_trigger import SqlTrigger
from alloynb.intent.store import ExpectationStore, StrategyStore
from alloynb.interpretation.contradiction import (
    Asked,
    AskStore,
    ChangedReference,
    ContradictionQuestion,
    IntentLook,
    find_contradictions,
)
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.journal import Fact

TIME_LIMIT_S = 10.0
"""Seconds that one statement of a detector or of a review trigger may take."""


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question, and the answer that holds for now."""

    question: ContradictionQuestion
    answer: GivenAnswer

    def told(self) -> str:
        """What was answered, by whom, until when and why, in one line."""
        return f"{self.question.question} {self.answer.answer}d by {self.answer.told()} ({self.answer.id})"


@dataclass(frozen=True)
class SeenContradictions:
    """Where intent cannot stand.

    Attributes:
        open: questions that wait for a human.
        answered: questions that a human answered for now.
        doubts: what could not be found out, and why.
    """

    open: tuple[ContradictionQuestion, ...]
    answered: tuple[AnsweredQuestion, ...]
    doubts: tuple[str, ...]

    @property
    def asked(self) -> tuple[ContradictionQuestion, ...]:
        """All questions, answered or not."""
        return (*self.open, *(each.question for each in self.answered))


@held_open()
def look_for_contradictions(workspace: Workspace) -> SeenContradictions:
    """Let every detector ask, and keep questions and answers in the evidence store.

    Raises:
        BrokenFiles: records, expectations, strategies or answers cannot be read.
        StoreUnavailable, StoreBusy: the questions cannot be kept.
        BadPlugin: an installed detector is broken.
    """
    now = workspace.clock()
    look, doubts = _look(workspace, now)
    read_leniencies(workspace)
    asked = find_contradictions(look)
    asked = Asked(asked.questions, (*doubts, *asked.doubts))
    answers = AnswerStore(workspace.alloy_dir).load_all()
    _keep(workspace, asked, answers, now)
    valid = _valid(answers, now)
    return SeenContradictions(
        tuple(each for each in asked.questions if each.question_id not in valid),
        tuple(
            AnsweredQuestion(each, valid[each.question_id])
            for each in asked.questions
            if each.question_id in valid
        ),
        asked.doubts,
    )


def preserved_conflicts(workspace: Workspace, at: datetime) -> dict[str, str]:
    """By the id of a question, how a human said that its records stand together for now.

    Raises:
        BrokenFiles: an answer cannot be read; nothing is preserved by mistake.
    """
    valid = _valid(AnswerStore(workspace.alloy_dir).load_all(), at)
    return {
        question_id: f"{each.why} ({each.who}, until {each.until:%Y-%m-%d})"
        for question_id, each in valid.items()
        if each.answer == "preserve"
    }


def _valid(answers: tuple[GivenAnswer, ...], at: datetime) -> dict[str, GivenAnswer]:
    """By question, the answer that holds; of several, the one that was given last."""
    found = sorted((each for each in answers if each.state(at) == "valid"), key=lambda each: each.granted_at)
    return {each.question_id: each for each in found}


def _look(workspace: Workspace, now: datetime) -> tuple[IntentLook, tuple[str, ...]]:
    records = workspace.intent.load_all()
    expectations = ExpectationStore(workspace.alloy_dir).load_all()
    strategies = StrategyStore(workspace.alloy_dir).load_all()
    doubts: tuple[str, ...] = ()
    triggers = [
        *(trigger for each in records if each.guides_runs for trigger in each.review_triggers),
        *(trigger for each in expectations for trigger in each.review_triggers),
        *(trigger for each in strategies for trigger in each.review_triggers),
    ]
    if any(isinstance(each, SqlTrigger) for each in triggers):
        try:
            keep_history(workspace)
        except AlloyError as error:
            doubts = (f"who changed which path when is not known to the end: {error}",)
    changed: tuple[ChangedReference, ...] = ()
    try:
        changed = changed_references(workspace, [each for each in records if each.guides_runs])
    except (AlloyError, ArtifactError) as error:
        doubts = (*doubts, f"whether product and design intent changed is not known: {error}")
    confirmed = {
        each.id: at
        for each in records
        if each.guides_runs
        and each.review_triggers
        and (at := workspace.ledger.history(each.id).confirmed_at)
    }
    look = IntentLook(
        project=workspace.settings.project,
        records=records,
        at=now,
        ask_store=_asking(workspace),
        expectations=expectations,
        strategies=strategies,
        confirmed_at=confirmed.get,
        changed_references=changed,
    )
    _keep_confirmations(workspace, look)
    return look, doubts


def _asking(workspace: Workspace) -> AskStore:
    return lambda sql, parameters: workspace.warehouse.query(
        sql, parameters, time_limit_s=TIME_LIMIT_S
    ).as_dicts()


def _keep_confirmations(workspace: Workspace, look: IntentLook) -> None:
    """Let triggers ask when something was confirmed: for what has triggers, from the ledger and the files."""
    facts = [
        confirmation_fact(
            project_id=look.project,
            confirmed_id=record.id,
            principal=entry.who,
            why=entry.why,
            at=entry.at,
            key=entry.entry_id,
        )
        for record in look.guiding.values()
        if record.review_triggers
        for entry in workspace.ledger.history(record.id).entries
        if entry.act == "confirmed"
    ]
    confirmed = [(each.id, each.confirmed) for each in look.expectations]
    confirmed += [(each.id, each.confirmed) for each in look.strategies]
    facts += [
        confirmation_fact(
            project_id=look.project,
            confirmed_id=shared_id,
            principal=said.by,
            why=said.why,
            at=said.at,
            key=f"{shared_id}/{said.at.isoformat()}",
        )
        for shared_id, said in confirmed
        if said is not None
    ]
    if facts:
        workspace.warehouse.record(facts)


def _keep(workspace: Workspace, asked: Asked, answers: tuple[GivenAnswer, ...], now: datetime) -> None:
    """Record what is asked for the first time, or again; what is not asked any more; and what was answered."""
    project = workspace.settings.project
    known = {
        row["question_id"]: row["status"]
        for row in workspace.warehouse.query(
            "SELECT question_id, status FROM contradictions WHERE project_id = $1", [project]
        ).as_dicts()
    }
    facts = [
        _question_fact(each, project, now, again=each.question_id in known)
        for each in asked.questions
        if known.get(each.question_id, "settled") == "settled"
    ]
    if not asked.doubts:  # what could not be looked at may still be so
        still = {each.question_id for each in asked.questions}
        facts += _settled(workspace, {id for id, status in known.items() if status != "settled"} - still, now)
    facts += [_answer_fact(each, project) for each in answers]
    if facts:
        workspace.warehouse.record(facts)


def _question_fact(question: ContradictionQuestion, project: str, now: datetime, *, again: bool) -> Fact:
    return contradiction_fact(
        project_id=project,
        question_id=question.question_id,
        record_ids=question.record_ids,
        reason=question.reason,
        question=question.question,
        evidence=question.evidence,
        at=now,
        key=None if again else question.question_id,
    )


def _settled(workspace: Workspace, question_ids: set[str], now: datetime) -> Iterator[Fact]:
    if not question_ids:
        return
    found = workspace.warehouse.query(
        "SELECT question_id, record_ids, reason, question, evidence FROM contradictions WHERE question_id IN "
        "(SELECT unnest($1::VARCHAR[])) ORDER BY question_id",
        [sorted(question_ids)],
    )
    for row in found.as_dicts():
        yield contradiction_fact(
            project_id=workspace.settings.project,
            at=now,
            status="settled",
            **{**row, "record_ids": row["record_ids"]},
        )


def _answer_fact(each: GivenAnswer, project: str) -> Fact:
    taken = each.withdrawn
    return contradiction_answer_fact(
        project_id=project,
        question_id=each.question_id,
        record_id=each.about[0] if each.about else None,
        answer="withdrawn" if taken else each.answer,
        principal=taken.by if taken else each.who,
        why=taken.why if taken else each.why,
        at=taken.at if taken else each.granted_at,
        answer_id=each.id,
        until=each.until,
        key=f"{each.id}/{digest_of(each.model_dump(mode='json'))}",
    )
