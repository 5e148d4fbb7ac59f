"""A shared strategy: what its name means *here*, and how it goes wrong (spec 2.1)."""

from __future__ import annotations

from alloynb.intent.record import Source
from alloynb.intent.relationship import Confirmation
from alloynb.intent.review_trigger import ReviewTrigger
from alloynb.intent.strict_model import NamedModel, StrategyId, Text, Timestamp


class Strategy(NamedModel):
    """A way of building that several records may prefer.

    Attributes:
        id: `<project>.strategy.<slug>`; the file is `.alloy/strategies/<slug>.yaml`.
        definition: the local meaning; a well-known name alone says too little.
        failure_modes: known ways in which it goes wrong.
        examples: files or places that show it.
        exceptions: where it is deliberately not followed.
        reviewer_role: the role that guards against the failure modes.
        confirmed: when somebody last read it, and called it still true.
    """

    id: StrategyId
    name: Text
    definition: Text
    failure_modes: tuple[Text, ...] = ()
    examples: tuple[Text, ...] = ()
    exceptions: tuple[Text, ...] = ()
    reviewer_role: Text | None = None
    sources: tuple[Source, ...] = ()
    review_triggers: tuple[ReviewTrigger, ...] = ()
    owner: Text | None = None
    confirmed: Confirmation | None = None
    created_at: Timestamp
    updated_at: Timestamp
