"""What the tests of the agents share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foundry_kernel.agents.setting import Setting


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """A repository with one commit, and an agent that does what it is told."""
    return Setting.make(tmp_path)
