"""How the tests of the architecture see this checkout: its packages, its modules, its tracked files."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "alloynb": ROOT / "alloynb",
    "foundry_kernel": ROOT / "foundry_kernel",
    "runtime_artifacts": ROOT / "artifacts" / "runtime_artifacts",
}
_SKIPPED = {"__pycache__", ".ipynb_checkpoints"}


def source_files() -> list[Path]:
    """All Python files of the three packages."""
    return sorted(
        file
        for folder in PACKAGES.values()
        for file in folder.rglob("*.py")
        if not _SKIPPED & set(file.parts)
    )


def folders_with_code() -> list[Path]:
    """All folders of the three packages that hold Python files."""
    return sorted({file.parent for file in source_files()})


def module_names() -> list[str]:
    """The dotted names of all modules of the three packages, packages as themselves; `__main__` left out."""
    names = []
    for package, folder in PACKAGES.items():
        for file in source_files():
            if file.is_relative_to(folder) and file.stem != "__main__":
                parts = (package, *file.relative_to(folder).with_suffix("").parts)
                names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(names)


def tracked_files() -> list[Path]:
    """All files that git knows or would add; in an unpacked archive, all files outside hidden folders."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        names = [ROOT / name for name in listing.stdout.split("\0") if name]
    else:
        names = [file for file in ROOT.rglob("*") if not any(part.startswith(".") for part in file.parts)]
    return sorted(file for file in names if file.is_file() and not file.is_symlink())


def pyproject() -> dict:
    """The project file, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def run_python(*arguments: str, cwd: Path = ROOT, source: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run this interpreter on the packages below `source`, whatever is installed."""
    search = os.pathsep.join([str(source), str(source / "artifacts")])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": search, "COLUMNS": "400", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
