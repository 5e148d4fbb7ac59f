"""Names of modules with wildcards, as import rules write them (spec 2.3).

A name covers the module and its descendants. `*` stands for one segment and `**` for one or more, as in
import-linter: `a.*` covers what lies below `a` and not `a` itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=4096)
def _pattern(expression: str) -> re.Pattern[str]:
    translated = {"*": r"[^.]+", "**": r"[^.]+(?:\.[^.]+)*"}
    return re.compile(r"\.".join(translated.get(part) or re.escape(part) for part in expression.split(".")))


def matches_exactly(expression: str, module: str) -> bool:
    """Say whether `module` itself, not only an ancestor of it, is meant by `expression`."""
    return _pattern(expression).fullmatch(module) is not None


def covering_depth(expression: str, module: str) -> int:
    """Count the segments of the outermost ancestor of `module` (or itself) that `expression` means; 0 if none.

    A greater depth is a more specific expression: for `a.b.c`, `a` has depth 1 and `a.*` depth 2.
    """
    if "*" not in expression:
        covered = module == expression or module.startswith(f"{expression}.")
        return expression.count(".") + 1 if covered else 0
    parts = module.split(".")
    for depth in range(expression.count(".") + 1, len(parts) + 1):
        if matches_exactly(expression, ".".join(parts[:depth])):
            return depth
    return 0


def deepest_cover(expressions: Iterable[str], module: str) -> tuple[int, str]:
    """Pick the most specific of `expressions` that covers `module`: its depth and text, `(0, "")` if none does.

    Of two equally specific ones the first is taken.
    """
    best = (0, "")
    for expression in expressions:
        depth = covering_depth(expression, module)
        if depth > best[0]:
            best = (depth, expression)
    return best


def covers(outer: str, inner: str) -> bool:
    """Say whether one plain module name is the other or an ancestor of it."""
    return inner == outer or inner.startswith(f"{outer}.")
