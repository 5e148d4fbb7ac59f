"""Packages that one record lists as allowed and another one rules out, in the same manifest (spec 2.3, 6.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alloynb.intent.conflicts.name_patterns import covers_all, is_wild, touch
from alloynb.intent.evidence_definition import DependencyRule
from alloynb.intent.package_name import python_name

DeadEntry = tuple[DependencyRule, str, DependencyRule]
"""The rule that allows, the entry, and the rule that leaves nothing of it."""


def dead_entries(rules: Sequence[DependencyRule]) -> Iterator[DeadEntry]:
    """Find every entry of an allow list that another rule leaves nothing of.

    No rule demands that a package is declared, so dependency rules can always be kept together, by declaring less. But
    whoever lists a package by name means it to be usable.

    Args:
        rules: different from each other.
    """
    by_name: dict[str, list[int]] = {}
    others: list[int] = []
    for number, rule in enumerate(rules):
        if rule.allowed is not None or any(is_wild(each) for each in rule.forbidden):
            others.append(number)
        for name in rule.forbidden:
            by_name.setdefault(python_name(name), []).append(number)
    for number, rule in enumerate(rules):
        for entry in rule.allowed or ():
            for against in sorted({*by_name.get(python_name(entry), ()), *others} - {number}):
                if _share_a_manifest(rule, rules[against]) and _rules_out(rules[against], rule, entry):
                    yield rule, entry, rules[against]


def _rules_out(rule: DependencyRule, holder: DependencyRule, entry: str) -> bool:
    npm = _only_npm(rule) or _only_npm(holder)
    name = entry if npm else python_name(entry)
    if rule.sections and not (holder.sections and set(holder.sections) <= set(rule.sections)):
        return False  # where the one says nothing, what the other lists remains usable
    if any(covers_all(each if npm else python_name(each), name) for each in rule.forbidden):
        return True
    return rule.allowed is not None and not any(
        touch(each if npm else python_name(each), name) for each in rule.allowed
    )


def _share_a_manifest(one: DependencyRule, other: DependencyRule) -> bool:
    """A rule without `where` is about the manifests at the top of the tree; sections are compared as written."""
    if one.sections and other.sections and set(one.sections).isdisjoint(other.sections):
        return False
    if one.where and other.where:
        return bool(set(one.where) & set(other.where))
    named = one.where or other.where
    return not named or any("/" not in path for path in named)


def _only_npm(rule: DependencyRule) -> bool:
    return bool(rule.where) and all(path.endswith("package.json") for path in rule.where)
