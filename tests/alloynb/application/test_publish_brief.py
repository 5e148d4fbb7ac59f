"""A brief is published by Foundry, and only while it could be requested."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.brief_lifecycle import IllegalBriefStep
from alloynb.application.compile_intent import CompileIntent, create_brief
from alloynb.application.decide_brief import DecideBrief, decide_brief
from alloynb.application.foundry_command import FoundryCommand
from alloynb.application.publish_brief import publish_brief
from alloynb.errors import AlloyError, CannotRun, Refused
from tests.fakes.governed import Governed, govern_here

PLACE = "s3://artifacts/shop"


class Recorder:
    """A publisher that keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Path]] = []

    def publish(self, brief_id: str, place: str, workspace: Path) -> Mapping[str, Any]:
        self.asked.append((brief_id, place, workspace))
        return {"brief_id": brief_id, "place": place}


@pytest.fixture
def here(tmp_path: Path) -> Governed:
    return govern_here(tmp_path)


def test_a_compiled_brief_is_handed_to_foundry_by_its_whole_id(here: Governed) -> None:
    brief, publisher = here.compiled(), Recorder()
    assert publish_brief(here.workspace, brief.id[:12], PLACE, publisher)["place"] == PLACE
    assert publisher.asked == [(brief.id, PLACE, here.workspace.root)]


def test_what_could_not_be_requested_is_not_published(here: Governed) -> None:
    publisher = Recorder()
    draft = create_brief(
        here.workspace, CompileIntent(objective="not yet"), "to be looked at"
    ).formation.brief
    with pytest.raises(IllegalBriefStep, match="compile it first"):
        publish_brief(here.workspace, draft.id, PLACE, publisher)
    brief = here.compiled()
    decide_brief(here.workspace, DecideBrief(brief.id, "rejected", "no"))
    with pytest.raises(Refused, match="rejected"):
        publish_brief(here.workspace, brief.id, PLACE, publisher)
    assert not publisher.asked


@pytest.mark.parametrize(
    ("code", "kind"),
    [(2, AlloyError), (3, Refused), (4, CannotRun)],
)
def test_what_foundry_refuses_is_told_with_its_next_step_and_exit_code(
    tmp_path: Path, code: int, kind: type[AlloyError]
) -> None:
    said = {"success": False, "data": None, "error": {"message": "not there", "next_step": "look"}}
    with pytest.raises(kind, match="not there; look") as refused:
        answering(tmp_path, json.dumps(said), code).publish("brief_1", PLACE, tmp_path)
    assert refused.value.exit_code == code


def test_a_foundry_that_gives_no_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="gave no answer"):
        answering(tmp_path, "Usage: foundry-kernel", 2).publish("brief_1", PLACE, tmp_path)
    with pytest.raises(CannotRun, match="cannot be started"):
        FoundryCommand(tmp_path / "nowhere").publish("brief_1", PLACE, tmp_path)


def answering(folder: Path, text: str, code: int) -> FoundryCommand:
    """A `foundry-kernel` that says one thing."""
    program = folder / "foundry-kernel"
    program.write_text(f"#!{sys.executable}\nimport sys\nprint({text!r})\nsys.exit({code})\n")
    program.chmod(0o755)
    return FoundryCommand(program)
