"""Who owns the intent over which paths, in the form of a `CODEOWNERS` file.

Code hosts know accounts, teams and e-mail addresses. An owner who is none of these is named in a comment, since one bad
line would make some hosts ignore the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from alloynb.compiler.projection import ProjectedIntent, Projection, in_comment
from alloynb.intent.record import IntentRecord

_ACCOUNT = re.compile(r"@[A-Za-z0-9][\w-]*(/[\w.-]+)?|[^\s@#]+@[^\s@#]+\.[^\s@#]+")
_NOT_KNOWN_THERE = re.compile(r"[\[\]!\\]")


def _compile(intent: ProjectedIntent) -> str:
    return "\n".join(_lines(intent)) + "\n"


def _lines(intent: ProjectedIntent) -> Iterator[str]:
    yield f"# Who answers for the intent of {in_comment(intent.title)}."
    yield "# Of several lines that fit a file, the last one counts."
    owners: dict[str, list[str]] = {}
    causes: dict[str, list[str]] = {}
    for record in intent.records:
        for pattern in _patterns(intent, record):
            causes.setdefault(pattern, []).append(record.id)
            for owner in _owners(record):
                if owner not in owners.setdefault(pattern, []):
                    owners[pattern].append(owner)
    for pattern in sorted(causes, key=lambda each: (each.count("/"), len(each), each)):
        yield ""
        yield f"# {', '.join(causes[pattern])}"
        known = [owner for owner in owners.get(pattern, ()) if _ACCOUNT.fullmatch(owner)]
        others = [in_comment(owner) for owner in owners.get(pattern, ()) if owner not in known]
        if others:
            yield f"# owned by {', '.join(others)}: no account, team or address that a code host knows"
        if _NOT_KNOWN_THERE.search(pattern):
            yield f"# {in_comment(pattern)}: a pattern that CODEOWNERS does not know"
        elif known:
            yield f"{_escaped(pattern)} {' '.join(known)}"
        elif not others:
            yield f"# {in_comment(pattern)}: nobody owns it"


def _owners(record: IntentRecord) -> list[str]:
    return [each for each in re.split(r"[,;]\s*", record.owner.strip()) if each] if record.owner else []


def _patterns(intent: ProjectedIntent, record: IntentRecord) -> Iterator[str]:
    """Paths of the scope, and the file of the record itself."""
    scope = record.scope
    yield f"/.alloy/intent/{record.slug}.yaml"
    yield from scope.paths
    for module in scope.modules if not scope.paths else ():
        for root in intent.source_roots:
            prefix = "/" if root in (".", "") else f"/{root.strip('/')}/"
            path = prefix + module.replace("**", "*").replace(".", "/")
            yield from (f"{path}.py", f"{path}/")
    if not scope.paths and not scope.modules and scope.project is not None:
        yield "*"


def _escaped(pattern: str) -> str:
    return re.sub(r"([\s#])", r"\\\1", pattern)


PROJECTION = Projection(
    "codeowners", "who owns the intent over which paths", ".alloy/projections/CODEOWNERS", "#", True, _compile
)
