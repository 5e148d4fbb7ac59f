"""What all tests share: no settings of the user's git, Jupyter or IPython, a watched folder for temporary files, and
properties without deadlines.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from tests.left_behind import LeftBehind, end_all_of

ROOT = Path(__file__).resolve().parent.parent
_FOLDER = pytest.StashKey[str]()
_GIT_SETTINGS = {
    "init.defaultBranch": "main",
    "safe.directory": "*",
    "commit.gpgSign": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def pytest_configure(config: pytest.Config) -> None:
    """Give this process, and the processes that it starts, settings of their own."""
    folder = config.stash[_FOLDER] = _own_folder()
    os.environ.setdefault(
        "PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir()
    )  # where `tmp_path` lies stays the same
    scratch = Path(folder) / "tmp"
    scratch.mkdir()
    os.environ["TMPDIR"], tempfile.tempdir = str(scratch), None
    config.pluginmanager.register(LeftBehind(scratch), "left-behind")
    # Hundreds of processes import the same modules: they are compiled once, also where one usually wants it otherwise.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # set inside a git hook
        os.environ.pop(name, None)
    os.environ |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Test",
        "GIT_AUTHOR_EMAIL": "test@example.org",
        "GIT_COMMITTER_NAME": "Test",
        "GIT_COMMITTER_EMAIL": "test@example.org",
        "GIT_CONFIG_COUNT": str(len(_GIT_SETTINGS)),
        **{f"GIT_CONFIG_KEY_{at}": key for at, key in enumerate(_GIT_SETTINGS)},
        **{f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate(_GIT_SETTINGS.values())},
        "IPYTHONDIR": f"{folder}/ipython",
        "JUPYTER_CONFIG_DIR": f"{folder}/config",
        "JUPYTER_DATA_DIR": f"{folder}/data",
        "JUPYTER_RUNTIME_DIR": f"{folder}/runtime",
    }
    settings.register_profile("here", deadline=None, print_blob=True)
    settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
    settings.load_profile("ci" if os.environ.get("CI") else "here")


def _own_folder() -> str:
    """A folder of this process; that of a worker lies in that of the process which started it."""
    if not _WORKER:
        for old in Path(tempfile.gettempdir()).glob("alloy-tests-*"):
            if old.stat().st_uid == os.geteuid() and _hold(old) is not None:  # whoever made it was killed
                end_all_of(old)
                shutil.rmtree(old, ignore_errors=True)
        os.environ["ALLOY_TESTS"] = tempfile.mkdtemp(prefix="alloy-tests-")
        _hold(Path(os.environ["ALLOY_TESTS"]))
        return os.environ["ALLOY_TESTS"]
    folder = Path(os.environ["ALLOY_TESTS"]) / f"{_WORKER}-{os.getpid()}"
    folder.mkdir()
    return str(folder)


def _hold(folder: Path) -> int | None:
    """Lock a folder for as long as this process lives; None when another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give workers the modules that take longest first, so that none begins one when all others are done."""
    if _WORKER:
        slow = {each.path for each in items if each.path.suffix == ".ipynb" or _takes_long(each)}
        items.sort(key=lambda each: each.path not in slow)


def _takes_long(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("slow", "browser"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what `pytest_configure` made."""
    if _FOLDER in config.stash:
        shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The checkout that is under test."""
    return ROOT
