"""Names with wildcards (`*` any text, `?` one character) against each other: does one cover, or touch, the other?"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

_WILD = frozenset("*?[")
_UNNAMED = "\ue000"


def is_wild(pattern: str) -> bool:
    """Say whether a pattern may mean more than one name."""
    return bool(_WILD & set(pattern))


def covers_all(outer: str, inner: str) -> bool:
    """Say whether every name that `inner` means is one that `outer` means; False when that cannot be told."""
    if outer == inner:
        return True
    if "[" in inner:
        return False
    filled = inner.replace("?", _UNNAMED)
    return all(fnmatchcase(filled.replace("*", _UNNAMED * length), outer) for length in (0, 1, 2, 3))


@lru_cache(maxsize=65536)
def touch(one: str, other: str) -> bool:
    """Say whether some name may be meant by both; True when that cannot be told."""
    if "[" in one or "[" in other:
        return True
    if not one or not other:
        return not (one or other).strip("*")
    if one[0] == "*":
        return touch(one[1:], other) or touch(one, other[1:])
    if other[0] == "*":
        return touch(one, other[1:]) or touch(one[1:], other)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and touch(one[1:], other[1:])
