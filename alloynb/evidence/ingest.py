"""From the folder of a run to facts: its artifacts, its results, what was observed, what should have been (spec 6.1).

The run's journal needs no ingesting: the views read it where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alloynb.errors import AlloyError
from alloynb.evidence.run_facts import (
    approval_fact,
    artifact_fact,
    evidence_definition_fact,
    observation_fact,
    request_fact,
    run_result_fact,
)
from runtime_artifacts.approval import Approval
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.evidence_observation import EvidenceObservation
from runtime_artifacts.evidence_plan import EvidencePlan
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.formation_brief import FormationBrief
from runtime_artifacts.journal import Fact
from runtime_artifacts.kinds import read_any
from runtime_artifacts.run_result import RunResult

if TYPE_CHECKING:
    from alloynb.evidence.warehouse import Warehouse


class NoRun(AlloyError):
    """There is no folder of a run at this path."""


@dataclass(frozen=True)
class IngestedRun:
    """What one run left behind, and what of it the store did not know.

    Attributes:
        artifacts: verified copies of what the run was given.
        results: one run result an attempt, first attempt first.
        new: facts that were recorded now; empty when the run was ingested before.
    """

    artifacts: tuple[Artifact[Any], ...]
    results: tuple[Artifact[RunResult], ...]
    new: tuple[Fact, ...]


def ingest_run(warehouse: Warehouse, run_dir: Path) -> IngestedRun:
    """Record what a run left behind. Doing it again, here or in another process, changes nothing.

    Raises:
        NoRun: no such folder.
        ArtifactError: an artifact is damaged; nothing was recorded.
        JournalFull, StoreBusy, StoreUnavailable: nothing, or only a beginning, was recorded.
    """
    artifacts, results = artifacts_of_run(run_dir)
    new = warehouse.record(facts_of_artifacts((*artifacts, *results)))
    return IngestedRun(artifacts, results, tuple(new))


def artifacts_of_run(run_dir: Path) -> tuple[tuple[Artifact[Any], ...], tuple[Artifact[RunResult], ...]]:
    """Read and verify what a run was given, and its results.

    Raises:
        NoRun: no such folder.
        ArtifactError: a file is damaged, with its name.
    """
    if not run_dir.is_dir():
        raise NoRun(f"no run in {run_dir}")
    given = tuple(
        read_any(file.read_bytes(), file) for file in sorted((run_dir / "artifacts").glob("*.json"))
    )
    results = [read_any(file.read_bytes(), file) for file in run_dir.glob("result-*.json")]
    return given, tuple(sorted(results, key=lambda each: int(each.content.attempt)))


def facts_of_artifacts(artifacts: tuple[Artifact[Any], ...]) -> list[Fact]:
    """Turn artifacts into facts; what one of them says about the others is used, nothing else is read."""
    brief = next((each for each in artifacts if isinstance(each.content, FormationBrief)), None)
    return [fact for each in artifacts for fact in _facts_of(each, brief.id if brief else None)]


def _facts_of(artifact: Artifact[Any], brief_id: str | None) -> Iterator[Fact]:
    yield artifact_fact(artifact)
    content = artifact.content
    if isinstance(content, ExecutionRequest):
        yield request_fact(artifact)
    elif isinstance(content, EvidencePlan):
        for item in content.items:
            yield evidence_definition_fact(item, artifact, brief_id=brief_id)
    elif isinstance(content, RunResult):
        yield run_result_fact(artifact)
        for observation in content.evidence_observations:
            yield observation_fact(observation, key=artifact.digest)
    elif isinstance(content, EvidenceObservation):
        yield observation_fact(content, key=artifact.digest)
    elif isinstance(content, Approval):
        yield approval_fact(artifact)
