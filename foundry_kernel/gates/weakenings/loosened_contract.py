"""Import contracts removed, narrowed, or given more exceptions (import-linter)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, names, weakening
from foundry_kernel.gates.comparing.numbers_and_lists import shrunk, uncovered
from foundry_kernel.gates.comparing.settings import Settings, as_bool, as_items, changed_settings

_KIND = "contract_loosened"
_WHAT_IS_HELD = (
    "source_modules",
    "forbidden_modules",
    "modules",
    "layers",
    "containers",
    "ancestors",
    "protected_modules",
)
_EXCEPTIONS = ("ignore_imports", "exhaustive_ignores", "allowed_importers")
_LENIENT = ("allow_indirect_imports", "exclude_type_checking_imports")


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for old, new in changed_settings(comparison, "importlinter"):
        if new.items("root_packages") or not new.value("root_package"):
            yield from shrunk(_KIND, old, new, "root_packages")
        key = "exclude_type_checking_imports"
        if as_bool(new.value(key)) and not as_bool(old.value(key)):
            yield _loosened(new, key, "imports for type checking are no longer looked at")
        yield from _contracts(old, new)


def _contracts(old: Settings, new: Settings) -> Iterator[Weakening]:
    before, after = _named(old), _named(new)
    for name, contract in before.items():
        now = after.get(name) or _renamed(contract, after, before)
        if now is None:
            yield weakening(
                "contract_removed",
                new.path or old.path,
                name,
                f"the import contract {name} was removed",
                line=None,
                before=contract.get("type", ""),
            )
        else:
            yield from _compared(new, name, contract, now)


def _compared(
    new: Settings, name: str, was: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[Weakening]:
    if was.get("type") != now.get("type"):
        message = f"the import contract {name} is of type {now.get('type')} instead of {was.get('type')}"
        yield _loosened(new, name, message)
        return
    for key in _WHAT_IS_HELD:
        if less := uncovered(_modules(was.get(key)), _modules(now.get(key))):
            yield _loosened(
                new, name, f"the import contract {name} no longer holds for {names(less)} ({key})", key
            )
    for key in _EXCEPTIONS:
        if more := uncovered(as_items(now.get(key)), as_items(was.get(key))):
            yield _loosened(
                new, name, f"the import contract {name} also allows {names(more)} ({key})", more[0]
            )
    if as_bool(was.get("exhaustive")) and not as_bool(now.get("exhaustive")):
        yield _loosened(new, name, f"the import contract {name} is no longer exhaustive", "exhaustive")
    if _out_of_order(_ranks(was.get("layers")), _ranks(now.get("layers"))):
        yield _loosened(new, name, f"the import contract {name} has its layers in another order", "layers")
    for key in _LENIENT:
        if as_bool(now.get(key)) and not as_bool(was.get(key)):
            yield _loosened(new, name, f"the import contract {name} now says {key}", key)
    if as_bool(was.get("as_packages")) is not False and as_bool(now.get("as_packages")) is False:
        yield _loosened(new, name, f"the import contract {name} no longer looks into packages", "as_packages")


def _modules(value: Any) -> tuple[str, ...]:
    """Names of modules; a layer with several siblings, optional or not, counts for each of them."""
    return tuple(_ranks(value))


def _ranks(value: Any) -> dict[str, tuple[int, bool]]:
    """Name → layer, from 0 at the top, and whether siblings in it may not import each other."""
    found: dict[str, tuple[int, bool]] = {}
    for rank, item in enumerate(as_items(value)):
        for each in item.replace(":", "|").split("|"):
            found[each.strip(" ()")] = (rank, ":" not in item)
    return found


def _out_of_order(was: dict[str, tuple[int, bool]], now: dict[str, tuple[int, bool]]) -> bool:
    """Whether some import that was forbidden is allowed by the order of layers now."""
    known = sorted((name for name in was if name in now), key=lambda name: was[name][0])
    lowest_so_far = -1
    for name in known:
        if now[name][0] < lowest_so_far or (was[name][1] and not now[name][1]):
            return True
        lowest_so_far = max(lowest_so_far, now[name][0])
    return any(
        was[upper][0] < was[lower][0] and now[upper][0] == now[lower][0] and not now[upper][1]
        for upper, lower in pairwise(known)
    )


def _named(settings: Settings) -> dict[str, Mapping[str, Any]]:
    contracts = settings.value("contracts")
    found: dict[str, Mapping[str, Any]] = {}
    for each in contracts if isinstance(contracts, list) else ():
        if isinstance(each, dict):
            found[str(each.get("id") or each.get("name") or len(found))] = each
    return found


def _renamed(
    contract: Mapping[str, Any],
    after: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
) -> Mapping[str, Any] | None:
    """A new contract that says the same under another name."""
    naming = {"id", "name"}
    said = {key: value for key, value in contract.items() if key not in naming}
    for name, other in after.items():
        if name not in before and said == {key: value for key, value in other.items() if key not in naming}:
            return other
    return None


def _loosened(new: Settings, subject: str, message: str, *words: str) -> Weakening:
    return weakening(_KIND, new.path, subject, message, line=new.line_of(*words, subject), after=message)


WEAKENING = WeakeningDetector("loosened-contract", _find)
