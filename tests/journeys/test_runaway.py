"""A formation that would go on for ever comes to an end by itself, says why, and leaves the checkout as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.sample_project import Sample, sample_project

pytestmark = pytest.mark.slow
BLOCKS = '''
from foundry_kernel.engine.block import BlockResult, block
from foundry_kernel.events.payloads.greeting import GreetRequested, GreetingComposed


@block(name="ask_back", kind="observer", sinks=(GreetRequested,), emits=(GreetingComposed,))
async def ask_back(context):
    """Say something new each time, or the same for ever."""
    name = context.payload.name
    return BlockResult("again", GreetingComposed(greeting=str(int(name) + 1) if name.isdigit() else name))


@block(name="ask_again", kind="observer", sinks=(GreetingComposed,), emits=(GreetRequested,))
async def ask_again(context):
    """Begin anew."""
    return BlockResult("and again", GreetRequested(name=context.payload.greeting))


BLOCK = (ask_back, ask_again)
'''
FORMATION = """
name = "for_ever"
about = "Never ends."
entry_event = "greet_requested"
blocks = ["ask_back", "ask_again"]
"""
"""Dropped in by another package, as anybody may."""


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return sample_project(tmp_path)


def install(folder: Path) -> None:
    """Another package with two blocks that call each other, found as an installed one is."""
    info = folder / "for_ever-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: for-ever\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[foundry_kernel.blocks]\nfor_ever = for_ever_blocks\n")
    (folder / "for_ever_blocks.py").write_text(BLOCKS)


def emit(sample: Sample, *arguments: str, path: Path | None = None) -> tuple[int, dict[str, Any], float]:
    """Call the command line; exit code, data, and the seconds that it took."""
    began = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "foundry_kernel.cli",
            "emit",
            *arguments,
            "--workspace",
            str(sample.root),
            "--json",
        ],
        env={**os.environ, "PYTHONPATH": str(path or "")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    said = json.loads(done.stdout)
    return done.returncode, said["data"] or said["error"], time.monotonic() - began


@pytest.mark.parametrize(("name", "words"), [("1", "events"), ("the same", "a loop")])
def test_blocks_that_call_each_other_for_ever_are_stopped(
    sample: Sample, tmp_path: Path, name: str, words: str
) -> None:
    install(tmp_path / "theirs")
    formation = tmp_path / "for_ever.toml"
    formation.write_text(FORMATION)
    before = sample.state()
    code, said, took_s = emit(
        sample, "greet_requested", "basket", "--payload", json.dumps({"name": name}),
        "--formation", str(formation), path=tmp_path / "theirs",
    )  # fmt: skip
    assert code != 0
    assert said["status"] in {"failed", "stopped"}, said
    assert words in said["reason"], said
    assert took_s < 60
    assert sample.state() == before


def test_an_agent_that_never_answers_is_ended_and_the_iteration_with_it(sample: Sample) -> None:
    sample.agents(
        f'[agents.default]\nadapter = "replayed"\nfolder = "{sample.recordings}"\ntimeout_s = 0.5\n'
    )
    sample.record("execution", delay_s=600, answer={"summary": "never"})
    before = sample.state()
    code, said, took_s = emit(
        sample, "iteration_requested", "basket", "--throttle", "full", "--i-approve", "a test"
    )
    assert (code, said["status"]) == (1, "failed"), said
    assert "no answer within" in said["reason"]
    assert took_s < 60
    assert {name: value for name, value in sample.state().items() if "/alloy/" not in name} == before


def test_an_agent_that_never_gets_it_right_is_asked_four_times_and_no_more(sample: Sample) -> None:
    wrong = (sample.root / "basket.py").read_text().replace("return sum(prices) + ", "return 1 + ")
    sample.record("execution", write={"basket.py": wrong}, answer={"summary": "tried"})
    for attempt in (2, 3, 4):
        sample.record(
            f"retry.attempt-{attempt}",
            write={"basket.py": f"{wrong}# {attempt}\n"},
            answer={"summary": "tried"},
        )
    sample.forget("retry")
    before = sample.state()
    code, said, _ = emit(
        sample, "iteration_requested", "basket", "--throttle", "full", "--i-approve", "a test"
    )
    assert (code, said["status"], said["foundry_retries"]) == (1, "failed", 3), said
    assert "after 4 attempts" in said["reason"]
    assert sample.state() == before
