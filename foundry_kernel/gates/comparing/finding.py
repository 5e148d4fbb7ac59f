"""One way in which evidence was made weaker, in words that need no knowledge of how it was found (spec 4.5)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from runtime_artifacts.approval import ApprovalScope

Severity = Literal["weakening", "suspicious"]

LOST_TESTS = frozenset({"test_deleted", "test_file_deleted", "test_cases_removed"})
"""Kinds that a human allows with the scope `test_deletion`."""

REWRITTEN_AGREEMENTS = frozenset({"agreement_added", "agreement_changed", "agreement_removed"})
"""Kinds that a human allows with the scope `intent_rewrite`; all others need `gate_weakening`."""

_MAX_TEXT_CHARACTERS = 300
_MAX_NAMES = 5


@dataclass(frozen=True)
class Weakening:
    """Something that proved more before than it does after.

    Attributes:
        kind: what was done, such as `test_skipped`.
        path: file in which it was done, relative to the tree; empty when no file of the tree says it.
        line: 1-based line in that file, in the tree that still has it; None when it is about the whole file.
        subject: what it was done to: a test, a gate, a setting.
        before: what it was, in short.
        after: what it became, in short; empty when it is gone.
        severity: `weakening` needs a human's approval; `suspicious` a human's look.
        message: one sentence.
    """

    kind: str
    path: str
    line: int | None
    subject: str
    before: str
    after: str
    severity: Severity
    message: str

    @property
    def digest(self) -> str:
        """Stable name: the same for the same act, wherever in the file it moved."""
        said = [self.kind, self.path, self.subject, self.before, self.after]
        return "sha256:" + hashlib.sha256(json.dumps(said).encode()).hexdigest()

    @property
    def scope(self) -> ApprovalScope:
        """What a human has to have approved for this to be allowed."""
        if self.kind in REWRITTEN_AGREEMENTS:
            return "intent_rewrite"
        return "test_deletion" if self.kind in LOST_TESTS else "gate_weakening"

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.path and self.line else self.path
        return f"{place}: {self.message}" if place else self.message


def weakening(
    kind: str,
    path: str,
    subject: str,
    message: str,
    *,
    line: int | None = None,
    before: object = "",
    after: object = "",
    severity: Severity = "weakening",
) -> Weakening:
    """Make a finding; long values are cut, odd characters made visible."""
    return Weakening(
        kind,
        path,
        line,
        short(subject),
        short(before),
        short(after),
        severity,
        short(message, 2 * _MAX_TEXT_CHARACTERS),
    )


def short(value: object, limit: int = _MAX_TEXT_CHARACTERS) -> str:
    """A value as one line of text that is safe to print."""
    text = " ".join(value if isinstance(value, tuple) else str(value).split())
    text = "".join(each if each.isprintable() else "�" for each in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def names(found: list[str] | tuple[str, ...]) -> str:
    """The first few of many names, and how many more there are."""
    more = len(found) - _MAX_NAMES
    return ", ".join(found[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
