from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Commit = Callable[..., str]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(root)], check=True)
    return root


@pytest.fixture
def commit(repo: Path) -> Commit:
    """Write files (None deletes) and commit everything; returns the commit id."""

    def make(files: dict[str, str | bytes | None], message: str = "change") -> str:
        for name, content in files.items():
            place = repo / name
            if content is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(repo), "add", "--all"], check=True)
        subprocess.run(["git", "-C", str(repo), *who, "commit", "--quiet", "-m", message], check=True)
        done = subprocess.run(
            ["git", "-C", str(repo), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    return make
