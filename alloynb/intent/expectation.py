"""A shared expectation: what makes a threat matter, and how long it is thought to hold (spec 2.1)."""

from __future__ import annotations

from alloynb.intent.record import Source
from alloynb.intent.relationship import Confirmation
from alloynb.intent.review_trigger import ReviewTrigger
from alloynb.intent.strict_model import Confidence, ExpectationId, NamedModel, Text, Timestamp


class Expectation(NamedModel):
    """A statement about the future that several records may lean on.

    Attributes:
        id: `<project>.expectation.<slug>`; the file is `.alloy/expectations/<slug>.yaml`.
        time_horizon: in words, such as "the next two years"; `until 2027-06-30` is asked about when it is over.
        confirmed: when somebody last read it, and called it still true.
    """

    id: ExpectationId
    statement: Text
    confidence: Confidence = 1.0
    time_horizon: Text | None = None
    sources: tuple[Source, ...] = ()
    review_triggers: tuple[ReviewTrigger, ...] = ()
    owner: Text | None = None
    confirmed: Confirmation | None = None
    created_at: Timestamp
    updated_at: Timestamp
