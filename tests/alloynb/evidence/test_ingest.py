"""From the folder of a run to facts, once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from alloynb.evidence.ingest import NoRun, artifacts_of_run, facts_of_artifacts, ingest_run
from alloynb.evidence.run_facts import LARGEST_CONTENT_BYTES, artifact_fact, observation_fact
from alloynb.evidence.warehouse import Warehouse
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.evidence_observation import EvidenceObservation
from runtime_artifacts.kinds import read_any
from runtime_artifacts.run_result import RunResult
from tests.fakes.evidence_store import GOLDEN, write_golden_run

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / ".alloy")


def test_a_run_is_ingested_whole(store: Warehouse) -> None:
    ingested = ingest_run(store, write_golden_run(store.layout.root))
    kinds = Counter(fact.kind for fact in ingested.new)
    assert len(ingested.artifacts) == 5
    assert len(ingested.results) == 1
    assert kinds["artifact"] == 6
    assert (kinds["request"], kinds["run_result"]) == (1, 1)
    assert kinds["observation"] == len(ingested.results[0].content.evidence_observations) > 0
    plan = next(each for each in ingested.artifacts if each.schema.startswith("alloy.evidence_plan"))
    assert kinds["evidence_definition"] == len(plan.content.items) > 0
    result: RunResult = ingested.results[0].content
    row = store.query("SELECT run_id, status, revision FROM runs").rows[0]
    assert row == (result.foundry_run_id, result.status, result.revision_before)


def test_ingesting_again_changes_nothing(store: Warehouse) -> None:
    folder = write_golden_run(store.layout.root)
    first = ingest_run(store, folder)
    assert first.new
    assert ingest_run(store, folder).new == ()
    store.fold()
    assert ingest_run(Warehouse(store.layout.root), folder).new == ()
    assert store.query("SELECT count(*) FROM facts").rows == ((len(first.new),),)


def test_processes_that_ingest_at_once_record_each_fact_once(store: Warehouse) -> None:
    folder = write_golden_run(store.layout.root)
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from alloynb.evidence.ingest import ingest_run\nfrom alloynb.evidence.warehouse import Warehouse\n"
        "print(len(ingest_run(Warehouse(Path(sys.argv[1])), Path(sys.argv[2])).new))\n"
    )
    store.fold()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(store.layout.root), str(folder)],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'artifacts'}"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    counts = sorted(int(process.communicate()[0]) for process in processes)
    assert counts[:2] == [0, 0]
    assert counts[2] > 0
    assert store.query("SELECT count(*) = count(DISTINCT fact_id) FROM facts").rows == ((True,),)


def test_a_later_attempt_brings_only_its_result(store: Warehouse) -> None:
    folder = write_golden_run(store.layout.root)
    ingest_run(store, folder)
    shutil.copyfile(GOLDEN / "foundry_run_result.stopped.json", folder / "result-2.json")
    again = ingest_run(store, folder)
    assert {fact.kind for fact in again.new} <= {"artifact", "run_result", "observation"}
    assert len(again.results) == 2


def test_an_artifact_that_was_changed_is_refused_and_nothing_is_recorded(store: Warehouse) -> None:
    folder = write_golden_run(store.layout.root)
    file = folder / "artifacts" / "formation_brief.json"
    brief = json.loads(file.read_bytes())
    brief["content"]["mission"]["objective"] += "!"
    file.write_text(json.dumps(brief))
    with pytest.raises(ArtifactError, match=r"formation_brief\.json"):
        ingest_run(store, folder)
    assert not store.layout.open.exists()


def test_a_folder_that_is_not_there_is_named(store: Warehouse) -> None:
    with pytest.raises(NoRun, match="run_nowhere"):
        artifacts_of_run(store.layout.runs / "run_nowhere")


def test_ids_of_facts_follow_from_what_they_say() -> None:
    artifacts = tuple(read_any(file.read_bytes(), file) for file in sorted(GOLDEN.glob("*.json")))
    first, second = (facts_of_artifacts(artifacts) for _ in range(2))
    assert first == second
    assert all("/" in fact.fact_id for fact in first)
    assert len({fact.fact_id for fact in first}) == len(first)


def test_an_observation_that_was_just_made_is_always_new() -> None:
    observation = read_any((GOLDEN / "evidence_observation.json").read_bytes()).content
    assert isinstance(observation, EvidenceObservation)
    first, second = observation_fact(observation), observation_fact(observation)
    assert first.fact_id != second.fact_id
    assert first.record_id == observation.evidence_id.partition("#")[0]


def test_an_artifact_too_large_for_a_line_is_kept_without_its_content() -> None:
    brief = read_any((GOLDEN / "formation_brief.json").read_bytes())
    large = {**brief.raw_content, "more": "x" * LARGEST_CONTENT_BYTES}
    from dataclasses import replace

    fact = artifact_fact(replace(brief, raw_content=large))
    assert fact.payload["content"] is None
    assert fact.payload["digest"] == brief.digest
    assert fact.payload["content_bytes"] > LARGEST_CONTENT_BYTES
