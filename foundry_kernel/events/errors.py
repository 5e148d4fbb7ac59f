"""What can be wrong with an event (spec 4.1)."""

from __future__ import annotations

from foundry_kernel.errors import FoundryError


class UnknownEventType(FoundryError):
    """No payload of this name is in the catalogue."""

    failure_class = "validation"


class NotAnEntryEvent(FoundryError):
    """A run cannot begin with an event of this type."""

    failure_class = "validation"


class PayloadMismatch(FoundryError):
    """The payload does not fit its event type; the event is not emitted."""

    failure_class = "validation"
