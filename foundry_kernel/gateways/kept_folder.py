"""Folders for what somebody may read after a command has ended: they stay for two days, and then the next one goes.

A folder of this kind has no owner that could remove it, however its command ends. Thus whoever makes one removes those
that are old, of the same kind and of the same user.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from runtime_artifacts.journal import is_being_written

KEPT_FOR_S = 2 * 24 * 60 * 60.0


def kept_folder(prefix: str) -> Path:
    """Make a folder among the temporary files, after those that are no longer kept are gone.

    Args:
        prefix: of its name; says of which kind it is, and ends with a hyphen.
    """
    parent = Path(tempfile.gettempdir())
    for old in parent.glob(f"{prefix}*"):
        if _is_old(old):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=prefix))


def _is_old(folder: Path) -> bool:
    """Whether it is a folder of this user in which nothing was written lately, and no run is going on."""
    try:
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.geteuid():
            return False
        changed = max(each.lstat().st_mtime for each in (folder, *folder.rglob("*")))
        running = any(is_being_written(each) for each in folder.glob("*/journal/*.jsonl"))
    except OSError:  # it is going right now, or is not ours to read
        return False
    return not running and time.time() - changed > KEPT_FOR_S
