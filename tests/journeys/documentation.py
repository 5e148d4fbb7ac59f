"""Documentation as a reader follows it: the commands that a page marks, in their order, in a folder of their own.

A block is run when the line before it is `<!-- run -->`, or `<!-- run: exits 1 -->` for another exit code. Blocks of
one page share their folder, and the place to which they change.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^<!-- run(?:: exits (\d))? -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(
    r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)|<img[^>]* src=\"([^\"]+)\"|<source[^>]* srcset=\"([^\"]+)\""
)
LIMIT_S = 180


@dataclass(frozen=True)
class Block:
    """Commands of a page, with the line at which they begin."""

    page: Path
    line: int
    commands: str
    exit_code: int


def pages() -> list[Path]:
    """Every page that people read."""
    return sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page that are to be run."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found.group(2), int(found.group(1) or 0))
        for found in _BLOCK.finditer(text)
    ]


def links_of(page: Path) -> list[str]:
    """What a page refers to in this repository."""
    found = _LINK.findall(page.read_text(encoding="utf-8"))
    targets = [next(part for part in each if part) for each in found]
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


class Reader:
    """Somebody who does what a page says, command by command, and keeps what was answered."""

    def __init__(self, folder: Path) -> None:
        self.place = folder
        self.told: list[str] = []
        self._place_file = folder.parent / f"{folder.name}.place"

    def follow(self, block: Block) -> str:
        """Run a block; the answer is what it printed.

        Raises:
            AssertionError: it ended with another exit code than the page says.
        """
        script = f"set -euo pipefail\ntrap 'pwd > {self._place_file}' EXIT\n{block.commands}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.place,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "ALLOY_PROJECT": str(ROOT),
                "COLUMNS": "120",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        where = f"{block.page.relative_to(ROOT)}:{block.line}"
        assert done.returncode == block.exit_code, (
            f"{where} exits {done.returncode}:\n{block.commands}\n{done.stdout}"
        )
        self.place = Path(self._place_file.read_text(encoding="utf-8").strip())
        self.told.append(done.stdout)
        return done.stdout
