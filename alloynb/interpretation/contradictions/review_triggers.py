"""Review triggers that fire: a date that has come, or a condition that the evidence store says is true (spec 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from alloynb.errors import AlloyError
from alloynb.intent.review_trigger import DateTrigger, ReviewTrigger, SqlTrigger
from alloynb.interpretation.contradiction import Asked, ContradictionDetector, IntentLook, question_of


class NoAnswer(AlloyError):
    """The condition of a trigger says neither yes nor no."""


@dataclass(frozen=True)
class _Reviewed:
    """A record, or a shared expectation or strategy, with its triggers.

    Attributes:
        confirmed_at: when a human last called it still true.
    """

    id: str
    title: str
    kind: str
    triggers: tuple[ReviewTrigger, ...]
    record_ids: tuple[str, ...]
    confirmed_at: datetime | None


class ReviewTriggers:
    """Looks at the triggers of records that guide runs, and of the expectations and strategies that these lean on.

    A date is kept by a confirmation on that day or later; a condition decides for itself, and may ask for one.
    """

    reason = "review_trigger"

    def ask(self, look: IntentLook) -> Asked:
        """Ask about each trigger that fires; a condition that cannot be asked is a doubt."""
        questions, doubts = [], []
        for reviewed in _reviewed(look):
            for trigger in reviewed.triggers:
                try:
                    because = _fires(trigger, reviewed, look)
                except AlloyError as error:
                    doubts.append(
                        f"{reviewed.id}: the review trigger `{_text(trigger)}` cannot be asked: {error}"
                    )
                    continue
                if because:
                    shared = () if reviewed.kind == "record" else (reviewed.id,)
                    why = [f"why it was set: {trigger.why}"] if trigger.why else []
                    questions.append(
                        question_of(
                            self.reason,
                            {
                                "reviewed": reviewed.id,
                                "trigger": trigger.model_dump(mode="json", exclude={"why"}),
                            },
                            reviewed.record_ids,
                            f"The {reviewed.kind} “{reviewed.title}” asked to be looked at again. Is it still true "
                            "(preserve), or is there something to simplify?",
                            (because, *why),
                            about=shared,
                        )
                    )
        return Asked(tuple(questions), tuple(doubts))


def _reviewed(look: IntentLook) -> Iterator[_Reviewed]:
    for record in look.guiding.values():
        if record.review_triggers:
            confirmed = look.confirmed_at(record.id) if _has_date(record.review_triggers) else None
            yield _Reviewed(
                record.id, record.title, "record", record.review_triggers, (record.id,), confirmed
            )
    for expectation in look.expectations:
        if expectation.review_triggers and (leaning := look.leaning_on(expectation.id)):
            confirmed = expectation.confirmed.at if expectation.confirmed else None
            title, triggers = expectation.statement, expectation.review_triggers
            yield _Reviewed(expectation.id, title, "expectation", triggers, leaning, confirmed)
    for strategy in look.strategies:
        if strategy.review_triggers and (leaning := look.leaning_on(strategy.id)):
            confirmed = strategy.confirmed.at if strategy.confirmed else None
            yield _Reviewed(
                strategy.id, strategy.name, "strategy", strategy.review_triggers, leaning, confirmed
            )


def _has_date(triggers: Iterable[ReviewTrigger]) -> bool:
    return any(isinstance(each, DateTrigger) for each in triggers)


def _fires(trigger: ReviewTrigger, reviewed: _Reviewed, look: IntentLook) -> str:
    """Say why a trigger fires; empty when it does not."""
    if isinstance(trigger, DateTrigger):
        kept = (
            reviewed.confirmed_at is not None and reviewed.confirmed_at.astimezone(UTC).date() >= trigger.date
        )
        due = look.at.astimezone(UTC).date() >= trigger.date
        return f"it was to be looked at again on {trigger.date}" if due and not kept else ""
    return f"this became true: {_text(trigger)}" if _is_true(look, trigger) else ""


def _is_true(look: IntentLook, trigger: SqlTrigger) -> bool:
    said = [next(iter(row.values()), None) for row in look.ask_store(trigger.sql, ())]
    odd = next((each for each in said if each is not None and not isinstance(each, bool)), None)
    if odd is not None:
        raise NoAnswer(f"its first column gives {odd!r} where true or false is needed")
    if said and all(each is None for each in said):
        raise NoAnswer("it gives NULL: the store knows nothing yet that it could be about")
    return any(said)


def _text(trigger: ReviewTrigger) -> str:
    return str(trigger.date) if isinstance(trigger, DateTrigger) else " ".join(trigger.sql.split())


DETECTOR: ContradictionDetector = ReviewTriggers()
