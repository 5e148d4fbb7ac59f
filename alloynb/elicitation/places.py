"""Which parts of the repository a person means when they write a name (spec 2.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from alloynb.elicitation.interview import Context, Place

_TOKEN = re.compile(r"[\w./*-]*[\w*]")
_NAME = re.compile(r"\w[./_]\w")
_MOST_FOUND = 12
_SHORTEST_LAST_NAME = 3


def places_in(text: str, places: Iterable[Place], *, in_prose: bool = False) -> tuple[Place, ...]:
    """The places that a text names by path, by dotted name, or by a last part that only one of them has.

    A place within another one that is named too is left out. Where a text names places in full, its plain words are
    words.

    Args:
        in_prose: the text does not answer the question where: a plain word never names a place, unless `quoted`.
    """
    known = tuple(places)
    return _found(text, known, plain=False) or (() if in_prose else _found(text, known, plain=True))


def _found(text: str, known: tuple[Place, ...], *, plain: bool) -> tuple[Place, ...]:
    exact: dict[str, Place] = {}
    last: dict[str, list[Place]] = {}
    for each in known:
        for name in (each.name, each.path, each.glob, each.path.removesuffix(".py")):
            exact.setdefault(name.lower(), each)
        last.setdefault(_last(each), []).append(each)
    found: dict[str, Place] = {}
    for match in _TOKEN.finditer(text.lower()):
        token = match[0].removeprefix("./").rstrip("/.")
        quoted = text[match.start() - 1 : match.start()] == "`" and text[match.end() : match.end() + 1] == "`"
        if not plain and not quoted and not _NAME.search(token):
            continue
        place = exact.get(token) or exact.get(token.replace("/", "."))
        if place is None and len(token) >= _SHORTEST_LAST_NAME:
            place = _outermost(last.get(token.removesuffix(".py"), ()))
        if place is not None:
            found.setdefault(place.name, place)
    return _without_parts(list(found.values())[:_MOST_FOUND])


def scope_of(text: str, context: Context, *, in_prose: bool = False) -> dict[str, Any]:
    """The scope that a text names: modules and globs of known places, else the globs that it writes out."""
    found = places_in(text, context.places, in_prose=in_prose)
    if found:
        modules = [each.name for each in found if each.importable]
        scope: dict[str, Any] = {"paths": [each.glob for each in found]}
        return scope | ({"modules": modules} if modules else {})
    written = [
        token
        for token in re.findall(r"[\w.*/-]+", text)
        if ("/" in token or "*" in token)
        and re.search(r"\w", token)
        and ".." not in token.split("/")
        and not token.startswith(("/", "-"))
    ]
    return {"paths": list(dict.fromkeys(written))[:_MOST_FOUND]} if written else {}


def named(places: Iterable[Place], most: int = 3) -> str:
    """A few places for a question: `shop/payments`, `shop/checkout` or `shop/ledger`."""
    shown = [f"`{each.path}`" for each in list(places)[:most]]
    return " or ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def _last(place: Place) -> str:
    return place.path.rstrip("/").rpartition("/")[2].removesuffix(".py").lower()


def _outermost(found: Iterable[Place]) -> Place | None:
    """The one of several places of one name that holds all the others; None when they lie side by side."""
    ordered = sorted(found, key=lambda each: (each.path.count("/"), each.path))
    if not ordered:
        return None
    first = ordered[0]
    inside = all(each.path == first.path or each.path.startswith(f"{first.path}/") for each in ordered)
    return first if inside else None


def _without_parts(found: list[Place]) -> tuple[Place, ...]:
    return tuple(
        each
        for each in found
        if not any(each is not other and each.path.startswith(f"{other.path}/") for other in found)
    )
