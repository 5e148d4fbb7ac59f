"""A throwaway environment that sees everything of this one, and a package more that this one does not hold."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

BUILD_TIME_LIMIT_S = 120


def environment_beside(folder: Path, *requirements: str) -> Path:
    """Make it in the folder; answers its interpreter. What is installed here stays as it is.

    Raises:
        AssertionError: it cannot be built, with what the installer said.
    """
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    inside = folder / "bin" / "python"
    packages = next((folder / "lib").glob("python3.*/site-packages"))
    here = sysconfig.get_path("purelib")
    (packages / "beside.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    install = ("install", "--quiet", "--disable-pip-version-check", *requirements)
    _run(sys.executable, "-m", "pip", "--python", str(inside), *install)
    return inside


def _run(*command: str) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=BUILD_TIME_LIMIT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
