"""Boundaries as subjects: what a hypothesis about imports would say, and the rule that would prove it (spec 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from alloynb.archaeology.module_map import ModuleMap
from alloynb.archaeology.observation import INFERRED, Draft, Subject

_MOST_NAMED = 5
_MOST_PATTERNS = 6
_IMPORT_QUERIES = {
    "javascript and typescript": (
        "typescript",
        '(import_statement source: (string) @path (#match? @path "{}"))',
    ),
    "go": ("go", '(import_spec path: (_) @path (#match? @path "{}"))'),
    "rust": ("rust", '(use_declaration argument: (_) @path (#match? @path "{}"))'),
    "java": ("java", '(import_declaration (_) @path (#match? @path "{}"))'),
}


def layers_subject(
    found: ModuleMap, container: str, levels: Sequence[Sequence[str]], *, standing: int = INFERRED
) -> Subject:
    """Units in an order: a lower one never imports a higher one."""
    entries = tuple(" | ".join(level) for level in levels)
    short = [" | ".join(_short(name, container) for name in level) for level in levels]
    chain = " › ".join(short if len(short) <= _MOST_NAMED + 2 else [*short[:4], "…", *short[-2:]])
    top, bottom = short[0], short[-1]
    units = tuple(name for level in levels for name in level)
    pairs = [(low, high) for highs, lows in combinations(levels, 2) for low in lows for high in highs]
    draft = Draft(
        title=f"Imports in {container} run one way: {chain}",
        capability=f"In {container}, {bottom} can be used, tested and changed without {top} being there.",
        threat=f"One convenient import from below closes a circle in {container}; its parts then change together.",
        expectation=f"What stands above ({top}) changes for other reasons than what it builds on ({bottom}).",
        strategy=f"Layers from top to bottom: {chain}. A lower one never imports a higher one.",
        tradeoff="What a lower layer needs from above has to be handed to it: an argument, a callback or a port.",
        evidence=_evidence(
            found, "layers", "No lower layer imports a higher one.", {"layers": list(entries)}, units, pairs
        ),
        modules=(container,),
        paths=(found.glob_of(container),),
        questions=(
            f"Would you refuse a change in which {_short(units[-1], container)} imports {_short(units[0], container)}?",
            "Is the order of the layers the one that you would draw, or only the one that happened?",
        ),
    )
    rule = _rule(found, {"type": "layers", "layers": list(entries)}, units)
    return Subject("layers", (container, *entries), draft, rule, standing)


def independence_subject(
    found: ModuleMap, container: str, units: Sequence[str], *, standing: int = INFERRED
) -> Subject:
    """Siblings that never import each other."""
    named = _listed([_short(unit, container) for unit in units])
    draft = Draft(
        title=f"Siblings in {container} never import each other: {named}",
        capability=f"Each of the {len(units)} parts of {container} can be added, changed or removed alone.",
        threat="A part borrows from its neighbour, and from then on neither can change without the other.",
        expectation=f"More parts like {_short(units[0], container)} will come, and some will go.",
        strategy="Parts share only what lies outside them; none imports a sibling.",
        tradeoff="What two parts need is moved to a place that both may import, or is written twice.",
        evidence=_evidence(
            found,
            "independence",
            "No part imports another.",
            {"modules": list(units)},
            units,
            list(combinations(units, 2)),
        ),
        modules=tuple(units),
        paths=(found.glob_of(container),) if container in found.children else (),
        questions=(
            "If a new part needed something of a sibling, where would it have to go?",
            "Is this meant, or have they had nothing to share so far?",
        ),
    )
    rule = _rule(found, {"type": "independence", "modules": list(units)}, units)
    return Subject("independence", (container, *units), draft, rule, standing)


def forbidden_subject(
    found: ModuleMap, sources: Sequence[str], targets: Sequence[str], *, standing: int = INFERRED
) -> Subject:
    """Modules that never import others of the same code base."""
    who, what = _listed(sources), _listed(targets)
    draft = Draft(
        title=f"{who} never imports {what}"
        if len(targets) <= 3
        else f"{who} imports nothing of what is built on it: {what}",
        capability=f"{who} keeps working, and can be tested, whatever happens to {what}.",
        threat=f"A shortcut into {what} makes {who} depend on what was meant to depend on it.",
        expectation=f"{what} changes for reasons that are none of the business of {who}.",
        strategy=f"Imports run from {what} to {who} or not at all, never the other way.",
        tradeoff=f"What {who} needs to know of {what} is handed in by whoever knows both.",
        evidence=_evidence(
            found,
            "forbidden",
            f"{who} does not import {what}.",
            {"sources": list(sources), "targets": list(targets)},
            (*sources, *targets),
            [(source, target) for source in sources for target in targets],
        ),
        modules=tuple(sources),
        paths=tuple(found.glob_of(source) for source in sources),
        questions=(f"What would break first if {sources[0]} imported {targets[0]}?",),
    )
    rule = _rule(
        found, {"type": "forbidden", "sources": list(sources), "targets": list(targets)}, (*sources, *targets)
    )
    return Subject("forbidden", (*sorted(sources), "->", *sorted(targets)), draft, rule, standing)


def library_subject(
    found: ModuleMap,
    library: str,
    outside: Sequence[str],
    inside: Sequence[str],
    reason: str,
    *,
    standing: int = INFERRED,
) -> Subject:
    """A library that some units never import, because others are the place for it.

    Args:
        outside: units that never import it.
        inside: modules that do.
        reason: what kind of library it is, such as `a user interface`.
    """
    who, where = _listed(outside), _listed(inside)
    draft = Draft(
        title=f"{library} stays in {where}"
        if inside and len(outside) > 2
        else f"{library} stays out of {who}",
        capability=f"{who} can be used, tested and kept without {library}.",
        threat=f"{library} is {reason}; one import of it in {who} spreads its types, its releases and its failures.",
        expectation=f"{library} will change, or be replaced, on a schedule that is not ours.",
        strategy=f"{library} is imported in {where} only; {who} speaks in the project's own terms."
        if inside
        else f"{who} never imports {library}; it speaks in the project's own terms.",
        tradeoff=f"What {library} offers has to be wrapped or translated before {who} may use it.",
        evidence=_evidence(
            found,
            "confinement",
            f"{who} does not import {library}.",
            {"sources": list(outside), "targets": [library]},
            outside,
            [(unit, library) for unit in outside],
        ),
        modules=tuple(outside),
        paths=tuple(found.glob_of(unit) for unit in outside),
        questions=(
            f"Which property are you hiring {library} for, and when would you let it go?",
            f"Would you refuse a change that imports {library} in {outside[0]}?",
        ),
    )
    rule = _rule(found, {"type": "forbidden", "sources": list(outside), "targets": [library]}, outside)
    return Subject("forbidden", (*sorted(outside), "->", library), draft, rule, standing)


def contract_subject(name: str, rule: Mapping[str, Any], found: ModuleMap, standing: int) -> Subject:
    """A boundary as its authors configured it; its texts stay close to what the rule says.

    Args:
        name: what they call it; observed text, shown in a review only.
    """
    whole = {"source_roots": list(found.source_roots), **rule}
    kind = str(rule["type"])
    names = [name for key in ("layers", "sources", "targets", "modules") for name in rule.get(key, ())]
    said = {
        "layers": f"Layers from top to bottom: {' › '.join(map(str, rule.get('layers', ())))}.",
        "forbidden": f"{_listed(rule.get('sources', ()))} never imports {_listed(rule.get('targets', ()))}.",
        "independence": f"None of {_listed(rule.get('modules', ()))} imports another.",
        "allowed_only": f"{_listed(rule.get('sources', ()))} imports only {_listed(rule.get('targets', ()))}.",
    }[kind]
    modules = tuple(
        dict.fromkeys(
            part.strip() for each in names for part in str(each).split("|") if part.strip() in found.sizes
        )
    )
    draft = Draft(
        title=said.rstrip("."),
        capability=f"What this separates can be understood, tested and changed apart: {_listed(modules or names)}.",
        threat="An import across the boundary that nobody notices, because it works.",
        expectation="The parts on its two sides change for different reasons.",
        strategy=said,
        tradeoff="Code that has to cross the boundary takes a detour through an argument, a callback or a port.",
        evidence=(
            {
                "id": "imports",
                "kind": "import_boundary",
                "description": said,
                "required": True,
                "rule": whole,
            },
        ),
        modules=modules,
        paths=tuple(found.glob_of(module) for module in modules[:6]),
        questions=("The project enforces this already: which capability would be lost without it?",),
        next_action="Say in one sentence what the rule protects; then accept it.",
        called=name,
    )
    order = tuple(map(str, names)) if kind == "layers" else tuple(sorted(map(str, names)))
    return Subject(kind, (name, *order), draft, whole, standing)


def _rule(found: ModuleMap, rule: dict[str, Any], units: Iterable[str]) -> Mapping[str, Any]:
    packages = sorted({package for unit in units for package in found.packages if _below(unit, package)})
    return {
        "packages": packages or list(found.packages[:1]),
        "source_roots": list(found.source_roots),
        **rule,
    }


def _evidence(
    found: ModuleMap,
    kind: str,
    description: str,
    rule: dict[str, Any],
    units: Iterable[str],
    pairs: Sequence[tuple[str, str]],
) -> tuple[Mapping[str, Any], ...]:
    shared = {"description": description, "required": True}
    if found.language == "python":
        typed = {"type": "forbidden" if kind == "confinement" else kind, **rule}
        return ({"id": "imports", "kind": "import_boundary", **shared, "rule": _rule(found, typed, units)},)
    language, query = _IMPORT_QUERIES[found.language]
    patterns = []
    for number, (importer, imported) in enumerate(list(pairs)[:_MOST_PATTERNS], start=1):
        name = imported.rpartition(".")[2] if kind != "confinement" else imported
        boundary = "[^A-Za-z0-9_-]" if found.language in ("javascript and typescript", "go") else ""
        text = query.format(f"{boundary}{name.replace('.', '[.]')}{boundary}")
        pattern = {
            "language": language,
            "must": "not_occur",
            "query": text,
            "paths": [found.glob_of(importer)],
        }
        said = f"{importer} does not import {imported}."
        patterns.append(
            {
                "id": f"imports-{number}",
                "kind": "pattern",
                "description": said,
                "required": True,
                "pattern": pattern,
            }
        )
    return tuple(patterns)


def _short(name: str, container: str) -> str:
    return name.removeprefix(f"{container}.")


def _below(name: str, above: str) -> bool:
    return name == above or name.startswith(f"{above}.")


def _listed(names: Iterable[Any]) -> str:
    found = [str(name) for name in names]
    most = _MOST_NAMED if len(found) <= _MOST_NAMED else _MOST_NAMED - 2
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")
