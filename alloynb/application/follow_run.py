"""Follow a run while it runs, read its trace afterwards: from its journals, else from the evidence store (spec 6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alloynb.application.run_trace import RunTrace
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import Fact, is_being_written

_LOOKED_AT = 40
"""Of so many runs, the newest ones, it is asked whether they are alive."""


class NoSuchRun(AlloyError):
    """No run has this id, or more than one begins so."""


class RunFeed:
    """Reads what was added to the journals of one run since the last look; its folder need not exist yet.

    Facts of a run that is executed elsewhere gather in `incoming/`, and become its journal when it has ended.
    """

    def __init__(self, run_dir: Path) -> None:
        """Begin at the start of the first attempt."""
        self._folder = run_dir
        self._read: dict[str, int] = {}

    @property
    def has_begun(self) -> bool:
        """Whether there is any journal."""
        return bool(self._attempts())

    @property
    def is_alive(self) -> bool:
        """Whether somebody writes the journal of the last attempt, here or elsewhere."""
        files = self._attempts()
        return bool(files) and (files[-1].parent.name == "incoming" or is_being_written(files[-1]))

    def new_facts(self) -> list[Fact]:
        """Facts that are whole lines by now; a line that is no fact is passed over, the store names it."""
        return [fact for file in self._attempts() for fact in self._of(file)]

    def _attempts(self) -> list[Path]:
        found = {
            file.name: file
            for part in ("incoming", "journal")  # what became a journal is read as such
            for file in (self._folder / part).glob("[0-9]*.jsonl")
        }
        return [found[name] for name in sorted(found)]

    def _of(self, file: Path) -> Iterator[Fact]:
        try:
            with file.open("rb") as lines:
                lines.seek(self._read.get(file.name, 0))
                text = lines.read()
        except FileNotFoundError:
            return
        whole = text[: text.rfind(b"\n") + 1]
        self._read[file.name] = self._read.get(file.name, 0) + len(whole)
        for line in whole.splitlines():
            try:
                yield Fact.model_validate_json(line)
            except ValidationError:
                continue


class RunFollower:
    """Keeps the trace of one run up to date while it runs."""

    def __init__(self, run_dir: Path) -> None:
        """Begin at the start of the first attempt."""
        self.trace = RunTrace(run_dir.name)
        self._feed = RunFeed(run_dir)
        self._over = False

    def look(self) -> bool:
        """Take in what is new; returns whether anything changed.

        When nobody writes any more and the run has no end, what had begun was broken off.
        """
        alive = self._feed.is_alive  # before reading: its last words are not missed
        facts = self._feed.new_facts()
        for fact in facts:
            self.trace.add(fact)
        changed = bool(facts)
        if self._feed.has_begun and not alive and self.trace.is_running and not self._over:
            self.trace.break_off()
            self._over = changed = True
        elif alive:
            self._over = False
        return changed

    @property
    def is_alive(self) -> bool:
        """Whether somebody writes the journal of the last attempt."""
        return self._feed.is_alive


def read_trace(workspace: Workspace, run: str | None = None) -> RunTrace:
    """Read the trace of a run, finished or not.

    Args:
        run: id, or the beginning of it; None takes the newest.

    Raises:
        NoSuchRun: none fits, or several do.
        StoreUnavailable: it has no journal here, and the store cannot be read.
    """
    ids = _runs(workspace)
    found = [each for each in ids if each.startswith(run or "")]
    if run is None and found:
        found = found[-1:]
    if len(found) == 1:
        follower = RunFollower(workspace.run_dir(found[0]))
        follower.look()
        return follower.trace
    if len(found) > 1:
        raise NoSuchRun(f"{run!r} could be any of {len(found)} runs", next_step="write more of the id")
    return _from_store(workspace, run)


def running_runs(workspace: Workspace) -> tuple[str, ...]:
    """Ids of the runs that are being worked on now, oldest first, whoever began them."""
    newest = _runs(workspace)[-_LOOKED_AT:]
    return tuple(each for each in newest if RunFollower(workspace.run_dir(each)).is_alive)


def _runs(workspace: Workspace) -> list[str]:
    return sorted(each.parent.name for each in (workspace.alloy_dir / "runs").glob("run_*/journal"))


def _from_store(workspace: Workspace, run: str | None) -> RunTrace:
    """The trace of a run that was taken in from elsewhere."""
    wanted = run or ""
    ids = workspace.warehouse.query(
        "SELECT run_id FROM runs WHERE starts_with(run_id, $1) ORDER BY started_at DESC LIMIT 2", [wanted]
    ).rows
    if not ids or (run and len(ids) > 1):
        raise NoSuchRun(
            f"{run!r} could be any of several runs" if ids else f"no run {wanted}".rstrip(),
            next_step="`alloynb run` makes one; `FROM runs` lists what there is",
        )
    (run_id,) = ids[0]
    answer = workspace.warehouse.query("FROM facts WHERE run_id = $1 ORDER BY attempt, seq", [run_id])
    trace = RunTrace(run_id).add_all(_fact_of(row) for row in answer.as_dicts())
    trace.break_off()
    return trace


def _fact_of(row: dict[str, Any]) -> Fact:
    fields = {name: row[name] for name in Fact.model_fields if row.get(name) is not None}
    for name in ("recorded_at", "occurred_at"):
        if name in fields:
            fields[name] = format_timestamp(fields[name])
    return Fact.model_validate(fields)
