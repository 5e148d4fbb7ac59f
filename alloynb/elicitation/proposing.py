"""What a draft can propose by itself: evidence, a title, a name (spec 2.3, 2.4)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from alloynb.elicitation.interview import Context
from alloynb.elicitation.places import places_in
from alloynb.elicitation.words import telling_words, words_of

_TEST = re.compile(
    r"(?<![\w/.-])(?:\./)?((?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*\.(?:py|go|rs|ts|tsx|js|java))((?:::[\w\[\]-]+)*)"
)
_TEST_NAME = re.compile(r"(^|/)(tests?|spec|__tests__)/|(^|/)test_|_tests?\.\w+$|\.(test|spec)\.\w+$")
_QUOTED = re.compile(r"`([^`]+)`")
_ARROW = re.compile(r"([\w./*-]+)\s*->\s*([\w./*-]+)")
_IMPORTS = re.compile(
    r"`?([\w./*-]+)`?\s+(?:(?:must|may|should|can|shall|does|do|will)\s*)?(?:never|not|n't)?\s*(?:ever\s+)?imports?\s+"
    r"(?:of\s+|anything (?:of|from)\s+)?`?([\w./*-]+)`?",
    re.IGNORECASE,
)
_TOOLS = frozenset(
    """pytest python python3 tox nox make npm npx yarn pnpm cargo go mvn gradle ruff mypy lint-imports just bazel ctest
    dotnet rake phpunit""".split()  # noqa: SIM905  a list of words reads best as words
)
_LONGEST_TITLE = 72
_LONGEST_SLUG = 44
_LONGEST_QUESTION = 400
_MOST_TESTS = 8
_MOST_ARGUMENTS = 16
REVIEW_DAYS = 180


def forbidden_import(
    context: Context, sources: Sequence[str], targets: Sequence[str], *, name: str = "imports"
) -> list[dict[str, Any]]:
    """Evidence that modules never import others; nothing when a rule over these packages could not see it."""
    roots = {package for package in context.packages if any(_is_in(source, package) for source in sources)}
    inside = {package for package in context.packages if any(_is_in(target, package) for target in targets)}
    known = all(any(_is_in(source, package) for package in context.packages) for source in sources)
    overlap = any(_is_in(one, other) or _is_in(other, one) for one in sources for other in targets)
    if not sources or not targets or not known or overlap:
        return []
    rule: dict[str, Any] = {"type": "forbidden", "packages": sorted(roots | inside)}
    if context.source_roots != (".",):
        rule["source_roots"] = list(context.source_roots)
    rule |= {"sources": list(sources), "targets": list(targets)}
    told = f"{_listed(sources)} never import{'s' if len(sources) == 1 else ''} {_listed(targets)}."
    return [{"id": name, "kind": "import_boundary", "description": told, "required": True, "rule": rule}]


def evidence_in(text: str, context: Context) -> list[dict[str, Any]]:
    """The evidence that an answer names: tests, an import that must never appear, a command."""
    return [*_tests(text), *_imports(text, context), *_command(text)]


def review_question(question: str, *, name: str = "review", role: str = "maintainer") -> dict[str, Any]:
    """Evidence that a person answers a question, for half a year."""
    asked = question[:_LONGEST_QUESTION].strip()
    asked = asked if asked.endswith("?") else f"{asked.rstrip('.!… ')}?"
    return {
        "id": name,
        "kind": "human_review",
        "description": "A person looks, and answers.",
        "required": True,
        "question": asked,
        "role": role,
        "expires_days": REVIEW_DAYS,
    }


def title_of(text: str, fallback: str) -> str:
    """A short title: the first sentence of a text, cut at a word."""
    first = re.split(r"(?<=[.!?;])\s|\s[—–]\s", text.strip(), maxsplit=1)[0].strip().rstrip(".!;:, ")
    if len(first) > _LONGEST_TITLE:
        first = f"{first[:_LONGEST_TITLE].rpartition(' ')[0] or first[:_LONGEST_TITLE]}…"
    title = first or fallback
    return title[:1].upper() + title[1:]


def slug_of_title(title: str, fallback: str) -> str:
    """A name for a file, made of the telling words of a title."""
    words = telling_words(title) or words_of(title)
    plain = [re.sub(r"[^a-z0-9]+", "", word) for word in words]
    slug = ""
    for word in filter(None, plain):
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > _LONGEST_SLUG:
            break
        slug = longer
    return slug or fallback.replace("_", "-")


def _tests(text: str) -> list[dict[str, Any]]:
    found = [path + node for path, node in _TEST.findall(text) if node or _TEST_NAME.search(path)]
    tests = list(dict.fromkeys(found))[:_MOST_TESTS]
    if not tests:
        return []
    told = "These tests exist and pass."
    return [{"id": "tests", "kind": "test", "description": told, "required": True, "test": {"tests": tests}}]


def _imports(text: str, context: Context) -> list[dict[str, Any]]:
    for pattern in (_ARROW, _IMPORTS):
        for source, target in pattern.findall(text):
            sources = [each.name for each in places_in(source, context.places) if each.importable]
            targets = [each.name for each in places_in(target, context.places) if each.importable]
            if not targets and re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", target.rstrip(".")):
                library = context.library.name if context.library is not None else ""
                targets = [target.rstrip(".")] if pattern is _ARROW or target.rstrip(".") == library else []
            if rule := forbidden_import(context, sources, targets):
                return rule
    return []


def _command(text: str) -> list[dict[str, Any]]:
    for candidate in _QUOTED.findall(text):
        try:
            argv = shlex.split(candidate)
        except ValueError:
            continue
        if not argv or argv[0] not in _TOOLS or len(argv) > _MOST_ARGUMENTS:
            continue
        name = re.sub(r"[^a-z0-9]+", "-", argv[0].lower()).strip("-")
        told = f"`{shlex.join(argv)}` succeeds."
        gate = {"name": name, "command": argv, "mode": "advisory"}
        return [{"id": "command", "kind": "gate", "description": told, "required": True, "gate": gate}]
    return []


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
