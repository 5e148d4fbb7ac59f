"""Other Pythons of this machine, each with an environment of its own that holds the pinned base dependencies.

Environments are built once and kept in the user's cache, outside of the repository.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
OLDEST = (3, 11)
NEWEST_MINOR = 20
BUILD_TIME_LIMIT_S = 300


def other_pythons() -> dict[str, Path]:
    """Interpreters from 3.11 on beside the one that runs, one for each minor version, by that version."""
    names = [shutil.which(f"python3.{minor}") for minor in range(OLDEST[1], NEWEST_MINOR)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [
        *sorted(pyenv.glob("3.*/bin/python"), reverse=True),
        *(Path(name) for name in names if name),
    ]
    found: dict[str, Path] = {}
    for candidate in candidates:
        version = _version(candidate)
        if version is not None and version >= OLDEST and version != sys.version_info[:2]:
            found.setdefault(f"{version[0]}.{version[1]}", candidate)
    return dict(sorted(found.items()))


def environment_of(python: Path, version: str, *, build: bool) -> Path | None:
    """Interpreter of the kept environment; None when there is none and none is to be built.

    Raises:
        subprocess.CalledProcessError, subprocess.TimeoutExpired: it cannot be built; nothing is left behind.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alloy-foundry" / "pythons"
    wanted = _pinned()
    folder = cache / f"{version}-{hashlib.sha256(json.dumps(wanted).encode()).hexdigest()[:16]}"
    inside = folder / "bin" / "python"
    if inside.exists() or not build:
        return inside if inside.exists() else None
    building = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        _quietly(str(python), "-m", "venv", str(building))
        pip = (
            str(building / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        )
        _quietly(*pip, "--constraint", str(ROOT / "constraints.txt"), *wanted)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not folder.exists():
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return inside


def _pinned() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return sorted(project["dependencies"])


def _version(python: Path) -> tuple[int, int] | None:
    """Minor version of an interpreter that answers; a shim for a version that is not chosen does not."""
    try:
        done = subprocess.run(
            [str(python), "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        major, minor = map(int, done.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return major, minor


def _quietly(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=BUILD_TIME_LIMIT_S)
