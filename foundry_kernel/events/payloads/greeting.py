"""Hello, world: one observer and one mutator, the smallest chain that shows the throttle."""

from __future__ import annotations

from pydantic import Field

from foundry_kernel.events.payload import ClosingPayload, EntryPayload, Payload


class GreetRequested(EntryPayload):
    """Someone should be greeted."""

    name: str = Field(default="world", min_length=1, max_length=200)


class GreetingComposed(Payload):
    """The words are found."""

    greeting: str


class GreetingDelivered(ClosingPayload):
    """The greeting was written down, in a file relative to the run's folder."""

    greeting: str
    path: str | None = None


EVENTS = (GreetRequested, GreetingComposed, GreetingDelivered)
