"""What Foundry's tests share."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def extra_package(tmp_path: Path) -> Iterator[Path]:
    """A folder on the path that stands for another installed package; its entry points name modules in it."""
    folder = tmp_path / "site"
    described = folder / "theirs-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(
        "[foundry_kernel.events]\ntheirs = their_events\n\n"
        "[foundry_kernel.blocks]\ntheirs = their_block\n\n"
        "[foundry_kernel.formations]\ntheirs = their_formations\n"
    )
    for name, text in {
        "their_events": "EVENTS = ()\n",
        "their_block": "BLOCK = ()\n",
        "their_formations/__init__": "",
    }.items():
        file = folder / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    yield folder
    sys.path.remove(str(folder))
    for name in ("their_events", "their_block", "their_formations"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
