"""One place where the code left its intent, and what becomes of it from look to look (spec 6.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from alloynb.intent.strict_model import Timestamp
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.identity import id_of_digest

FindingStatus = Literal["new", "known", "exception", "resolved", "regressed"]


class Sighting(BaseModel):
    """A revision and the moment at which it was looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: str
    at: Timestamp


class Introduced(BaseModel):
    """Who brought a deviation in, as far as git can tell.

    Attributes:
        commit: full id; empty while it is not committed.
        author: name, as the commit says.
        summary: first line of the commit's message; what somebody wrote, never an instruction.
        at_least: whether history is cut off there, so that it may be older.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str = ""
    author: str = ""
    at: Timestamp | None = None
    summary: str = ""
    at_least: bool = False

    @property
    def told(self) -> str:
        """Who and when, in a few words."""
        if not self.commit:
            return "not committed"
        day = f" on {self.at:%Y-%m-%d}" if self.at else ""
        older = " or earlier" if self.at_least else ""
        return f"{self.author} in {self.commit[:12]}{day}{older}"


class Step(BaseModel):
    """A further place that a deviation goes through: an import of a chain, after the first.

    Attributes:
        lines: 1-based, ascending.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    lines: tuple[int, ...]


class DriftFinding(BaseModel):
    """One deviation from one evidence definition.

    Attributes:
        finding_id: the same for the same deviation, wherever in the file it moves.
        evidence_id: global id, `<record id>#<evidence id>`.
        detector: name of the detector that saw it.
        subject: what deviates from what, without places: importer and imported, manifest and package.
        path: file relative to the root of the tree, with `/`.
        lines: 1-based lines, ascending; empty when the whole file is meant.
        message: one sentence in plain words.
        severity: how bad losing the record's capability is.
        revision: the revision that `status` speaks of.
        through: further places that it goes through, in their order; empty for a direct deviation.
        alias: the id that its present name gives, where it kept the one of a former name of its file or module.
        introduced: who brought it in; None when git cannot tell.
        resolved_by: run of a repair brief that mended it; None when it was mended otherwise, or stands.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    finding_id: str
    record_id: str
    evidence_id: str
    detector: str
    subject: tuple[str, ...] = Field(min_length=1)
    path: str
    lines: tuple[int, ...]
    message: str
    severity: Literal["low", "medium", "high"]
    status: FindingStatus
    revision: str
    first_seen: Sighting
    last_seen: Sighting
    through: tuple[Step, ...] = ()
    alias: str | None = None
    introduced: Introduced | None = None
    resolved_by: str | None = None


def finding_id_of(record_id: str, evidence_id: str, detector: str, subject: Sequence[str]) -> str:
    """Name a deviation by what it is and not by its line: `finding_` and a ULID made of a digest."""
    named = {"record": record_id, "evidence": evidence_id, "detector": detector, "subject": list(subject)}
    return id_of_digest("finding", digest_of(named))


def settle(
    previous: Iterable[DriftFinding],
    current: Iterable[DriftFinding],
    checked: Collection[str],
    revision: str,
    at: datetime,
    *,
    excepted: Collection[str] = (),
    mended_elsewhere: Collection[str] = (),
) -> tuple[DriftFinding, ...]:
    """Bring what was known together with what was just seen.

    Seen for the first time: `new`. Seen again: `known`. Seen after it was resolved: `regressed`. Not seen although
    its evidence was checked: `resolved`. Evidence that was not checked leaves its findings as they were. Looking
    twice at one revision changes no status. A finding is an `exception` exactly as long as the caller names it in
    `excepted`, so that an expired exception shows at the next look, even if its evidence could not be checked then.

    Args:
        previous: the last settled state, at most one finding per id.
        current: findings of this look.
        checked: global ids of the evidence that was fully checked.
        revision: the revision that was looked at.
        at: aware moment of the look.
        excepted: ids of the findings for which an exception is valid at `at`.
        mended_elsewhere: ids of findings that were resolved at a revision that is no part of this one, such as a branch
            that is not merged yet: seen here they are `known`, not `regressed`.

    Returns:
        One finding per id, sorted by record, path, first line and id.

    Spec: 6.4.
    """
    before = {finding.finding_id: finding for finding in previous}
    now = Sighting(revision=revision, at=at)
    settled: dict[str, DriftFinding] = {}
    for seen in _merged(current).values():
        known = before.get(seen.finding_id)
        status = _status_when_seen(known, revision)
        if status == "regressed" and seen.finding_id in mended_elsewhere:
            status = "known"
        settled[seen.finding_id] = seen.model_copy(
            update={
                "status": "exception" if seen.finding_id in excepted else status,
                "revision": revision,
                "first_seen": known.first_seen if known else now,
                "last_seen": now,
                "introduced": seen.introduced or (known.introduced if known else None),
            }
        )
    for finding_id, known in before.items():
        if finding_id in settled:
            continue
        gone = known.evidence_id in checked and known.status != "resolved"
        update = (
            {"status": "resolved", "revision": revision} if gone else {"status": _carried(known, excepted)}
        )
        settled[finding_id] = known.model_copy(update=update)
    return tuple(sorted(settled.values(), key=place_of))


def place_of(finding: DriftFinding) -> tuple[str, str, str, int, str]:
    """Give the key by which findings are listed: record, evidence, path, first line, id."""
    first_line = finding.lines[0] if finding.lines else 0
    return (finding.record_id, finding.evidence_id, finding.path, first_line, finding.finding_id)


def _status_when_seen(known: DriftFinding | None, revision: str) -> FindingStatus:
    if known is None:
        return "new"
    if known.status == "resolved":
        return "regressed"
    if known.last_seen.revision == revision and known.status in {"new", "regressed"}:
        return known.status
    return "known"


def _carried(known: DriftFinding, excepted: Collection[str]) -> FindingStatus:
    """Status of a finding of which this look says nothing: what it was, but for exceptions that began or ended."""
    if known.status != "resolved" and known.finding_id in excepted:
        return "exception"
    return "known" if known.status == "exception" else known.status


def _merged(findings: Iterable[DriftFinding]) -> dict[str, DriftFinding]:
    merged: dict[str, DriftFinding] = {}
    for finding in findings:
        first = merged.setdefault(finding.finding_id, finding)
        lines = tuple(sorted({*first.lines, *finding.lines}))
        merged[finding.finding_id] = first.model_copy(update={"lines": lines})
    return merged
