"""An existing Foundry is driven by its command line: once, and at throttle full only while an approval stands."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from alloynb.application.approve_brief import ApproveBrief, approve_brief
from alloynb.application.brief_lifecycle import standing_of
from alloynb.application.compile_intent import CompileIntent, compile_intent
from alloynb.application.decide_brief import DecideBrief, decide_brief
from alloynb.application.emit_brief import NotApproved, emit_brief
from alloynb.application.materialize_brief import NotOurFolder, materialize_brief
from alloynb.application.trust_keys import TrustKey, trust_key
from alloynb.errors import CannotRun, Refused
from runtime_artifacts.errors import AlreadyClaimed
from tests.fakes.governed import Governed, govern_here

FOUNDRY = '''#!{python}
"""Takes `emit EVENT PROJECT [--throttle T] [--payload JSON]` as the existing Foundry documents it, and nothing else."""
import argparse, json, pathlib, sys
parser = argparse.ArgumentParser()
emit = parser.add_subparsers(required=True).add_parser("emit")
emit.add_argument("event")
emit.add_argument("project")
emit.add_argument("--throttle", default="full", choices=["full", "audit_only", "dry_run"])
emit.add_argument("--payload", type=json.loads, default={{}})
said = vars(parser.parse_args())
with pathlib.Path({log!r}).open("a") as log:
    log.write(json.dumps(said) + "\\n")
print("emitted evt_" + "ab" * 32)
sys.exit({exit_code})
'''


@pytest.fixture
def here(tmp_path: Path) -> Governed:
    return govern_here(tmp_path)


def foundry(tmp_path: Path, exit_code: int = 0) -> tuple[str, Path]:
    """A command of that form, and the file in which it says what it was asked."""
    program, log = tmp_path / "foundry", tmp_path / "asked.jsonl"
    program.write_text(FOUNDRY.format(python=sys.executable, log=str(log), exit_code=exit_code))
    program.chmod(0o755)
    return str(program), log


def asked(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def test_the_entry_event_is_emitted_once_with_the_references_to_the_brief(
    here: Governed, tmp_path: Path
) -> None:
    program, log = foundry(tmp_path)
    brief = here.compiled()
    done = emit_brief(here.workspace, brief.id, command=(program,))
    assert done.event_id == "evt_" + "ab" * 32
    (said,) = asked(log)
    assert (said["event"], said["project"], said["throttle"]) == ("validation_requested", "shop", "dry_run")
    assert said["payload"] == done.request.content.foundry.payload
    assert standing_of(here.workspace.alloy_dir, brief.id).requests == {done.request.id: "accepted"}

    with pytest.raises(AlreadyClaimed, match="--again"):
        emit_brief(here.workspace, brief.id, command=(program,))
    assert len(asked(log)) == 1


def test_at_throttle_full_nothing_is_emitted_without_an_approval_that_stands(
    here: Governed, tmp_path: Path
) -> None:
    program, log = foundry(tmp_path)
    command = CompileIntent(template="prompt", payload={"prompt": "Say it."})
    brief = compile_intent(here.workspace, command).formation.brief
    with pytest.raises(NotApproved, match="commit and mutation of") as caught:
        emit_brief(here.workspace, brief.id, throttle="full", command=(program,))
    assert caught.value.exit_code == 3
    assert asked(log) == []


def test_with_an_approval_it_is_emitted_at_throttle_full(here: Governed, tmp_path: Path) -> None:
    program, log = foundry(tmp_path)
    trust_key(here.workspace, TrustKey(), here.keys)
    command = CompileIntent(template="prompt", payload={"prompt": "Say it."})
    brief = compile_intent(here.workspace, command).formation.brief
    approve_brief(here.workspace, ApproveBrief(brief.id, ("mutation", "commit"), "read it"), here.keys)
    emit_brief(here.workspace, brief.id, throttle="full", command=(program,))
    assert [said["throttle"] for said in asked(log)] == ["full"]


def test_a_command_that_fails_or_is_not_there_is_told(here: Governed, tmp_path: Path) -> None:
    program, _ = foundry(tmp_path, exit_code=3)
    with pytest.raises(CannotRun, match="ended with 3"):
        emit_brief(here.workspace, here.compiled().id, command=(program,))
    with pytest.raises(CannotRun, match="cannot be started"):
        emit_brief(here.workspace, here.compiled().id, throttle="audit_only", command=("no-such-foundry",))


def test_a_brief_is_laid_out_for_people_and_the_leftovers_of_another_are_taken_away(here: Governed) -> None:
    brief = here.compiled()
    left = here.workspace.alloy_dir / "gates" / "overlay.hone-gates.json"
    left.parent.mkdir()
    left.write_text("{}")
    done = materialize_brief(here.workspace, brief.id)
    assert not left.exists()  # this brief has no gate, only a review
    assert ".alloy/gates/checklist.md" in done.files
    assert all((here.root / file).is_file() for file in done.files)


def test_nothing_is_written_through_a_link_nor_for_a_brief_that_was_rejected(
    here: Governed, tmp_path: Path
) -> None:
    brief = here.compiled()
    outside = tmp_path / "outside"
    outside.mkdir()
    (here.workspace.alloy_dir / "prompts").symlink_to(outside)
    with pytest.raises(NotOurFolder):
        materialize_brief(here.workspace, brief.id)
    assert not any(outside.iterdir())
    decide_brief(here.workspace, DecideBrief(brief.id, "rejected", "no"))
    with pytest.raises(Refused, match="rejected"):
        materialize_brief(here.workspace, brief.id)
