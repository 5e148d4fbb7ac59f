"""The same snapshot gives the same digests, whatever the folder, language, time zone, hash seed, file order, Python."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.alloynb.compiler.checkout.digests import digests_of
from tests.alloynb.compiler.checkout.example import REPOSITORY
from tests.alloynb.compiler.checkout.other_pythons import environment_of, other_pythons

SCRIPT = Path(__file__).with_name("digests.py")
SWITCH = "ALLOY_EVERY_PYTHON"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return digests_of(shuffled(tmp_path_factory.mktemp("here") / "checkout", 0))


def shuffled(folder: Path, seed: int) -> Path:
    """A copy of the repository whose files were written in another order."""
    files = [file for file in sorted(REPOSITORY.rglob("*")) if file.is_file()]
    random.Random(seed).shuffle(files)
    for file in files:
        place = folder / file.relative_to(REPOSITORY)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    return folder


def compiled(python: str, folder: Path, **variables: str) -> dict[str, str]:
    """Digests as another process sees them."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    done = subprocess.run(
        [python, "-I", "-W", "ignore", str(SCRIPT), str(folder)]
        if not variables
        else [python, "-W", "ignore", str(SCRIPT), str(folder)],
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "variables",
    [
        {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "2"},
        {"LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "4294967295", "PYTHONOPTIMIZE": "2"},
    ],
    ids=["plain", "turkish", "optimized"],
)
def test_folder_language_time_zone_hash_seed_and_order_of_files_change_no_digest(
    here: dict[str, str], tmp_path: Path, variables: dict[str, str]
) -> None:
    folder = shuffled(tmp_path / "elsewhere" / "ein anderer Ort é", seed=len(variables["TZ"]))
    assert compiled(sys.executable, folder, **variables) == here


def test_line_ends_and_comments_of_the_files_change_no_digest(here: dict[str, str], tmp_path: Path) -> None:
    folder = shuffled(tmp_path / "checkout", 3)
    for file in (folder / ".alloy" / "intent").glob("*.yaml"):
        file.write_bytes(b"# looked at again\r\n" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert digests_of(folder) == here


@pytest.mark.slow
def test_every_other_python_of_this_machine_gives_the_same_digests(
    here: dict[str, str], tmp_path: Path
) -> None:
    """With `ALLOY_EVERY_PYTHON=1` environments are built for those that have none yet."""
    others = other_pythons()
    if not others:
        pytest.skip(f"only Python {sys.version_info.major}.{sys.version_info.minor} is on this machine")
    folder = shuffled(tmp_path / "checkout", 4)
    compared, waiting = [], []
    for version, python in others.items():
        inside = environment_of(python, version, build=bool(os.environ.get(SWITCH)))
        if inside is None:
            waiting.append(version)
            continue
        assert compiled(str(inside), folder) == here, f"Python {version}"
        compared.append(version)
    if not compared:
        pytest.skip(f"no environment yet for Python {', '.join(waiting)}; {SWITCH}=1 builds one for each")
