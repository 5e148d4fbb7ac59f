"""Which findings somebody allowed for a while (spec 2.3, 6.4). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from alloynb.intent.leniency import GrantedException

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Placed(Protocol):
    """What is asked of a finding here."""

    @property
    def finding_id(self) -> str:
        """Names it."""

    @property
    def evidence_id(self) -> str:
        """Global id of the evidence that it deviates from."""

    @property
    def path(self) -> str:
        """File, relative to the repository."""


def allowed_findings(
    exceptions: Iterable[GrantedException], findings: Iterable[Placed], at: datetime
) -> dict[str, GrantedException]:
    """Find the exception that covers each finding at an aware moment: of the same evidence, by its id or its path.

    Returns:
        By finding id, for those that are covered, the exception that lasts longest.
    """
    valid = sorted((each for each in exceptions if each.state(at) == "valid"), key=lambda each: each.until)
    if not valid:
        return {}
    return {
        finding.finding_id: exception
        for finding in findings
        for exception in valid
        if exception.evidence_id == finding.evidence_id and covers(exception, finding)
    }


def covers(exception: GrantedException, finding: Placed) -> bool:
    """Say whether an exception is about a finding, valid or not; what it names, id and path, has to fit both."""
    if exception.finding_id is not None and exception.finding_id != finding.finding_id:
        return False
    return exception.path is None or fits(exception.path, finding.path)


def fits(glob: str, path: str) -> bool:
    """Say whether a gitignore-style glob covers a path."""
    return _spec_of(glob).match_file(path)


@lru_cache(maxsize=256)
def _spec_of(glob: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([glob])
