"""Which findings somebody allowed for a while (spec 2.3, 6.4). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from alloynb.intent.leniency import GrantedException
from alloynb.interpretation.finding import DriftFinding


def allowed_findings(
    exceptions: Iterable[GrantedException], findings: Iterable[DriftFinding], at: datetime
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


def covers(exception: GrantedException, finding: DriftFinding) -> bool:
    """Say whether an exception is about a finding, valid or not; what it names, id and path, has to fit both."""
    if exception.finding_id is not None and exception.finding_id != finding.finding_id:
        return False
    return exception.path is None or fits(exception.path, finding.path)


def fits(glob: str, path: str) -> bool:
    """Say whether a gitignore-style glob covers a path."""
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([glob]).match_file(path)
