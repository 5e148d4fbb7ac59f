"""How the time of `alloynb discover` grows with the size of a repository: `python -m tests.benchmarks.bench_discover`.

Printed, never asserted: another machine, another number. The repository is made up: packages in layers, tests, and a
history of commits, at 30,000 lines and more.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from alloynb.application.discover_intent import DiscoverIntent, discover_intent

SIZES = (30_000, 100_000, 300_000)
LINES_PER_FILE = 250
PACKAGES = 12
COMMITS = 400
_BODY = "\n".join(f"    value_{n} = compute({n})  # some line of code" for n in range(20))


def make_repository(root: Path, lines: int) -> int:
    """Write a repository of about `lines` lines; gives the number of Python files."""
    count = lines // LINES_PER_FILE
    for number in range(count):
        layer = number % PACKAGES
        folder = root / "shop" / f"layer{layer:02}" / f"part{number // PACKAGES % 10}"
        folder.mkdir(parents=True, exist_ok=True)
        for place in (folder, folder.parent, folder.parent.parent):
            (place / "__init__.py").touch()
        below = [
            f"from shop.layer{other:02} import part0\n"
            for other in range(layer + 1, min(layer + 4, PACKAGES))
        ]
        functions = "".join(
            f"\n\ndef act_{n}(x):\n{_BODY}\n    raise ValueError(x)\n" for n in range(LINES_PER_FILE // 24)
        )
        library = "import click\n" if layer == 0 else "import os\n"
        (folder / f"module_{number}.py").write_text(library + "".join(below) + functions)
    run = [
        "git",
        "-C",
        str(root),
        "-c",
        "user.name=b",
        "-c",
        "user.email=b@example.org",
        "-c",
        "commit.gpgsign=false",
    ]
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    subprocess.run([*run, "add", "--all"], check=True)
    subprocess.run([*run, "commit", "--quiet", "-m", "Begin"], check=True)
    stream = "".join(
        f"commit refs/heads/bench\ncommitter b <b@example.org> {1_700_000_000 + n} +0000\ndata 9\nFix {n:05}\n"
        f"M 644 inline shop/changed_{n % 40}.py\ndata {len(str(n))}\n{n}\n"
        for n in range(COMMITS)
    )
    subprocess.run([*run, "fast-import", "--quiet"], input=stream.encode(), check=True)
    subprocess.run([*run, "symbolic-ref", "HEAD", "refs/heads/bench"], check=True)
    return count


def measure() -> str:
    """A table of sizes and seconds."""
    rows = ["| lines | files | seconds | seconds per 100,000 lines |", "| ---: | ---: | ---: | ---: |"]
    for lines in SIZES:
        with tempfile.TemporaryDirectory(prefix="alloynb-bench-") as folder:
            root = Path(folder) / "shop"
            root.mkdir()
            files = make_repository(root, lines)
            began = time.perf_counter()
            discover_intent(None, DiscoverIntent(root))
            seconds = time.perf_counter() - began
        rows.append(f"| {lines:,} | {files:,} | {seconds:.1f} | {seconds / lines * 100_000:.2f} |")
    return "\n".join(rows)


@pytest.mark.bench
def test_print_how_long_discovering_takes() -> None:
    print(f"\n{measure()}")


if __name__ == "__main__":
    sys.stdout.write(f"{measure()}\n")
