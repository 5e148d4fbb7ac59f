"""Rules that hold only because they name nothing, or that miss what their words promise (spec 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from alloynb.archaeology.boundary_pairs import pairs_of
from alloynb.archaeology.contracts import Contract
from alloynb.archaeology.module_map import ModuleMap

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
_USUAL_WORDS = frozenset(
    {
        *(
            "a",
            "all",
            "among",
            "and",
            "any",
            "are",
            "as",
            "at",
            "be",
            "by",
            "can",
            "cannot",
            "code",
        ),
        *(
            "common",
            "contract",
            "depend",
            "depends",
            "dependencies",
            "direct",
            "each",
            "et",
            "al",
        ),
        *(
            "forbidden",
            "from",
            "import",
            "imports",
            "imported",
            "in",
            "independence",
            "independent",
        ),
        *(
            "indirect",
            "into",
            "is",
            "it",
            "its",
            "layer",
            "layered",
            "layers",
            "library",
            "module",
        ),
        *(
            "modules",
            "must",
            "never",
            "no",
            "not",
            "of",
            "on",
            "only",
            "or",
            "other",
            "others",
        ),
        *(
            "package",
            "packages",
            "rule",
            "should",
            "the",
            "their",
            "them",
            "to",
            "use",
            "uses",
        ),
        *(
            "with",
            "within",
            "architecture",
            "names",
            "what",
            "group",
            "command",
        ),
    }
)


def faults_of(contract: Contract, found: ModuleMap, declared: Iterable[str]) -> tuple[str, ...]:
    """Say why a contract proves less than it seems, one sentence each; empty when nothing is wrong.

    Args:
        declared: libraries that the project declares as dependencies.
    """
    known = set(found.paths) | set(found.children)
    libraries = {name.replace("-", "_").lower() for name in (*found.external, *declared)}
    faults: list[str] = []
    for rule in contract.rules:
        faults += _empty_names(rule, known, libraries)
    if contract.rules:
        if broken := broken_promise(contract.name, contract.rules, known, contract.ignored):
            faults.append(broken)
        faults += _idle_exceptions(contract)
    return tuple(dict.fromkeys(faults))


def _empty_names(rule: Mapping[str, Any], known: set[str], libraries: set[str]) -> Iterator[str]:
    names = {name for pair in pairs_of(rule) for name in pair if not name.startswith("!")}
    empty = sorted(name for name in names if not _means_something(name, known, libraries))
    if not names:
        yield "vacuous: it forbids no pair of modules at all"
    elif not any(not {*pair} & {*empty} for pair in pairs_of(rule)):
        yield f"vacuous: it cannot be broken, since nothing is called {_listed(empty)}"
    elif gone := [name for name in empty if _is_own(name, rule, known)]:
        yield f"names nothing: {_listed(gone)}"


def _means_something(name: str, known: set[str], libraries: set[str]) -> bool:
    if "*" in name:
        return any(fnmatchcase(module, name.replace("**", "*")) for module in known)
    return name in known or name.split(".", maxsplit=1)[0].lower() in libraries


def _is_own(name: str, rule: Mapping[str, Any], known: set[str]) -> bool:
    """Whether a name should be a module of the project; a library that is not used yet may well be forbidden."""
    top = name.split(".", maxsplit=1)[0]
    return top in rule.get("packages", ()) or top in known


def broken_promise(
    words: str, rules: Sequence[Mapping[str, Any]], known: Iterable[str], ignored: Iterable[str] = ()
) -> str:
    """Say which modules a sentence about some rules speaks of that no rule reaches; empty when it keeps its promise.

    Args:
        words: name or description of the rules.
        known: dotted names of the modules that there are.
        ignored: imports that the rules pass over, `a.b -> c.d`.
    """
    spoken = {word.lower() for word in _WORD.findall(words)} - _USUAL_WORDS
    names = {name for rule in rules for pair in pairs_of(rule) for name in pair}
    names |= {part.strip() for text in ignored for part in text.split("->")}
    reached = {part.lower() for name in names for part in re.split(r"[._]", name)}
    roots = {package for rule in rules for package in rule.get("packages", ())}
    units = {module.rpartition(".")[2].lower() for module in known if module.count(".") <= 2} - roots
    missed = sorted(
        word for word in spoken if word in units and not {word, word.rstrip("s"), f"{word}s"} & reached
    )
    chained = re.split(r"[>›→,&|]", words) if re.search(r"[>›→]", words) else []
    steps = [step.strip() for step in chained if len(step.split()) == 1]
    missed += sorted(
        step
        for step in steps
        if step.lower().rstrip("s") not in {part.rstrip("s") for part in reached} | set(missed)
    )
    if not missed:
        return ""
    return f"misses what its words promise: its name speaks of {_listed(missed)}, its rule does not"


def _idle_exceptions(contract: Contract) -> Iterator[str]:
    pairs = {pair for rule in contract.rules for pair in pairs_of(rule)}
    idle = []
    direct_only = not any(rule.get("indirect") for rule in contract.rules)
    for text in contract.ignored:
        importer, _, imported = (part.strip() for part in text.partition("->"))
        if direct_only and not any(_below(importer, one) and _below(imported, other) for one, other in pairs):
            idle.append(text)
    if idle:
        yield f"excepts imports that it does not forbid: {_listed(idle)}"


def _below(name: str, above: str) -> bool:
    return name == above or name.startswith(f"{above}.") or "*" in name or "*" in above


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
