"""A throwaway environment of packages that would not go together with ours: it sees nothing of this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def environment_alone(folder: Path, *requirements: str, time_limit_s: float) -> Path:
    """Make it in the folder; answers its interpreter.

    Raises:
        CannotInstall: with what the installer said.
    """
    inside = folder / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
    for command in ((sys.executable, "-m", "venv", str(folder)), (str(inside), *install)):
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=time_limit_s,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise CannotInstall(f"{' '.join(requirements)}: not within {time_limit_s:g} s") from error
        if done.returncode != 0:
            raise CannotInstall(f"{' '.join(requirements)}: {done.stderr.strip()[-500:]}")
    return inside


class CannotInstall(Exception):
    """The packages cannot be had here."""
