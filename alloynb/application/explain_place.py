"""Explain a place: what governs it, through what, how the evidence stands, what was found there (spec 2.7)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from alloynb.application.standing_evidence import StandingEvidence, ask_store, standing_evidence
from alloynb.application.workspace import Workspace
from alloynb.intent.leniency import ExceptionStore, GrantedException
from alloynb.intent.record import GUIDING, IntentRecord, Status
from alloynb.intent.search import Governing, GoverningIndex, Suggestion, module_of_path, suggest

_MOST_SUGGESTED = 5
_LEFT_BEHIND = frozenset({"rejected", "superseded"})
_LINE = re.compile(r"^(?P<path>.*?):(?P<line>[1-9][0-9]{0,8})(?::\d+)?$")
_COMMON = frozenset({"init", "main", "src", "lib", "py", "test", "tests", "core", "base", "index", "app"})
_FINDINGS = """
SELECT finding_id, record_id, evidence_id, status, severity, path, line, summary, payload->'lines' AS lines
FROM findings WHERE project_id = $1 AND path = $2 AND status <> 'resolved' ORDER BY line, finding_id
"""


@dataclass(frozen=True)
class GoverningRecord:
    """A record that governs the place.

    Attributes:
        through: entries of its scope and names in its evidence that reach the place.
        evidence: its definitions, each with what was seen last.
    """

    record: IntentRecord
    through: tuple[str, ...]
    evidence: tuple[StandingEvidence, ...]


@dataclass(frozen=True)
class FoundThere:
    """A deviation that was found in the file; `here` when it is at the line that was asked about."""

    finding_id: str
    record_id: str
    evidence_id: str
    status: str
    severity: str
    path: str
    lines: tuple[int, ...]
    message: str
    here: bool


@dataclass(frozen=True)
class ExplainedPlace:
    """Everything that is known about a place.

    Attributes:
        line: 1-based, or None when the whole file, folder or module was asked about.
        governing: linked records; these decide.
        findings: deviations that stand in the file; with a line, those at the line first.
        exceptions: what is allowed there for a while.
        suggested: records whose words resemble the place; these only suggest, and bind nothing.
        note: why the evidence store could not be asked, or empty.
    """

    place: str
    path: str
    line: int | None
    governing: tuple[GoverningRecord, ...]
    findings: tuple[FoundThere, ...]
    exceptions: tuple[GrantedException, ...]
    suggested: tuple[Suggestion, ...]
    note: str


def explain_place(workspace: Workspace, place: str) -> ExplainedPlace:
    """Explain a path, a path with a line (`a/b.py:12`), or a dotted module name.

    Links decide what governs: scopes, and what evidence names. Words only suggest. What the evidence store knows is
    told when it answers; the rest of the answer does not need it.

    Raises:
        BrokenFiles: records, waivers or exceptions cannot be read, with file and line.
    """
    path, line = split_place(place)
    records = workspace.intent.load_all()
    governing = governing_records(workspace, records, path)
    standings = standing_evidence(workspace, [each.record for each in governing])
    rows, note = ask_store(workspace, _FINDINGS, [workspace.settings.project, path])
    findings = sorted((_found(row, line) for row in rows), key=lambda each: not each.here)
    now = workspace.clock()
    ids = {each.finding_id for each in findings}
    exceptions = tuple(
        each
        for each in ExceptionStore(workspace.alloy_dir).load_all()
        if each.state(now) == "valid"
        and (each.finding_id in ids or (each.path is not None and _matches(each.path, path)))
    )
    linked = {each.record.id for each in governing}
    return ExplainedPlace(
        place,
        path,
        line,
        tuple(
            GoverningRecord(
                each.record, each.through or (each.because,), standings.by_record.get(each.record.id, ())
            )
            for each in governing
        ),
        tuple(findings),
        exceptions,
        _suggested(
            [each for each in records if each.id not in linked and each.status not in _LEFT_BEHIND], path
        ),
        standings.note or note,
    )


def split_place(place: str) -> tuple[str, int | None]:
    """Take `PATH:LINE` (or `PATH:LINE:COLUMN`, as compilers write it) apart; a leading `./` says nothing."""
    match = _LINE.match(place.strip())
    path, line = (match["path"], int(match["line"])) if match else (place.strip(), None)
    return PurePosixPath(path).as_posix() if "/" in path else path, line


def governing_records(
    workspace: Workspace, records: Sequence[IntentRecord], place: str, statuses: Collection[Status] = ()
) -> tuple[Governing, ...]:
    """Which of some records govern a path or a module; by default those that guide runs."""
    index = GoverningIndex(
        records, source_roots=workspace.settings.source_roots, statuses=statuses or GUIDING
    )
    path, _ = split_place(place)
    looks_like_path = "/" in path or "." not in path or _is_there(workspace, path)
    return index.of_path(path) if looks_like_path else index.of_module(path)


def _is_there(workspace: Workspace, path: str) -> bool:
    try:
        return (workspace.root / path).exists()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        return False


def _found(row: dict[str, Any], line: int | None) -> FoundThere:
    given = row["lines"] if isinstance(row["lines"], list) else [row["line"]]
    lines = tuple(each for each in given if isinstance(each, int))
    return FoundThere(
        row["finding_id"],
        row["record_id"],
        row["evidence_id"],
        row["status"],
        row["severity"],
        row["path"],
        lines,
        row["summary"],
        line is not None and line in lines,
    )


def _matches(pattern: str, path: str) -> bool:
    from pathspec import GitIgnoreSpec

    return bool(GitIgnoreSpec.from_lines([pattern]).match_file(path))


def _suggested(records: Sequence[IntentRecord], path: str) -> tuple[Suggestion, ...]:
    """Records that speak of the last steps of the path, best first."""
    module = module_of_path(path) or path.replace("/", ".")
    words = {
        word
        for step in module.split(".")[-2:]
        for word in (step, *step.split("_"))
        if len(word) > 3 and word.casefold() not in _COMMON
    }
    best: dict[str, Suggestion] = {}
    for word in sorted(words):
        for each in suggest(records, word, limit=_MOST_SUGGESTED):
            known = best.get(each.record.id)
            best[each.record.id] = Suggestion(each.record, each.score + (known.score if known else 0))
    ranked = sorted(best.values(), key=lambda each: (-each.score, each.record.id))
    return tuple(ranked[:_MOST_SUGGESTED])
