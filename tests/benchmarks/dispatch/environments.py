"""An environment for each peer, so that the pins of one do not decide for another."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

INSTALL_TIME_LIMIT_S = 900


class CannotInstall(Exception):
    """A peer's environment cannot be made; says why in one line."""


class Environments:
    """Made below a folder when they are asked for; those that stand there whole are used as they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._refused: dict[tuple[str, ...], str] = {}

    def python(self, requires: tuple[str, ...]) -> Path:
        """Interpreter of an environment that holds what is required; the project's own if nothing is.

        Raises:
            CannotInstall: it cannot be made. It is not tried again.
        """
        if not requires:
            return Path(sys.executable)
        if requires in self._refused:
            raise CannotInstall(self._refused[requires])
        told = "\n".join((*requires, sys.version))
        name = re.sub(r"\W+", "-", requires[0])
        folder = self.folder / f"{name}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
        whole = folder / "whole"
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                self._make(folder, requires)
            except CannotInstall as error:
                self._refused[requires] = str(error)
                shutil.rmtree(folder, ignore_errors=True)
                raise
            whole.touch()
        return folder / "bin" / "python"

    def _make(self, folder: Path, requires: tuple[str, ...]) -> None:
        self._run(sys.executable, "-m", "venv", "--without-pip", str(folder))
        pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"))
        self._run(*pip, "install", "--quiet", "--disable-pip-version-check", "--retries", "1", *requires)

    def _run(self, *words: str) -> None:
        try:
            done = subprocess.run(
                words,
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=INSTALL_TIME_LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            raise CannotInstall(f"not within {INSTALL_TIME_LIMIT_S} s") from None
        if done.returncode:
            raise CannotInstall((done.stderr.strip().splitlines() or ["no reason given"])[-1])
