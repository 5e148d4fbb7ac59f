"""Contracts for import-linter, from the import boundaries that accepted records demand as evidence.

A rule is written down only where import-linter would say the same. Our rules judge single imports unless they say
`indirect`; its layers and independence contracts always judge chains. So a direct rule becomes `forbidden` contracts
that allow chains. What cannot be said exactly is named in a comment, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alloynb.compiler.projection import ProjectedIntent, Projection, in_comment
from alloynb.compiler.wording import one_line
from alloynb.intent.boundary_rule import (
    AllowedOnlyRule,
    ForbiddenRule,
    ImportBoundaryRule,
    IndependenceRule,
    LayersRule,
    siblings_of,
)
from alloynb.intent.evidence_definition import ImportBoundaryEvidence

_DESTINATION = ".alloy/projections/importlinter.toml"


class _NotTheSame(Exception):
    """import-linter has no contract that says the same; the message gives the reason."""


@dataclass(frozen=True)
class _Cause:
    """One import boundary, and the record that demands it."""

    evidence_id: str
    description: str
    rule: ImportBoundaryRule


def _compile(intent: ProjectedIntent) -> str:
    return "\n".join(_lines(intent)) + "\n"


def _lines(intent: ProjectedIntent) -> Iterator[str]:
    causes = [
        _Cause(definition.global_id(record.id), one_line(definition.description), definition.rule)
        for record in intent.records
        for definition in record.evidence
        if isinstance(definition, ImportBoundaryEvidence)
    ]
    if not causes:
        yield f"# No accepted intent of {in_comment(intent.title)} demands an import boundary."
        return
    packages = _roots({package for cause in causes for package in cause.rule.packages})
    folders = sorted({root for cause in causes for root in cause.rule.source_roots} - {"."})
    path = f"PYTHONPATH={':'.join(folders)} " if folders else ""
    yield f"# {path}lint-imports --config {_DESTINATION}"
    blind = all(not cause.rule.type_checking for cause in causes)
    yield ""
    yield "[tool.importlinter]"
    yield from _fields(
        {
            "root_packages": packages,
            "include_external_packages": True,
            **({"exclude_type_checking_imports": True} if blind else {}),
        }
    )
    for cause in causes:
        yield ""
        yield f"# {cause.evidence_id}"
        try:
            if not cause.rule.type_checking and not blind:
                raise _NotTheSame("it passes over imports for type checkers, and other rules here do not")
            contracts = list(_contracts(cause.rule, packages))
        except _NotTheSame as why:
            yield f"# not said here: {in_comment(str(why))}"
            continue
        for number, contract in enumerate(contracts, 1):
            part = f" {number} of {len(contracts)}" if len(contracts) > 1 else ""
            yield from ([""] if number > 1 else [])
            yield "[[tool.importlinter.contracts]]"
            yield from _fields(
                {
                    "id": cause.evidence_id.replace("#", ".") + (f".{number}" if part else ""),
                    "name": f"{cause.description} ({cause.evidence_id}{part})",
                    **contract,
                    **_ignored(cause.rule),
                }
            )


def _contracts(rule: ImportBoundaryRule, packages: list[str]) -> Iterator[dict[str, Any]]:
    match rule:
        case ForbiddenRule():
            yield _forbidden(rule.sources, rule.targets, packages, rule.indirect)
        case LayersRule():
            yield from _layers(rule, packages)
        case IndependenceRule():
            yield from _independence(rule, packages)
        case AllowedOnlyRule():
            yield _allowed_only(rule, packages)


def _forbidden(
    sources: tuple[str, ...], targets: tuple[str, ...], packages: list[str], indirect: bool
) -> dict[str, Any]:
    _refuse_external(sources, packages)
    for target in targets:
        if not _is_internal(target, packages) and ("." in target or "*" in target):
            raise _NotTheSame(f"import-linter knows no parts of an external package, such as {target}")
    return {
        "type": "forbidden",
        "source_modules": list(sources),
        "forbidden_modules": list(targets),
        "allow_indirect_imports": not indirect,
    }


def _layers(rule: LayersRule, packages: list[str]) -> Iterator[dict[str, Any]]:
    layers = [siblings_of(layer) for layer in rule.layers]
    modules = [module for siblings in layers for module in siblings]
    _refuse_external(tuple(modules), packages)
    if any("*" in module for module in modules):
        raise _NotTheSame("its layers know no wildcards")
    _refuse_nested(modules)
    if rule.indirect:
        yield {"type": "layers", "layers": [" | ".join(siblings) for siblings in layers]}
        return
    for place, siblings in enumerate(layers):
        above = [module for layer in layers[:place] for module in layer]
        if len(siblings) == 1 and not above:
            continue
        for module in siblings:
            others = [*above, *(other for other in siblings if other != module)]
            yield _forbidden((module,), tuple(others), packages, indirect=False)


def _independence(rule: IndependenceRule, packages: list[str]) -> Iterator[dict[str, Any]]:
    _refuse_external(rule.modules, packages)
    wild = [module for module in rule.modules if "*" in module]
    if rule.indirect:
        yield {"type": "independence", "modules": list(rule.modules)}
        return
    if len(rule.modules) == 1 and wild:
        # Overlapping pairs are passed over, so that each module may import what lies within it.
        yield _forbidden(rule.modules, rule.modules, packages, indirect=False)
        return
    if not wild:
        _refuse_nested(rule.modules)
    for module in rule.modules:
        others = rule.modules if module in wild else tuple(other for other in rule.modules if other != module)
        yield _forbidden((module,), others, packages, indirect=False)


def _allowed_only(rule: AllowedOnlyRule, packages: list[str]) -> dict[str, Any]:
    if not rule.universe:
        raise _NotTheSame("it forbids all but a few modules, which import-linter cannot say")
    if any("*" in name for name in (*rule.sources, *rule.targets, *rule.universe)):
        raise _NotTheSame("it forbids all but what wildcards mean, which import-linter cannot say")
    kept = (*rule.sources, *rule.targets)
    forbidden = [name for name in rule.universe if not any(_within(name, each) for each in kept)]
    if any(_within(each, name) for each in kept for name in forbidden):
        raise _NotTheSame("it forbids all of a package but a part of it, which import-linter cannot say")
    if not forbidden:
        raise _NotTheSame("it forbids nothing")
    return _forbidden(rule.sources, tuple(forbidden), packages, rule.indirect)


def _refuse_external(modules: tuple[str, ...], packages: list[str]) -> None:
    for module in modules:
        if not _is_internal(module, packages):
            raise _NotTheSame(f"{module} lies outside of the packages that are read")


def _refuse_nested(modules: list[str] | tuple[str, ...]) -> None:
    for one in modules:
        for other in modules:
            if one != other and _within(one, other):
                raise _NotTheSame(f"{one} lies within {other}, and import-linter passes over such pairs")


def _is_internal(module: str, packages: list[str]) -> bool:
    return any(_within(module, package) for package in packages)


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(f"{outer}.")


def _roots(packages: set[str]) -> list[str]:
    return sorted(
        each for each in packages if not any(each != other and _within(each, other) for other in packages)
    )


def _ignored(rule: ImportBoundaryRule) -> dict[str, Any]:
    if not rule.ignore_imports:
        return {}
    return {"ignore_imports": list(rule.ignore_imports), "unmatched_ignore_imports_alerting": "none"}


def _fields(values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, list) and len(value) > 1:
            yield f"{name} = ["
            yield from (f"    {_toml(each)}," for each in value)
            yield "]"
        else:
            yield f"{name} = {_toml(value)}"


def _toml(value: Any) -> str:
    """A value as TOML: strings of JSON are strings of TOML, save for one control character."""
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


PROJECTION = Projection(
    "import-linter",
    "import boundaries as contracts of import-linter",
    _DESTINATION,
    "#",
    False,
    _compile,
)
