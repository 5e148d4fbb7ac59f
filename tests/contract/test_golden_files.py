"""The golden files are what the builder tells, and what any reader of JSON Schema accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from runtime_artifacts import schemas
from runtime_artifacts.kinds import KINDS, read_any
from tests.contract.golden_refusals import refusals
from tests.contract.golden_story import GOLDEN, tell

SCHEMAS = GOLDEN.parent / "schemas" / "v1"
VALID = sorted((GOLDEN / "v1").glob("*.json"))
REFUSED = sorted((GOLDEN / "refused").glob("*.json"))
OF_A_NEWER_MINOR = "gate_overlay.newer_minor.json"
# A JSON Schema cannot say these: digests, times that do not exist, names that repeat, what a status implies.
BEYOND_SCHEMAS = {
    "edited_content",
    "id_not_of_digest",
    "stopped_without_class",
    "time_before_all_times",
    "two_gates_of_one_name",
    "wrong_digest",
}


def schema_of(folder: str) -> jsonschema.Draft202012Validator:
    """Published schema of one kind."""
    schema = json.loads((SCHEMAS / f"{folder}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_committed_schemas_are_those_of_the_models() -> None:
    assert schemas.stale_schemas(SCHEMAS) == [], "run: python -m runtime_artifacts.schemas"


def test_the_command_says_which_schema_is_stale_and_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert schemas.main([str(tmp_path)]) == 0
    assert schemas.main(["--check", str(tmp_path)]) == 0
    (tmp_path / "approval.schema.json").write_text("{}")
    (tmp_path / "of_no_model.schema.json").write_text("{}")
    capsys.readouterr()

    assert schemas.main(["--check", str(tmp_path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in told] == [
        f"{tmp_path}/approval.schema.json",
        f"{tmp_path}/of_no_model.schema.json",
    ]
    assert schemas.main([str(tmp_path)]) == 0
    assert schemas.stale_schemas(tmp_path) == []


def test_every_field_and_model_of_the_schemas_of_the_seam_is_described() -> None:
    for folder in (kind.folder for kind in KINDS.values()):
        for name, model in schema_of(folder).schema["$defs"].items():
            assert model["description"].endswith("."), (folder, name)


def test_the_committed_examples_are_the_story_that_is_told() -> None:
    told = {f"v1/{name}.json": artifact.as_json() for name, artifact in tell().items()}
    told |= {f"refused/{name}.json": refusal for name, refusal in refusals().items()}
    committed = {str(file.relative_to(GOLDEN)): json.loads(file.read_bytes()) for file in [*VALID, *REFUSED]}

    assert committed == told, "run: python -m tests.contract.golden_story"


def test_every_kind_has_an_example() -> None:
    assert {file.name.split(".")[0] for file in VALID} == {kind.folder for kind in KINDS.values()}


@pytest.mark.parametrize("file", VALID, ids=lambda file: file.stem)
def test_an_example_reads_verifies_and_writes_back_as_it_was(file: Path) -> None:
    artifact = read_any(file.read_bytes(), file)

    assert artifact.as_json() == json.loads(file.read_bytes())
    assert read_any(artifact.to_bytes()) == artifact


@pytest.mark.parametrize(
    "file", [each for each in VALID if each.name != OF_A_NEWER_MINOR], ids=lambda file: file.stem
)
def test_an_example_fits_its_published_schema(file: Path) -> None:
    schema_of(file.name.split(".")[0]).validate(json.loads(file.read_bytes()))


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.stem)
def test_a_refused_document_does_not_fit_its_published_schema(file: Path) -> None:
    refused = json.loads(file.read_bytes())
    document: Any = refused.get("document")
    if file.stem in BEYOND_SCHEMAS or document is None or refused["error"] == "UnknownSchema":
        return
    family = document["schema"].split(".")[1] if isinstance(document, dict) else "gate_overlay"

    assert not schema_of(family).is_valid(document)


def test_the_references_of_the_story_agree() -> None:
    told = {file.stem: read_any(file.read_bytes(), file) for file in VALID}
    brief, request = told["formation_brief"].content, told["foundry_execution_request"].content
    result = told["foundry_run_result"].content
    for name in ("evidence_plan", "gate_overlay", "prompt_pack"):
        assert getattr(brief, name) == told[name].ref
        assert getattr(request, name).digest == told[name].digest
    assert request.brief.digest == told["formation_brief"].digest == told["approval"].content.subject_digest
    assert request.approvals[0].digest == told["approval"].digest
    assert result.request_digest == told["foundry_execution_request"].digest
    assert result.trace_summary == told["trace_summary"].content
    assert told["evidence_observation"].content in result.evidence_observations


def test_the_readme_lists_every_kind() -> None:
    readme = (GOLDEN.parent / "README.md").read_text("utf-8")

    for kind in KINDS.values():
        row = f"| `{kind.model.__module__.rpartition('.')[2]}.{kind.model.__name__}` | `{kind.folder}` |"
        assert row in readme
    assert json.loads((GOLDEN / "v1" / "gate_overlay.json").read_bytes())["id"] in readme
