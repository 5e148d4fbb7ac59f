"""From what records refer to, to what systems say of it: resolved, by an earlier answer, or not at all (spec 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alloynb.errors import AlloyError
from alloynb.intent.record import IntentRecord
from alloynb.references.configuration import ReferenceSystem
from alloynb.references.external_intent import (
    ExternalIntent,
    IntentSource,
    ReferenceUnavailable,
    check_reference,
    intent_of,
)
from alloynb.references.kept_answers import KeptAnswers

_OWNED_BY = {"epilogue": "product", "design_system": "design"}


@dataclass(frozen=True)
class ReferredTo:
    """One reference, and the records that make it.

    Attributes:
        system: name of a configured system.
    """

    system: str
    ref: str
    record_ids: tuple[str, ...]

    @property
    def shown(self) -> str:
        """As people write it: `epilogue:checkout/pay`."""
        return f"{self.system}:{self.ref}"


@dataclass(frozen=True)
class Resolved:
    """What came of one reference.

    Attributes:
        intent: what the system says; None when it cannot be had.
        why: what went wrong; empty when nothing did.
        from_earlier: the system is out of reach, and this is its last answer.
    """

    referred: ReferredTo
    intent: ExternalIntent | None
    why: str = ""
    from_earlier: bool = False


def references_of(
    records: Iterable[IntentRecord], systems: Mapping[str, ReferenceSystem]
) -> tuple[ReferredTo, ...]:
    """Collect what records refer to, by system and reference.

    `scope.interactions` refer to the product: plainly to the first product system by name, or as `SYSTEM:REF`. Sources
    of type `epilogue` refer to a product system, those of type `design_system` to a design system, in the same way. A
    reference for which no system is configured is a word for people, and is left alone.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for record in records:
        named = [("product", each) for each in record.scope.interactions]
        named += [
            (_OWNED_BY[each.source_type], each.ref)
            for each in record.sources
            if each.source_type in _OWNED_BY
        ]
        for kind, ref in named:
            if (place := _place(ref, kind, systems)) is not None:
                found.setdefault(place, set()).add(record.id)
    return tuple(ReferredTo(system, ref, tuple(sorted(ids))) for (system, ref), ids in sorted(found.items()))


def _place(ref: str, kind: str, systems: Mapping[str, ReferenceSystem]) -> tuple[str, str] | None:
    prefix, colon, rest = ref.partition(":")
    if colon and prefix in systems:
        return prefix, rest.strip()
    fitting = sorted(name for name, system in systems.items() if system.kind == kind)
    return (fitting[0], ref) if fitting else None


def resolve(
    referred: ReferredTo, source: IntentSource, system: ReferenceSystem, kept: KeptAnswers | None = None
) -> Resolved:
    """Ask a system for one reference; when it is out of reach, take what it said last."""
    try:
        check_reference(referred.ref)
        document = source.read(referred.ref)
        found = intent_of(referred.system, referred.ref, document, system.take)
    except ReferenceUnavailable as error:
        earlier = kept.last(referred.ref) if kept is not None else None
        if earlier is None:
            return Resolved(referred, None, error.message)
        try:
            said = intent_of(referred.system, referred.ref, earlier, system.take)
        except AlloyError:
            return Resolved(referred, None, error.message)
        return Resolved(referred, said, error.message, from_earlier=True)
    except AlloyError as error:
        return Resolved(referred, None, error.message)
    if kept is not None:
        kept.keep(referred.ref, document)
    return Resolved(referred, found)
