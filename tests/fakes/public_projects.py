"""Public projects as real input: source distributions, fetched once into a folder outside of the repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

_UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectionError|Failed to establish|Temporary failure|Name or service|timed out|ProxyError"
    r"|Network is unreachable|Connection (refused|reset)|Cannot connect",
    re.IGNORECASE,
)


def public_project(name: str, version: str) -> Path:
    """Give the folder of an unpacked source distribution; skip the test only where no package index can be reached."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alloy-foundry-tests"
    folder = cache / f"{name}-{version}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        archive = _download(name, version, cache)
        unpacking = cache / f".{name}-{version}.{os.getpid()}"
        with tarfile.open(archive) as opened:
            opened.extractall(unpacking, filter="data")
        (top,) = unpacking.iterdir()
        if not folder.is_dir():  # another worker may have been faster
            top.rename(folder)
    return folder


def _download(name: str, version: str, cache: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--retries=1",
    ]
    command += ["--no-deps", "--no-binary", ":all:", f"{name}=={version}", "--dest", str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        if _UNREACHABLE.search(done.stdout + done.stderr):
            pytest.skip(f"no package index can be reached, so {name} {version} cannot be fetched")
        raise RuntimeError(f"{name} {version} cannot be fetched: {done.stderr[-600:]}")
    stem = name.replace("-", "_")
    return next(
        path
        for path in cache.glob("*.tar.gz")
        if path.name in (f"{stem}-{version}.tar.gz", f"{name}-{version}.tar.gz")
    )
