"""What settings of all tools share: a number that went down or up, a list that grew or shrank, a switch turned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from foundry_kernel.gates.comparing.finding import Severity, Weakening, names, weakening
from foundry_kernel.gates.comparing.settings import Settings, as_bool, as_number

_NOTHING = 0.0
_EVERYTHING = float("inf")


def lowered(kind: str, old: Settings, new: Settings, *keys: str) -> Iterator[Weakening]:
    """A minimum that went down; one that is gone demands nothing."""
    was, now = as_number(old.value(*keys)), as_number(new.value(*keys))
    if was is not None and (now if now is not None else _NOTHING) < was:
        yield _changed(kind, old, new, keys, _said(was), _said(now), "demands less")


def raised(kind: str, old: Settings, new: Settings, *keys: str) -> Iterator[Weakening]:
    """A maximum that went up; one that is gone allows everything."""
    was, now = as_number(old.value(*keys)), as_number(new.value(*keys))
    if was is not None and (now if now is not None else _EVERYTHING) > was:
        yield _changed(kind, old, new, keys, _said(was), _said(now), "allows more")


def switched_off(
    kind: str, old: Settings, new: Settings, *keys: str, standard: bool = False
) -> Iterator[Weakening]:
    """A switch for strictness that was on, by word or by default, and is off."""
    was, now = as_bool(old.value(*keys)), as_bool(new.value(*keys))
    if (standard if was is None else was) and not (standard if now is None else now):
        yield _changed(kind, old, new, keys, "on", "off", "is off")


def switched_on(
    kind: str, old: Settings, new: Settings, *keys: str, severity: Severity = "weakening"
) -> Iterator[Weakening]:
    """A switch for leniency that was off and is on."""
    if not as_bool(old.value(*keys)) and as_bool(new.value(*keys)):
        yield _changed(kind, old, new, keys, "off", "on", "is on", severity)


def grown(
    kind: str,
    old: Settings,
    new: Settings,
    *keys: str,
    covers: Callable[[str, str], bool] | None = None,
    severity: Severity = "weakening",
) -> Iterator[Weakening]:
    """A list of exceptions with entries that no earlier entry covers."""
    more = uncovered(new.items(*keys), old.items(*keys), covers)
    if more:
        message = f"{'.'.join(keys)} also leaves out {names(more)}"
        yield listed(kind, new, keys, message, more, old.items(*keys), severity)


def shrunk(
    kind: str,
    old: Settings,
    new: Settings,
    *keys: str,
    standard: tuple[str, ...] = (),
    covers: Callable[[str, str], bool] | None = None,
    severity: Severity = "weakening",
) -> Iterator[Weakening]:
    """A list of what is looked at that lost entries which no remaining entry covers."""
    now = new.items(*keys) or standard
    less = uncovered(old.items(*keys), now, covers)
    if less:
        yield listed(kind, new, keys, f"{'.'.join(keys)} no longer names {names(less)}", now, less, severity)


def uncovered(
    entries: Iterable[str], by: Iterable[str], covers: Callable[[str, str], bool] | None = None
) -> tuple[str, ...]:
    """Entries that no other covers, sorted. `covers(wide, narrow)` is equality unless it is given."""
    others = set(by)
    return tuple(
        sorted(
            {
                each
                for each in entries
                if each not in others and not (covers and any(covers(other, each) for other in others))
            }
        )
    )


def is_prefix(wide: str, narrow: str) -> bool:
    """Whether a rule code covers another: `E` covers `E501`, `ALL` covers every one."""
    return wide.upper() == "ALL" or narrow.startswith(wide)


def listed(
    kind: str,
    new: Settings,
    keys: tuple[str, ...],
    message: str,
    after: Iterable[str],
    before: Iterable[str],
    severity: Severity = "weakening",
) -> Weakening:
    """A finding about a list."""
    added = tuple(after)
    return weakening(
        kind,
        new.path,
        ".".join(keys),
        message,
        line=new.line_of(*added[:1], keys[-1]),
        before=tuple(before),
        after=added,
        severity=severity,
    )


def _changed(
    kind: str,
    old: Settings,
    new: Settings,
    keys: tuple[str, ...],
    was: str,
    now: str,
    verdict: str,
    severity: Severity = "weakening",
) -> Weakening:
    name = ".".join(keys)
    return weakening(
        kind,
        new.path or old.path,
        name,
        f"{name} {verdict}: {now} instead of {was}",
        line=new.line_of(keys[-1], keys[-1].replace("_", "-")),
        before=was,
        after=now,
        severity=severity,
    )


def _said(number: float | None) -> str:
    return "unset" if number is None else f"{number:g}"
