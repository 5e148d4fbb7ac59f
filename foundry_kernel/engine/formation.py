"""What a formation is: which blocks take part, with which parameters (spec 4.6)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foundry_kernel.engine.errors import BadFormation
from foundry_kernel.events.catalogue import Catalogue
from foundry_kernel.events.errors import UnknownEventType
from foundry_kernel.events.payload import ClosingPayload

_NAME = r"^[a-z][a-z0-9_]*$"


class Formation(BaseModel):
    """One formation. Composition is configuration: nothing here is code.

    Attributes:
        about: one sentence.
        entry_event: event type that such a run begins with.
        when: fields of the entry payload that must have these values; tells formations of one entry event apart.
        closing_events: the run is decided by these; one that never comes is a failure, unless the throttle held
            the chain back. Empty: the run is decided by its blocks alone.
        blocks: names, in the order in which they get an event.
        parameters: settings of blocks, by block.
        continue_after_failure: whether a failed block ends only its own branch; for runs that fan out.
        origin: file that it was read from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=_NAME)
    about: str = Field(min_length=1)
    entry_event: str
    when: dict[str, Any] = Field(default_factory=dict)
    closing_events: tuple[str, ...] = ()
    blocks: tuple[str, ...] = Field(min_length=1)
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)
    continue_after_failure: bool = False
    origin: str = ""

    def fits(self, entry_event: str, payload: Mapping[str, Any]) -> bool:
        """Whether a run that begins like this belongs to the formation."""
        return entry_event == self.entry_event and all(
            payload.get(key) == value for key, value in self.when.items()
        )


def parse_formation(text: str, origin: str, catalogue: Catalogue) -> Formation:
    """Read a formation file (TOML) and check it against the catalogue.

    Raises:
        BadFormation: with the file, the line where it is known, and the reason.
    """
    try:
        formation = Formation.model_validate({**tomllib.loads(text), "origin": origin})
    except tomllib.TOMLDecodeError as error:
        raise BadFormation(f"{origin}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadFormation(f"{origin}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    _check(formation, catalogue)
    return formation


def _check(formation: Formation, catalogue: Catalogue) -> None:
    origin = formation.origin
    if formation.entry_event not in catalogue.entry_events:
        known = ", ".join(catalogue.entry_events)
        raise BadFormation(
            f"{origin}: entry_event: {formation.entry_event!r} is none", next_step=f"one of {known}"
        )
    for name in formation.closing_events:
        try:
            payload = catalogue.payload_type(name)
        except UnknownEventType as error:
            raise BadFormation(f"{origin}: closing_events: {error}") from error
        if not issubclass(payload, ClosingPayload):
            raise BadFormation(f"{origin}: closing_events: {name} does not say `success`")
    doubled = sorted({name for name in formation.blocks if formation.blocks.count(name) > 1})
    if doubled:
        raise BadFormation(f"{origin}: blocks: {doubled[0]!r} stands twice")
    stray = sorted(set(formation.parameters) - set(formation.blocks))
    if stray:
        raise BadFormation(f"{origin}: parameters.{stray[0]}: no such block takes part")
