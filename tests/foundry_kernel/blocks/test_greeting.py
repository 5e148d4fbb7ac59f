"""Hello, world."""

from __future__ import annotations

from pathlib import Path

from foundry_kernel.blocks import load_blocks
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.formations import load_formation
from tests.fakes.foundry_run import Run

CATALOGUE = load_catalogue()
BLOCKS = load_blocks(load_formation("greet", CATALOGUE), CATALOGUE).blocks


def a_run(folder: Path, throttle: str) -> Run:
    return Run(
        folder,
        BLOCKS,
        throttle,  # type: ignore[arg-type]
        {"name": "Ada"},
        closing_events=["greeting_delivered"],
        catalogue=CATALOGUE,
        entry_type="greet_requested",
    )


async def test_a_greeting_is_delivered(tmp_path: Path) -> None:
    assert (await a_run(tmp_path, "full").go()).status == "completed"
    assert (tmp_path / "greeting.txt").read_text() == "Hello, Ada!\n"


async def test_a_dry_run_greets_nobody_and_shows_what_it_would_say(tmp_path: Path) -> None:
    run = a_run(tmp_path, "dry_run")
    assert (await run.go()).status == "completed"
    assert not (tmp_path / "greeting.txt").exists()
    assert run.facts[-2].payload == {
        "success": True,
        "findings": 0,
        "summary": "",
        "greeting": "Hello, Ada!",
        "dry_run": True,
    }
