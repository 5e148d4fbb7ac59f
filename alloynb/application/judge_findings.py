"""Say of each open finding whether the code looks wrong or the intent stale, and why (spec 6.4). Nothing is decided."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from alloynb.application.drift_witnesses import WORKING_TREE_SUFFIX, witnesses_of
from alloynb.application.governed_files import governed_files
from alloynb.application.look_for_drift import SeenDrift
from alloynb.application.workspace import ALLOY_FOLDER, Workspace
from alloynb.archaeology.change import (
    ReadChange,
    count_changes,
    last_change_of,
    read_change,
    text_at,
)
from alloynb.archaeology.checkout import uncommitted_paths
from alloynb.archaeology.renames import Renames, module_now, read_renames
from alloynb.errors import AlloyError
from alloynb.intent.evidence_definition import EvidenceDefinition
from alloynb.intent.record import IntentRecord
from alloynb.intent.review_trigger import DateTrigger
from alloynb.interpretation.finding import DriftFinding
from alloynb.interpretation.verdict import Case, Change, Verdict, collect_clue_readers, judge_case

MOST_JUDGED = 100
"""Findings beyond this number are told without a verdict: each asks git a few questions."""

_LOST = re.compile(r"^(?!ignored import)[a-z ]+ '([\w.]+)' names nothing: no module")
_AGAINST = frozenset({"supersedes", "conflicts_with"})


@dataclass(frozen=True)
class JudgedEvidence:
    """What one finding, or one rule that lost a name, looks like.

    Attributes:
        finding: None for a rule that lost a name.
        lost_names: names of the rule that mean nothing any more.
    """

    evidence_id: str
    finding: DriftFinding | None
    lost_names: tuple[str, ...]
    verdict: Verdict


def judge_findings(workspace: Workspace, seen: SeenDrift) -> tuple[JudgedEvidence, ...]:
    """Judge the open findings that are shown, at most `MOST_JUDGED`, then the rules that lost a name.

    Raises:
        BrokenFiles: records cannot be read.
        BadPlugin: an installed reader of clues is broken.
    """
    asked = _Asked(workspace, seen)
    readers = collect_clue_readers()
    judged = []
    for finding in seen.shown_findings[:MOST_JUDGED]:
        found = asked.definition(finding.evidence_id)
        if found is not None:
            case = _case_of(asked, *found, finding)
            judged.append(JudgedEvidence(finding.evidence_id, finding, (), judge_case(case, readers)))
    for evidence_id, names in asked.lost_names.items():
        found = asked.definition(evidence_id)
        if found is not None:
            case = _case_of(asked, *found, None, names)
            judged.append(JudgedEvidence(evidence_id, None, names, judge_case(case, readers)))
    return tuple(judged)


@dataclass
class _Asked:
    """What is asked of git and of the workspace for one look; each question once."""

    workspace: Workspace
    seen: SeenDrift
    changes: dict[str, Change | None] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.workspace.root

    @property
    def commit(self) -> str:
        return self.seen.report.revision.removesuffix(WORKING_TREE_SUFFIX)

    @cached_property
    def records(self) -> Mapping[str, IntentRecord]:
        return {each.id: each for each in self.workspace.intent.load_all()}

    @cached_property
    def renames(self) -> Renames:
        uncommitted = self.commit != self.seen.report.revision
        return read_renames(self.root, self.commit, uncommitted=uncommitted)

    @cached_property
    def uncommitted(self) -> frozenset[str]:
        whole = self.commit == self.seen.report.revision
        return frozenset() if whole else frozenset(uncommitted_paths(self.root))

    @cached_property
    def lost_names(self) -> dict[str, tuple[str, ...]]:
        """By evidence, the names of its rule that mean nothing now and meant something once; typing errors left out."""
        found: dict[str, list[str]] = {}
        for note in self.seen.report.notes:
            lost = _LOST.match(note.text)
            if lost and (module_now(lost[1], self.renames.now_called) or self.deleting(lost[1]) is not None):
                found.setdefault(note.evidence_id, []).append(lost[1])
        return {evidence_id: tuple(names) for evidence_id, names in found.items()}

    def definition(self, evidence_id: str) -> tuple[IntentRecord, EvidenceDefinition] | None:
        record = self.records.get(evidence_id.partition("#")[0])
        definition = record.evidence_definition(evidence_id) if record else None
        return (record, definition) if record and definition else None

    def change(self, commit: str) -> Change | None:
        """Read a change once; an empty name means what is not committed."""
        if commit not in self.changes:
            read = read_change(self.root, commit)
            self.changes[commit] = None if read is None else _change_of(read)
        return self.changes[commit]

    def deleting(self, module: str) -> str | None:
        """The change that deleted a Python module: a commit, "" for the working tree, None for none."""
        place = module.replace(".", "/")
        files = (f"{place}.py", f"{place}/__init__.py")
        gone = [each for each in self.uncommitted if each.endswith(files)]
        if any(not (self.root / each).exists() for each in gone):
            return ""
        return last_change_of(self.root, self.commit, [f":(glob)**/{each}" for each in files], deleted=True)


def _case_of(
    asked: _Asked,
    record: IntentRecord,
    definition: EvidenceDefinition,
    finding: DriftFinding | None,
    lost_names: tuple[str, ...] = (),
) -> Case:
    evidence_id = definition.global_id(record.id)
    siblings = tuple(
        each for each in asked.seen.findings if each.evidence_id == evidence_id and each.status != "resolved"
    )
    allowed = asked.seen.leniencies
    lenient = [
        *(each.evidence_id for each in allowed.waivers),
        *(each.evidence_id for each in allowed.exceptions),
    ]
    text = _text(asked, finding) if finding is not None else None
    introduced = finding.introduced if finding is not None else None
    return Case(
        record=record,
        definition=definition,
        at=asked.seen.report.at,
        finding=finding,
        lost_names=lost_names,
        siblings=siblings,
        governed=governed_files(asked.root, asked.commit, definition),
        change=_change_behind(asked, definition, finding, lost_names),
        names=asked.renames,
        now_called=asked.renames.now_called,
        leniencies=sum(each.partition("#")[0] == record.id for each in lenient),
        fired=tuple(_fired(asked, record)),
        newer=tuple(
            each.id
            for each in asked.records.values()
            if each.guides_runs
            and (
                each.supersedes == record.id
                or any(link.target == record.id and link.type in _AGAINST for link in each.relationships)
            )
        ),
        line=_line(text, finding.lines) if finding is not None else "",
        for_types_alone=text is not None
        and finding is not None
        and definition.kind == "import_boundary"
        and _for_types_alone(text, finding.lines),
        commits_since=count_changes(asked.root, introduced.commit, asked.commit, finding.path)
        if finding is not None and introduced is not None and introduced.commit
        else 0,
    )


def _change_behind(
    asked: _Asked,
    definition: EvidenceDefinition,
    finding: DriftFinding | None,
    lost_names: Sequence[str],
) -> Change | None:
    """The change that brought a deviation in, or took a name away."""
    if finding is None:
        for name in lost_names:
            commit = asked.deleting(name)
            if commit is not None:
                return asked.change(commit)
            now = module_now(name, asked.renames.now_called)
            if now is not None:
                place = now.replace(".", "/")
                files = [f":(glob)**/{place}.py", f":(glob)**/{place}/**"]
                commit = last_change_of(asked.root, asked.commit, files)
                return asked.change(commit) if commit else None
        return None
    if finding.introduced is not None:
        return asked.change(finding.introduced.commit)
    paths = [finding.path] if not finding.path.startswith(f"{ALLOY_FOLDER}/") else []
    if definition.kind == "test":
        paths = [finding.subject[0].partition("::")[0]]
    if any(path in asked.uncommitted for path in paths):
        return asked.change("")
    commit = last_change_of(asked.root, asked.commit, paths)
    return asked.change(commit) if commit else None


def _change_of(read: ReadChange) -> Change:
    return Change(
        read.commit, read.author, read.at, read.message, read.touched, read.renamed, read.added, read.removed
    )


def _text(asked: _Asked, finding: DriftFinding) -> str | None:
    if not finding.lines or finding.path.startswith(f"{ALLOY_FOLDER}/"):
        return None
    if finding.path not in asked.uncommitted:
        return text_at(asked.root, asked.commit, finding.path)
    try:
        return (asked.root / finding.path).read_text("utf-8", "replace")
    except OSError:
        return None


def _line(text: str | None, lines: Sequence[int]) -> str:
    rows = text.splitlines() if text else []
    return rows[lines[0] - 1].strip() if lines and lines[0] <= len(rows) else ""


@lru_cache(maxsize=64)
def _for_types_alone(text: str, lines: tuple[int, ...]) -> bool:
    """Whether every line stands in the body of an `if TYPE_CHECKING:`; `not`, `or` and an `else` make it run."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    bodies = [
        range(each.lineno, (each.end_lineno or each.lineno) + 1)
        for node in ast.walk(module)
        if isinstance(node, ast.If) and _is_type_checking(node.test)
        for each in node.body
    ]
    return bool(lines) and all(any(line in body for body in bodies) for line in lines)


def _is_type_checking(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(value=ast.Name(), attr="TYPE_CHECKING"):
            return True
        case _:
            return False


def _fired(asked: _Asked, record: IntentRecord) -> Iterator[str]:
    at = asked.seen.report.at
    for trigger in record.review_triggers:
        if isinstance(trigger, DateTrigger):
            if trigger.date <= at.date():
                yield trigger.why or f"look again from {trigger.date}"
        elif _says_so(asked, trigger.sql):
            yield trigger.why or trigger.sql


def _says_so(asked: _Asked, sql: str) -> bool:
    ask = witnesses_of(asked.workspace, asked.seen.report.revision).ask
    try:
        rows: Iterable[Sequence[object]] = ask(sql, {}) if ask is not None else ()
        return any(row[0] is True for row in rows)
    except AlloyError:
        return False  # that a trigger cannot be asked is for the look at contradictions to tell
