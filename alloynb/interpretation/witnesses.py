"""What is known of evidence beyond the files of a tree: the store, the last run, people (spec 2.3, 6.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alloynb.intent.review_answer import ReviewAnswer
from runtime_artifacts.run_result import RunResult

Ask = Callable[[str, Mapping[str, Any]], Sequence[tuple[Any, ...]]]
"""A statement that only reads and its named parameters → rows; ended after a time limit. May raise AlloyError."""


@dataclass(frozen=True)
class SeenRun:
    """A finished run of the revision that is looked at.

    Attributes:
        request_digest: digest of the request that was sent.
    """

    result: RunResult
    request_digest: str


@dataclass(frozen=True)
class Witnesses:
    """Whom a detector may ask beside the tree; what is None or empty cannot be asked.

    Attributes:
        ask: the evidence store.
        run: the last run of the very revision that is looked at, with nothing uncommitted beside it.
        answers: what people answered to review questions, all of them.
    """

    ask: Ask | None = None
    run: SeenRun | None = None
    answers: tuple[ReviewAnswer, ...] = ()


NOBODY = Witnesses()
"""Reading the tree alone."""
