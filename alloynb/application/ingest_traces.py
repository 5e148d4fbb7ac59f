"""Take in traces of the existing Foundry daemon, and read them like our own runs (spec 5.2, 6.3).

Their format belongs to Foundry: `foundry-kernel interop convert` reads them and writes facts and results, which cross
the seam as JSON lines. Each is checked again here; taking in the same trace again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from alloynb.application.compile_down import gates_of_repository
from alloynb.application.give_feedback import give_feedback
from alloynb.application.keep_verdicts import JudgedRun, keep_verdicts
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.evidence.ingest import facts_of_artifacts
from alloynb.evidence.run_facts import new_fact
from alloynb.interpretation.satisfaction import JudgeRun, judge_satisfaction
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.journal import Fact
from runtime_artifacts.kinds import read_as
from runtime_artifacts.run_result import RUN_RESULT, RunResult

FACTS_AT_A_TIME = 5000


class Converter(Protocol):
    """Whoever reads the daemon's files."""

    def convert_traces(self, paths: tuple[Path, ...]) -> Iterator[bytes]:
        """Yield JSON lines: `{"fact": …}`, `{"result": …}` or `{"unfit": {file, line, reason}}`."""
        ...


@dataclass
class IngestedTraces:
    """What was taken in.

    Attributes:
        facts: that are new.
        runs: ids of the runs that the traces are.
        interpreted: those of them that were read through the brief that they carry.
        not_interpreted: run id → why it was not.
        unfit: what is no trace, with the reason; kept in the view `quarantine`.
    """

    facts: int = 0
    runs: list[str] = field(default_factory=list)
    interpreted: list[str] = field(default_factory=list)
    not_interpreted: dict[str, str] = field(default_factory=dict)
    unfit: list[str] = field(default_factory=list)


def ingest_traces(
    workspace: Workspace,
    paths: tuple[Path, ...],
    converter: Converter,
    *,
    tell: Callable[[str], None] = lambda text: None,
) -> IngestedTraces:
    """Record the facts of traces and events, then read each run that carries a brief of our shelf.

    Raises:
        AlloyError: a path does not exist; nothing was done.
        CannotRun: the converter cannot be started, or broke off; what was recorded stays, and again goes on.
        StoreUnavailable, StoreBusy, JournalFull: the store is at fault.
    """
    for path in paths:
        if not path.exists():
            raise AlloyError(f"{path}: there is no such file or folder")
    ingested, results = IngestedTraces(), list[Artifact[RunResult]]()
    facts = _facts(workspace, converter.convert_traces(paths), ingested, results)
    with workspace.warehouse.session() as session:
        read = 0
        while batch := list(islice(facts, FACTS_AT_A_TIME)):
            ingested.runs += [fact.run_id for fact in batch if fact.kind == "run_started" and fact.run_id]
            ingested.facts += len(session.record(batch))
            read += len(batch)
            tell(f"{read} facts read, {ingested.facts} of them new")
    for result in results:
        _interpret(workspace, result, ingested)
    workspace.warehouse.fold()
    return ingested


def shown_trace(workspace: Workspace, run_id: str) -> dict[str, list[dict[str, Any]]]:
    """The run, its events and its block executions, of whatever origin; `run_id` may be a beginning.

    Raises:
        AlloyError: no run of the store begins so, or more than one.
    """
    ask = workspace.warehouse.query
    found = ask("SELECT run_id FROM runs WHERE starts_with(run_id, $1) ORDER BY run_id LIMIT 2", [run_id])
    if len(found) != 1:
        told = "more than one run begins" if len(found) else "no run of the store begins"
        raise AlloyError(f"{told} with {run_id!r}", next_step='`alloynb evidence sql "FROM runs"` shows them')
    [(whole,)] = found.rows
    return {
        "run": ask("FROM runs WHERE run_id = $1", [whole]).as_dicts(),
        "events": ask("FROM events WHERE run_id = $1 ORDER BY occurred_at, seq", [whole]).as_dicts(),
        "blocks": ask("FROM block_executions WHERE run_id = $1 ORDER BY started_at", [whole]).as_dicts(),
    }


def _facts(
    workspace: Workspace, lines: Iterable[bytes], ingested: IngestedTraces, results: list[Artifact[RunResult]]
) -> Iterator[Fact]:
    for line in lines:
        try:
            said = json.loads(line)
            if "fact" in said:
                yield Fact.model_validate_json(json.dumps(said["fact"]), strict=True)
            elif "result" in said:
                result = read_as(RUN_RESULT, json.dumps(said["result"]).encode())
                results.append(result)
                yield from facts_of_artifacts((result,))
            else:
                yield _unfit(workspace, said["unfit"], ingested)
        except (ValueError, TypeError, KeyError, ValidationError, ArtifactError) as error:
            reason = {"file": "converter", "line": 0, "reason": f"{type(error).__name__}: {line[:200]!r}"}
            yield _unfit(workspace, reason, ingested)


def _unfit(workspace: Workspace, said: dict[str, Any], ingested: IngestedTraces) -> Fact:
    file, line, reason = str(said["file"]), int(said["line"]), str(said["reason"])
    ingested.unfit.append(f"{file}{f':{line}' if line else ''}: {reason}")
    return new_fact(
        "unfit",
        at=workspace.clock(),
        key=digest_of([file, line, reason]),
        project_id=workspace.settings.project,
        path=file,
        line=line,
        summary=reason,
    )


def _interpret(workspace: Workspace, result: Artifact[RunResult], ingested: IngestedTraces) -> None:
    run_id = result.content.foundry_run_id
    try:
        brief = workspace.shelf.get(FORMATION_BRIEF, result.content.brief.digest)
        plan = workspace.shelf.get(EVIDENCE_PLAN, brief.content.evidence_plan.digest)
    except ArtifactError as error:
        ingested.not_interpreted[run_id] = str(error)
        return
    command = JudgeRun(
        plan.content,
        workspace.clock(),
        result=result.content,
        brief_digest=brief.digest,
        gates_of_repository=gates_of_repository(workspace, result.content),
    )
    judged = JudgedRun(brief, result, judge_satisfaction(command))
    keep_verdicts(workspace, judged)
    give_feedback(workspace, judged)
    ingested.interpreted.append(run_id)
