"""Structural: errors with types of the project's own."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.observation import Family, Lead, Observation, Subject
from alloynb.archaeology.practice_drafts import practice_subject
from alloynb.archaeology.python_outline import ClassFound

_BUILT_IN = frozenset(
    {"Exception", "RuntimeError", "ValueError", "OSError", "KeyError", "TypeError", "LookupError"}
)
_UNTYPED = frozenset({"Exception", "BaseException", "RuntimeError"})
_FEWEST = 3


class TypedErrors:
    """Finds a root error class of the project with a family below it, and how often plain errors are raised instead."""

    name = "typed_errors"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield one lead for the largest family of errors."""
        outline = codebase.outline
        families = {root: _below(root.name, outline.classes) for root in outline.classes if _is_root(root)}
        families = {root: members for root, members in families.items() if len(members) >= _FEWEST}
        if not families:
            return
        root = max(families, key=lambda each: (len(families[each]), each.path, each.name))
        members = {root.name, *(each.name for each in families[root])}
        own = [each for each in outline.raises if each.name.rpartition(".")[2] in members]
        untyped = [each for each in outline.raises if each.name in _UNTYPED]
        told = f"{len(families[root])} error classes derive from {root.name}"
        observed = [
            Observation(
                self.name,
                told,
                min(0.5, 0.1 * len(families[root])),
                True,
                root.path,
                root.line,
                text=root.text,
            )
        ]
        observed += [
            Observation(
                self.name,
                f"raises {each.name} ({len(own)} such)",
                0.2,
                True,
                each.path,
                each.line,
                text=each.text,
            )
            for each in own[:3]
        ]
        share = len(untyped) / max(1, len(untyped) + len(own))
        observed += [
            Observation(
                self.name,
                f"raises plain {each.name} ({len(untyped)} such)",
                round(0.5 * share, 3),
                False,
                each.path,
                each.line,
                text=each.text,
            )
            for each in untyped[:3]
        ]
        yield Lead(_subject(root), tuple(observed))


def _subject(root: ClassFound) -> Subject:
    folder = (
        root.path.split("/")[0] if not root.path.startswith("src/") else "/".join(root.path.split("/")[:2])
    )
    query = '(raise_statement (call function: (identifier) @name (#match? @name "^(Base)?Exception$")))'
    texts = {
        "title": f"What goes wrong is a {root.name}, never a bare Exception",
        "capability": "A caller can tell failures apart, and catch one kind without swallowing the others.",
        "threat": "A plain Exception or RuntimeError: nobody can catch it without catching everything.",
        "expectation": "Failures are handled by programs and read by people who did not write this code.",
        "strategy": f"Every failure that this project raises derives from {root.name}.",
        "tradeoff": "A new kind of failure costs a class, and callers learn one more name.",
    }
    pattern = {"language": "python", "must": "not_occur", "query": query, "paths": [f"{folder}/**/*.py"]}
    evidence = {
        "id": "no-bare-exception",
        "kind": "pattern",
        "description": "No code of the project raises a bare Exception.",
        "required": True,
        "pattern": pattern,
    }
    return practice_subject(
        "typed_errors",
        (root.path, root.name),
        texts,
        evidence=(evidence,),
        paths=(f"{folder}/**",),
        questions=(f"Who catches {root.name}, and what do they do then?",),
    )


def _is_root(each: ClassFound) -> bool:
    named = each.name.endswith(("Error", "Exception"))
    return named and bool(each.bases) and set(each.bases) <= _BUILT_IN


def _below(name: str, classes: Iterable[ClassFound]) -> list[ClassFound]:
    every = list(classes)
    known, found = {name}, []
    grew = True
    while grew:
        more = [each for each in every if each.name not in known and known & set(each.bases)]
        grew = bool(more)
        known |= {each.name for each in more}
        found += more
    return found


SIGNAL = TypedErrors()
