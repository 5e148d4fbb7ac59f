"""Which rules of several records cannot hold together, with a smallest set of them as the explanation (spec 6.4)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import BaseModel

from alloynb.intent.boundary_rule import (
    AllowedOnlyRule,
    ForbiddenRule,
    ImportBoundaryRule,
    IndependenceRule,
    LayersRule,
)
from alloynb.intent.conflicts.conflict import HeldRule, RuleConflict, conflict_of
from alloynb.intent.conflicts.dead_permission import dead_permissions
from alloynb.intent.conflicts.dependencies import dead_entries
from alloynb.intent.conflicts.layer_order import broken_orders
from alloynb.intent.conflicts.patterns import conflicting_patterns
from alloynb.intent.evidence_definition import (
    CodePattern,
    DependencyEvidence,
    DependencyRule,
    GateCommand,
    GateEvidence,
    ImportBoundaryEvidence,
    PatternEvidence,
)
from alloynb.intent.record import IntentRecord

MOST_CONFLICTS = 500
"""More are not told at once; whoever settles these is shown the next."""

RuleT = TypeVar("RuleT", bound=BaseModel)
_Holders = Mapping[RuleT, Sequence[HeldRule]]


def find_rule_conflicts(
    records: Iterable[IntentRecord], *, at_most: int = MOST_CONFLICTS
) -> tuple[RuleConflict, ...]:
    """Decide which executable rules of these records cannot hold together.

    Compared are import rules, dependency rules, patterns and gates; what a test, a trace, a metric or a human says
    cannot be decided by reading it. Records are taken as they are given: whether they guide runs, and whether a human
    settled the conflict, is for the caller.

    Returns:
        Conflicts ordered by what takes part; the order of the records does not matter. At most `at_most`.

    Spec: 3.2, 6.4.
    """
    held = [
        rule
        for record in sorted(records, key=lambda each: each.id)
        for definition in record.evidence
        if (rule := _held(record, definition)) is not None
    ]
    found: dict[str, RuleConflict] = {}
    for conflict in islice(_conflicts(held), at_most * 4):
        found.setdefault(conflict.conflict_id, conflict)
        if len(found) == at_most:
            break
    return tuple(sorted(found.values(), key=lambda each: (_taking_part(each), each.subject)))


def _taking_part(conflict: RuleConflict) -> tuple[str, ...]:
    return tuple(claim.evidence_id for claim in conflict.claims)


def _held(record: IntentRecord, definition: object) -> HeldRule | None:
    match definition:
        case ImportBoundaryEvidence():
            return HeldRule(record.id, definition.global_id(record.id), definition.rule)
        case DependencyEvidence():
            return HeldRule(record.id, definition.global_id(record.id), definition.dependency)
        case PatternEvidence():
            return HeldRule(record.id, definition.global_id(record.id), definition.pattern)
        case GateEvidence():
            return HeldRule(record.id, definition.global_id(record.id), definition.gate)
    return None


def _conflicts(held: Sequence[HeldRule]) -> Iterator[RuleConflict]:
    yield from _of_patterns(_holders(held, CodePattern))
    yield from _of_boundaries(held)
    yield from _of_dependencies(_holders(held, DependencyRule))
    yield from _of_gates(_holders(held, GateCommand))


def _holders(held: Iterable[HeldRule], *kinds: type[RuleT]) -> dict[RuleT, list[HeldRule]]:
    """By rule, who holds it; two records that say the same are compared with others once."""
    found: dict[RuleT, list[HeldRule]] = {}
    for each in held:
        if isinstance(each.rule, kinds):
            found.setdefault(each.rule, []).append(each)
    return found


def _of_boundaries(held: Sequence[HeldRule]) -> Iterator[RuleConflict]:
    holders: dict[ImportBoundaryRule, list[HeldRule]] = _holders(
        held, ForbiddenRule, LayersRule, IndependenceRule, AllowedOnlyRule
    )
    by_root: dict[str, list[ImportBoundaryRule]] = {}
    for rule in holders:
        for root in sorted({PurePosixPath(each).as_posix() for each in rule.source_roots}):
            by_root.setdefault(root, []).append(rule)
    for root in sorted(by_root):
        yield from _of_layers([each for each in by_root[root] if isinstance(each, LayersRule)], holders)
        for rule, target, killers in dead_permissions(by_root[root]):
            yield from _of_permission(rule, target, killers, holders)


def _of_layers(rules: Sequence[LayersRule], holders: _Holders[ImportBoundaryRule]) -> Iterator[RuleConflict]:
    for steps in broken_orders(rules):
        modules = sorted({_plain(above) for _, above, _ in steps})
        because = (
            f"{modules[0]} and {modules[1]} are placed above each other: what one record permits, the other forbids"
            if len(steps) == 2
            else f"no order of layers keeps {', '.join(modules)}"
        )
        for taking_part in product(*(holders[rule] for rule, _, _ in steps)):
            said = [
                (held, f"{_plain(above)} lies above {_plain(below)}, which must not import it")
                for held, (_, above, below) in zip(taking_part, steps, strict=True)
            ]
            yield conflict_of("opposed", modules, said, because)


def _of_permission(
    rule: AllowedOnlyRule,
    target: str,
    killers: Sequence[ImportBoundaryRule],
    holders: _Holders[ImportBoundaryRule],
) -> Iterator[RuleConflict]:
    sources = ", ".join(rule.sources)
    because = f"one record expressly lets {sources} import {target}, and nothing of that is left"
    for permitting, *forbidding in product(holders[rule], *(holders[each] for each in killers)):
        said = [
            (permitting, f"{sources} may import {target}"),
            *((each, _prohibition(each.rule)) for each in forbidding),
        ]
        yield conflict_of("opposed", (*rule.sources, target), said, because)


def _prohibition(rule: BaseModel) -> str:
    match rule:
        case ForbiddenRule():
            return f"{', '.join(rule.sources)} must not import {', '.join(rule.targets)}"
        case LayersRule():
            return f"no layer imports a higher one (top first: {' > '.join(rule.layers)})"
        case IndependenceRule():
            return f"{', '.join(rule.modules)} must not import each other"
        case AllowedOnlyRule():
            judged = ", ".join(rule.universe or rule.packages)
            return f"of {judged}, {', '.join(rule.sources)} may import only {', '.join(rule.targets) or 'itself'}"
    raise TypeError(f"{type(rule).__name__} is no import rule")


def _of_dependencies(holders: _Holders[DependencyRule]) -> Iterator[RuleConflict]:
    for rule, entry, against in dead_entries(list(holders)):
        because = f"one record lists {entry} as allowed, and another one rules it out in the same manifest"
        denial = (
            f"only {', '.join(against.allowed) or 'nothing'} may be declared"
            if against.allowed is not None
            else f"{', '.join(against.forbidden)} must not be declared"
        )
        for permitting, forbidding in product(holders[rule], holders[against]):
            said = [(permitting, f"{entry} may be declared"), (forbidding, denial)]
            yield conflict_of("opposed", (entry,), said, because)


def _of_patterns(holders: _Holders[CodePattern]) -> Iterator[RuleConflict]:
    for demanded, forbidden, verdict in conflicting_patterns(list(holders)):
        subject = " ".join(demanded.query.split())
        because = (
            f"no code has the {demanded.language} pattern `{subject}` and does not have it"
            if verdict == "unsatisfiable"
            else f"files that both speak of must hold the {demanded.language} pattern `{subject}`, and must not"
        )
        where = "somewhere in" if demanded.spread == "somewhere" else "in every file of"
        for one, other in product(holders[demanded], holders[forbidden]):
            said = [
                (one, f"it must occur {where} {', '.join(demanded.paths)}"),
                (other, f"it must not occur in {', '.join(forbidden.paths)}"),
            ]
            yield conflict_of(verdict, (demanded.language, subject), said, because)


def _of_gates(holders: _Holders[GateCommand]) -> Iterator[RuleConflict]:
    by_name: dict[str, dict[tuple[str, ...], HeldRule]] = {}
    for gate, named in holders.items():
        by_name.setdefault(gate.name, {}).setdefault(gate.command, named[0])
    for name, commands in by_name.items():
        for one, other in combinations(commands.items(), 2):
            because = f"the gate {name} is two different commands"
            said = [(held, f"{name} is `{shlex.join(command)}`") for command, held in (one, other)]
            yield conflict_of("ambiguous", (name,), said, because)


def _plain(module: str) -> str:
    """A module as humans would write it: an unnamed segment is any."""
    return ".".join("*" if part.startswith("…") else part for part in module.split("."))
