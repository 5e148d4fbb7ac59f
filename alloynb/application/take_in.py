"""Take into the evidence store what files of this repository tell and the store does not know yet (spec 6.1).

Ledgers, the shelf, the mailbox, folders of runs, records, hypotheses and the history of git are what is true; the
store is where all of it can be asked about together. Taking in again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from alloynb.application.brief_ledger import steps_of
from alloynb.application.keep_history import keep_history
from alloynb.application.take_in_intent import hypothesis_facts, record_facts
from alloynb.application.workspace import Workspace
from alloynb.archaeology.checkout import UnknownRevision
from alloynb.errors import AlloyError
from alloynb.evidence.decision_facts import transition_fact
from alloynb.evidence.ingest import facts_of_artifacts, ingest_run
from alloynb.evidence.query import held_open
from runtime_artifacts.envelope import Artifact, Kind
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.journal import Fact
from runtime_artifacts.kinds import KINDS

HISTORY_TIME_LIMIT_S = 60.0


@dataclass
class TakenIn:
    """What was new.

    Attributes:
        facts: number of new facts by kind.
        unread: what could not be taken in, in words; everything else was.
    """

    facts: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)


@held_open()
def take_in(workspace: Workspace, *, tell: Callable[[str], None] = lambda text: None) -> TakenIn:
    """Record everything that is not in the store yet; what is damaged is named and passed over.

    Raises:
        StoreUnavailable, StoreBusy, JournalFull: the store is at fault; what was recorded stays.
    """
    taken = TakenIn()
    warehouse = workspace.warehouse
    sources: dict[str, Callable[[], Iterator[Fact]]] = {
        "artifacts of the shelf": partial(_shelf_facts, workspace, taken.unread),
        "requests and results": partial(_mailbox_facts, workspace, taken.unread),
        "ledgers of records": partial(_ledger_facts, workspace, taken.unread),
        "ledgers of briefs": partial(_brief_facts, workspace, taken.unread),
        "records": partial(record_facts, workspace),
        "hypotheses": partial(hypothesis_facts, workspace),
    }
    for told, facts in sources.items():
        tell(told)
        try:
            found = list(facts())
        except (AlloyError, ArtifactError) as error:
            taken.unread.append(f"{told}: {error}")
            continue
        taken.facts.update(fact.kind for fact in warehouse.record(found))
    tell("runs")
    _take_in_runs(workspace, taken)
    tell("history")
    _take_in_history(workspace, taken)
    return taken


def _take_in_runs(workspace: Workspace, taken: TakenIn) -> None:
    known = dict(
        workspace.warehouse.query(
            "SELECT run_id, count(*) FROM facts WHERE kind = 'run_result' GROUP BY run_id"
        ).rows
    )
    for folder in sorted((workspace.alloy_dir / "runs").glob("run_*")):
        if len(list(folder.glob("result-*.json"))) > known.get(folder.name, 0):
            try:
                new = ingest_run(workspace.warehouse, folder).new
            except (AlloyError, ArtifactError) as error:
                taken.unread.append(f"the folder of {folder.name} could not be taken in: {error}")
            else:
                taken.facts.update(fact.kind for fact in new)


def _take_in_history(workspace: Workspace, taken: TakenIn) -> None:
    try:
        history = keep_history(workspace, time_limit_s=HISTORY_TIME_LIMIT_S)
    except UnknownRevision:
        return  # nothing is committed yet
    except AlloyError as error:
        taken.unread.append(
            f"who changed what is not known to the end, `alloynb evidence history` goes on: {error}"
        )
    else:
        taken.facts.update({"commit": history.commits} if history.commits else {})


def _shelf_facts(workspace: Workspace, unread: list[str]) -> Iterator[Fact]:
    known = _known_digests(workspace)
    for kind in KINDS.values():
        for digest in workspace.shelf.digests(kind):
            if digest not in known:
                yield from _facts_of(_read(partial(_of_shelf, workspace, kind, digest), unread))


def _of_shelf(workspace: Workspace, kind: Kind[Any], digest: str) -> list[Artifact[Any]]:
    return [workspace.shelf.get(kind, digest)]


def _mailbox_facts(workspace: Workspace, unread: list[str]) -> Iterator[Fact]:
    """Requests, and results that were delivered here although the run was elsewhere."""
    known = _known_digests(workspace)
    for request in workspace.mailbox.requests():
        if request.digest not in known:
            yield from _facts_of((request,))
        results = partial(workspace.mailbox.results, request.id)
        yield from _facts_of([each for each in _read(results, unread) if each.digest not in known])


def _read(read: Callable[[], Iterable[Artifact[Any]]], unread: list[str]) -> tuple[Artifact[Any], ...]:
    try:
        return tuple(read())
    except (AlloyError, ArtifactError) as error:
        unread.append(str(error))
        return ()


def _facts_of(artifacts: Iterable[Artifact[Any]]) -> Iterator[Fact]:
    """Facts of artifacts that were read one by one; a plan is not told which brief it belongs to."""
    for each in artifacts:
        yield from facts_of_artifacts((each,))


def _known_digests(workspace: Workspace) -> set[str]:
    return {str(digest) for (digest,) in workspace.warehouse.query("SELECT digest FROM artifacts").rows}


def _ledger_facts(workspace: Workspace, unread: list[str]) -> Iterator[Fact]:
    for file in sorted(workspace.ledger.folder.glob("*.jsonl")):
        try:
            history = workspace.ledger.history(f"{workspace.settings.project}.intent.{file.stem}")
        except AlloyError as error:
            unread.append(str(error))
            continue
        for entry in history.entries:
            yield transition_fact(
                project_id=workspace.settings.project,
                record_id=entry.record_id,
                from_status=entry.from_status,
                to_status=entry.to_status,
                principal=entry.who,
                why=entry.why,
                authority=entry.authority,
                link=entry.link,
                at=entry.at,
                key=entry.entry_id,
            )


def _brief_facts(workspace: Workspace, unread: list[str]) -> Iterator[Fact]:
    for file in sorted((workspace.alloy_dir / "ledger" / "brief").glob("*.jsonl")):
        try:
            steps = steps_of(workspace.alloy_dir, file.stem)
        except AlloyError as error:
            unread.append(str(error))
            continue
        before = None
        for number, step in enumerate(steps, start=1):
            state = str(step["state"])
            yield transition_fact(
                project_id=workspace.settings.project,
                brief_id=file.stem,
                from_status=before,
                to_status=state,
                principal=str(step.get("by", "")),
                why=str(step.get("why", "")),
                authority=str(step.get("authority", "")),
                at=str(step.get("at", "")),
                key=f"{file.stem}/{number}",
            )
            before = state
