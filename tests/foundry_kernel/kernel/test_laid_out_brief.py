"""A run by hand takes the brief that it names from the files laid out for people, verified, and never at full."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foundry_kernel.cli import main
from foundry_kernel.kernel.laid_out_brief import keep_brief, laid_out_brief
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import DigestMismatch
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from tests.foundry_kernel.runner.tiny_workspace import Tiny, make_workspace


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny")


@pytest.fixture
def brief(tiny: Tiny) -> Artifact[FormationBrief]:
    """The brief of the tiny workspace, laid out."""
    found = tiny.workspace.shelf.get(FORMATION_BRIEF, tiny.request.content.brief.digest)
    folder = tiny.workspace.root / ".alloy" / "briefs"
    folder.mkdir()
    (folder / f"{found.id}.json").write_bytes(found.to_bytes())
    return found


def naming(brief: Artifact[FormationBrief], **other: str) -> dict[str, Any]:
    return {"alloy": {"brief_id": brief.id, "brief_digest": brief.digest, **other}}


def emit(tiny: Tiny, event: str, payload: dict[str, Any], *more: str) -> Result:
    place = ("--workspace", str(tiny.workspace.root))
    return CliRunner().invoke(main, ["emit", event, "demo", "--payload", json.dumps(payload), *place, *more])


def test_the_run_keeps_copies_of_the_brief_and_of_what_it_names(
    tiny: Tiny, brief: Artifact[FormationBrief], tmp_path: Path
) -> None:
    root = tiny.workspace.root
    found = laid_out_brief(naming(brief), root)
    assert found is not None
    keep_brief(found, root, tmp_path)
    assert {file.name for file in (tmp_path / "artifacts").iterdir()} == {
        "brief.json",
        "prompt_pack.json",
        "gate_overlay.json",
        "evidence_plan.json",
    }


def test_without_a_name_or_a_file_there_is_none(tiny: Tiny, brief: Artifact[FormationBrief]) -> None:
    root = tiny.workspace.root
    assert laid_out_brief({}, root) is None
    assert laid_out_brief(naming(brief), None) is None
    assert laid_out_brief(naming(brief, brief_id=f"../briefs/{brief.id}"), root) is None
    (root / ".alloy" / "briefs" / f"{brief.id}.json").unlink()
    assert laid_out_brief(naming(brief), root) is None


def test_another_brief_than_the_one_that_is_named_is_refused(
    tiny: Tiny, brief: Artifact[FormationBrief]
) -> None:
    with pytest.raises(DigestMismatch, match="the event names"):
        laid_out_brief(naming(brief, brief_digest=f"sha256:{'f' * 64}"), tiny.workspace.root)


def test_at_throttle_full_a_brief_needs_a_request_whatever_a_person_says(
    tiny: Tiny, brief: Artifact[FormationBrief]
) -> None:
    payload = {"prompt": "Say hello.", **naming(brief)}
    said = emit(tiny, "prompt_execution_requested", payload, "--throttle", "full", "--i-approve", "I say so")
    assert said.exit_code == 3
    assert "--artifacts" in said.stderr
    assert not list(tiny.workspace.runs.glob("*/journal"))


def test_a_request_is_not_composed_by_hand(tiny: Tiny, brief: Artifact[FormationBrief]) -> None:
    file = tiny.workspace.root / "mine.toml"
    file.write_text("")
    more = ("--artifacts", "shelf", "--formation", str(file))
    assert emit(tiny, "validation_requested", naming(brief), *more).exit_code == 2
