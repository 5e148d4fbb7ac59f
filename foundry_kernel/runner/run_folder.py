"""The folder of one run: what lies where, and the small facts in `run.json` (spec 5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from foundry_kernel.errors import FoundryError
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.envelope import Artifact, ContentT, Kind
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.identity import is_id
from runtime_artifacts.journal import Fact, is_being_written, read_journal
from runtime_artifacts.kinds import read_file
from runtime_artifacts.run_result import RUN_RESULT, RunResult
from runtime_artifacts.write_once import replace_whole

ARTIFACT_FILES = {
    "request": "request.json",
    "brief": "brief.json",
    "prompt_pack": "prompt_pack.json",
    "gate_overlay": "gate_overlay.json",
    "evidence_plan": "evidence_plan.json",
}


class UnknownRun(FoundryError):
    """There is no run of this id, or its folder is damaged."""


class ProcessMark(BaseModel):
    """Which process it is.

    Attributes:
        started: mark of the process's start, so that a later process of the same number is not taken for it.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    started: str


class RunRecord(BaseModel):
    """Content of `run.json`: fixed when the run was prepared, but for the kernel of the current attempt.

    Attributes:
        transport_retries: messages about the request that had to be sent again until the run was prepared.
        taken_up_before: runners that had begun the request elsewhere and were lost.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str
    request_id: str
    request_digest: str
    project_id: str
    workspace: str
    runner_id: str
    prepared_at: str
    prepared_by: ProcessMark
    time_limit_s: float | None = None
    transport_retries: int = 0
    taken_up_before: int = 0
    attempt: int = 0
    kernel: ProcessMark | None = None


@dataclass(frozen=True)
class RunFolder:
    """Paths below one run's folder, and readers of what lies there."""

    path: Path

    @property
    def run_id(self) -> str:
        """Id of the run, which is the folder's name."""
        return self.path.name

    @property
    def artifacts(self) -> Path:
        """Verified copies of the request and what it names."""
        return self.path / "artifacts"

    @property
    def gates(self) -> Path:
        """Outputs and reports of gates."""
        return self.path / "gates"

    @property
    def worktree(self) -> Path:
        """Where the revision is checked out while the run lasts."""
        return self.path / "worktree"

    @property
    def executed_notebook(self) -> Path:
        """The notebook as it was executed."""
        return self.path / "executed.ipynb"

    def journal(self, attempt: int) -> Path:
        """Journal of one attempt."""
        return self.path / "journal" / f"{attempt:04d}.jsonl"

    def result_file(self, attempt: int) -> Path:
        """Result of one attempt."""
        return self.path / f"result-{attempt}.json"

    @property
    def has_request(self) -> bool:
        """Whether the run belongs to a request; one that was emitted by hand does not."""
        return (self.path / "run.json").is_file()

    def record(self) -> RunRecord:
        """Read `run.json`.

        Raises:
            UnknownRun: it is missing or damaged.
        """
        file = self.path / "run.json"
        try:
            return RunRecord.model_validate(parse_json(file.read_bytes(), file))
        except (OSError, ValidationError) as error:
            raise UnknownRun(f"{file} cannot be read: {str(error).splitlines()[0]}") from error

    def write_record(self, record: RunRecord) -> None:
        """Write `run.json`, whole or not at all."""
        replace_whole(
            self.path / "run.json", (record.model_dump_json(indent=2, exclude_none=True) + "\n").encode()
        )

    def artifact(self, name: str, kind: Kind[ContentT]) -> Artifact[ContentT]:
        """Read and verify one of the copies, such as `gate_overlay`."""
        return read_file(kind, self.artifacts / ARTIFACT_FILES[name])

    def request(self) -> Artifact[ExecutionRequest]:
        """Read and verify the copy of the request."""
        return self.artifact("request", EXECUTION_REQUEST)

    def brief(self) -> Artifact[FormationBrief]:
        """Read and verify the copy of the brief."""
        return self.artifact("brief", FORMATION_BRIEF)

    def attempts(self) -> list[int]:
        """Numbers of the attempts that have a journal, in order."""
        return sorted(int(file.stem) for file in (self.path / "journal").glob("[0-9]*.jsonl"))

    def facts(self) -> list[Fact]:
        """Every fact of every attempt, in order; a torn last line is left out."""
        return [fact for attempt in self.attempts() for fact in read_journal(self.journal(attempt))]

    def results(self) -> list[Artifact[RunResult]]:
        """Every result, first attempt first."""
        files = sorted(
            self.path.glob("result-*.json"), key=lambda file: int(file.stem.removeprefix("result-"))
        )
        return [read_file(RUN_RESULT, file) for file in files]

    def is_alive(self) -> bool:
        """Say whether the journal of the last attempt is being written."""
        attempts = self.attempts()
        return bool(attempts) and is_being_written(self.journal(attempts[-1]))


def find_run(runs: Path, run: str) -> RunFolder:
    """Find a run by its id, by the unambiguous beginning or end of it, or by the path of its folder.

    Args:
        runs: folder of all runs.

    Raises:
        UnknownRun: none fits, or several do.
    """
    if "/" in run or run in {".", ".."}:
        folder = Path(run)
        if _is_run(folder):
            return RunFolder(folder.resolve())
        raise UnknownRun(f"{run} is not the folder of a run")
    if is_id(run, "run") and (runs / run).is_dir():
        return RunFolder(runs / run)
    ids = [folder.path.name for folder in all_runs(runs)]
    found = [name for name in ids if run and (name.startswith((run, f"run_{run}")) or name.endswith(run))]
    if len(found) == 1:
        return RunFolder(runs / found[0])
    if found:
        raise UnknownRun(f"{run!r} could be {', '.join(found[:5])}")
    raise UnknownRun(f"no run {run!r} in {runs}", next_step="`foundry-kernel history` lists what there is")


def all_runs(runs: Path) -> list[RunFolder]:
    """List every run, oldest first."""
    return [RunFolder(folder) for folder in sorted(runs.glob("run_*")) if _is_run(folder)]


def _is_run(folder: Path) -> bool:
    """A run by request has `run.json`; one that was emitted by hand has a journal alone."""
    return (folder / "run.json").is_file() or (folder / "journal").is_dir()
