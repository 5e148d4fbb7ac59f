"""What we wrote into a repository ourselves is no source: an answer must not confirm itself (spec 2.5, 2.8)."""

from __future__ import annotations

import re

_MARK = "alloynb export "
_REGION = re.compile(
    r"^[ \t]*(?:<!--|\#) alloynb export (?P<name>[a-z0-9-]+): begin;.*?"
    r"(?:^[ \t]*(?:<!--|\#) alloynb export (?P=name): end\b[^\n]*|\Z)",
    re.MULTILINE | re.DOTALL,
)


def without_projections(text: str) -> str:
    """Leave out the regions that `alloynb export` marks as its own; all other lines keep their numbers."""
    if _MARK not in text:
        return text
    return _REGION.sub(lambda found: "\n" * found.group().count("\n"), text)
