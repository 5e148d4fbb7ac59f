"""The catalogue of event types: every payload has its model, and what does not fit is refused (spec 4.1).

Families are files in `events/payloads/`. Another package adds its own through the entry point group
`foundry_kernel.events`, each naming a module with `EVENTS` (a tuple of payload classes).
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from foundry_kernel.events.errors import NotAnEntryEvent, PayloadMismatch, UnknownEventType
from foundry_kernel.events.payload import EntryPayload, Payload
from runtime_artifacts.canonical import refuse_odd_values
from runtime_artifacts.drop_in import collect_drop_ins
from runtime_artifacts.errors import MalformedDocument

ENTRY_POINTS = "foundry_kernel.events"
MAX_ENTRY_BYTES = 1024 * 1024


class Catalogue:
    """Event types by name. Immutable."""

    def __init__(self, payloads: Iterable[type[Payload]]) -> None:
        self._payloads: Mapping[str, type[Payload]] = {each.event_type(): each for each in payloads}

    def __contains__(self, event_type: object) -> bool:
        return event_type in self._payloads

    @property
    def event_types(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._payloads))

    @property
    def entry_events(self) -> tuple[str, ...]:
        """Names of the events that a run can begin with, sorted."""
        return tuple(name for name in self.event_types if issubclass(self._payloads[name], EntryPayload))

    def payload_type(self, event_type: str) -> type[Payload]:
        """Model of the payloads of one event type.

        Raises:
            UnknownEventType: with the names that come close.
        """
        try:
            return self._payloads[event_type]
        except KeyError as error:
            raise UnknownEventType(
                f"unknown event type {event_type[:200]!r}",
                next_step=_did_you_mean(event_type, self.event_types),
            ) from error

    def about(self, event_type: str) -> str:
        """One sentence on what an event of this type says.

        Raises:
            UnknownEventType: no such type.
        """
        return (inspect.getdoc(self.payload_type(event_type)) or "").partition("\n")[0]

    def read(self, event_type: str, payload: Mapping[str, Any]) -> Payload:
        """Turn a payload into its model; unknown fields are kept.

        Raises:
            UnknownEventType: no such type.
            PayloadMismatch: a field is missing or of the wrong type or value, or the text in it is not allowed.
        """
        model = self.payload_type(event_type)
        try:
            refuse_odd_values(dict(payload))
            return model.model_validate(payload)
        except ValidationError as error:
            offences = error.errors(include_url=False, include_input=False, include_context=False)
            where = ".".join(str(step) for step in offences[0]["loc"]) or "payload"
            more = f" (and {len(offences) - 1} more)" if len(offences) > 1 else ""
            raise PayloadMismatch(f"{event_type}: {where}: {offences[0]['msg']}{more}") from error
        except MalformedDocument as error:
            raise PayloadMismatch(f"{event_type}: {error}") from error

    def check_entry(self, event_type: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Check the payload of an event that a run shall begin with, and say it in full.

        It comes from outside, perhaps from a newer version: unknown fields are kept, see `unknown_fields`.

        Returns:
            The payload as JSON, with the fields that were set.

        Raises:
            UnknownEventType, NotAnEntryEvent, PayloadMismatch: it cannot begin a run.
        """
        if event_type in self and event_type not in self.entry_events:
            raise NotAnEntryEvent(
                f"a run cannot begin with {event_type}",
                next_step=f"one of {', '.join(self.entry_events)} can",
            )
        said = as_json(self.read(event_type, payload))
        size = len(json.dumps(said, ensure_ascii=False).encode())
        if size > MAX_ENTRY_BYTES:
            raise PayloadMismatch(f"{event_type}: {size} bytes, at most {MAX_ENTRY_BYTES}")
        return said

    def check_emit(self, event_type: str, payload: Mapping[str, Any] | Payload) -> dict[str, Any]:
        """Check the payload of an event that a block emits. A field that its type does not know is refused.

        Returns:
            The payload as JSON; of a model, the defaults are in it too.

        Raises:
            UnknownEventType, PayloadMismatch: it cannot be emitted.
        """
        raw = payload.model_dump(mode="json", exclude_none=True) if isinstance(payload, Payload) else payload
        found = self.read(event_type, raw)
        unknown = unknown_fields(found)
        if unknown:
            raise PayloadMismatch(f"{event_type}: unknown field {unknown[0]!r}")
        return as_json(found)


def load_catalogue() -> Catalogue:
    """Read all families of payloads: our own, and those of other packages.

    Raises:
        BadPlugin: names the file and what is wrong with it.
    """
    found = collect_drop_ins(
        "foundry_kernel.events.payloads",
        "EVENTS",
        _payload_class,
        name_of=lambda payload: payload.event_type(),
        entry_points=ENTRY_POINTS,
    )
    return Catalogue(each.plugin for each in found.values())


def as_json(payload: Payload) -> dict[str, Any]:
    """Plain JSON of a payload: the fields that were set, without None."""
    return payload.model_dump(mode="json", exclude_none=True, exclude_unset=True)


def unknown_fields(value: Any, prefix: str = "") -> tuple[str, ...]:
    """Names of the fields, with dots, that no model declares; a face may warn of them or refuse them."""
    if isinstance(value, BaseModel):
        own = [prefix + name for name in value.model_extra or {}]
        for name in type(value).model_fields:
            own += unknown_fields(getattr(value, name), f"{prefix}{name}.")
        return tuple(own)
    if isinstance(value, tuple | list):
        return tuple(name for i, each in enumerate(value) for name in unknown_fields(each, f"{prefix}{i}."))
    return ()


def _payload_class(value: object) -> type[Payload]:
    if not (isinstance(value, type) and issubclass(value, Payload)):
        raise TypeError(f"{value!r} is not a class that derives from Payload")
    if not inspect.getdoc(value) or value.__doc__ is None:
        raise ValueError(f"{value.__name__} has no docstring; say in one sentence what the event says")
    return value


def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, n=3)
    return f"did you mean {' or '.join(close)}?" if close else "the capability manifest lists the known ones"
