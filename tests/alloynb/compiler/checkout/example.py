"""A checkout that takes payments: records as a team would write them, with product and design intent beside them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from alloynb.application.workspace import Workspace, open_workspace
from alloynb.intent.authority import Principal

REPOSITORY = Path(__file__).parent / "repository"
GOLDEN = Path(__file__).parent / "golden"
OBJECTIVE = "Let a second payment vendor take over when the first is down, without charging anybody twice."


def checkout(folder: Path) -> Workspace:
    """A copy of the repository, opened by Mira at a fixed moment."""
    root = folder / "checkout"
    shutil.copytree(REPOSITORY, root)
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    return open_workspace(root, principal=Principal("mira"), clock=lambda: at)
