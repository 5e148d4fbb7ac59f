"""Where the evidence of a repository lies below its `.alloy` folder, and the names by which journals are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SENTINEL = ".none"
EMPTY_PARQUET = ".none.parquet"
_ESCAPED_IN_NAMES = re.compile(r"[%+]")
_GLOB_CHARACTERS = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class StoreLayout:
    """Paths of one store. Nothing is created until it is asked for.

    A journal is known by its path relative to the root, such as `runs/run_01J…/journal/0001.jsonl`: two runs may
    both have a `0001.jsonl`, and the whole folder may be moved.

    Attributes:
        root: the `.alloy` folder, absolute, links resolved.
    """

    root: Path

    @property
    def runs(self) -> Path:
        """Folder of all runs; their journals belong to the runs and are only ever read here."""
        return self.root / "runs"

    @property
    def evidence(self) -> Path:
        """Folder of everything that the store itself writes."""
        return self.root / "evidence"

    @property
    def open(self) -> Path:
        """Alloy's own journals, one a session."""
        return self.evidence / "open"

    @property
    def sealed(self) -> Path:
        """Parquet of finished journals, in one numbered folder for each publication.

        The published views look into the folder that its number names, where only what is newer than the publication
        is put. So a file never moves, and nobody who reads is disturbed.
        """
        return self.evidence / "sealed"

    @property
    def published(self) -> Path:
        """The one file that analysts open."""
        return self.evidence / "evidence.duckdb"

    @property
    def write_ahead_log(self) -> Path:
        """A log beside the published file is never ours; DuckDB would replay it into the next file."""
        return self.evidence / "evidence.duckdb.wal"

    @property
    def growing(self) -> Path:
        """What is kept of journals that are still growing; may be deleted at any time."""
        return self.evidence / "growing"

    @property
    def tails(self) -> Path:
        """Folders of queries that are running: what journals held beyond what is kept of them."""
        return self.growing / ".tails"

    def growing_folder(self, key: str) -> Path:
        """Folder for what is kept of one journal."""
        return self.growing / parquet_name(key).removesuffix(".parquet")

    def lock_file(self, purpose: str) -> Path:
        """Lock file for one purpose: `fold`, `growing` or `ingest`."""
        return self.evidence / f".{purpose}.lock"

    def create(self) -> None:
        """Create the folders, and the empty journals that keep the globs of the views from matching nothing."""
        for folder in (self.open, self.sealed, self.runs / _SENTINEL / "journal"):
            folder.mkdir(parents=True, exist_ok=True)
        for file in (self.open / f"{_SENTINEL}.jsonl", self.runs / _SENTINEL / "journal" / "0000.jsonl"):
            if not file.exists():
                file.touch()

    def is_created(self) -> bool:
        """Say whether both empty journals stand."""
        return (self.open / f"{_SENTINEL}.jsonl").exists() and (
            self.runs / _SENTINEL / "journal" / "0000.jsonl"
        ).exists()

    @property
    def empty_journal(self) -> Path:
        """Journal in which nothing will ever stand."""
        return self.open / f"{_SENTINEL}.jsonl"

    def newest_sealed_folder(self) -> Path:
        """Folder of the latest publication, or of the first one to come."""
        return self.sealed / f"{max(self._sealed_numbers(), default=1):06d}"

    def next_sealed_folder(self) -> Path:
        """Folder for what will be sealed after the next publication."""
        return self.sealed / f"{max(self._sealed_numbers(), default=1) + 1:06d}"

    def _sealed_numbers(self) -> list[int]:
        return [int(folder.name) for folder in self.sealed.glob("[0-9]*") if folder.name.isdecimal()]

    def journals(self) -> Iterator[Path]:
        """Yield every journal that holds something, in the order of their names."""
        found = [*self.open.glob("*.jsonl"), *self.runs.glob("*/journal/*.jsonl")]
        for file in sorted(found):
            try:
                if file.stat().st_size:
                    yield file
            except FileNotFoundError:  # taken away in between, with its run
                continue

    def key_of(self, journal: Path) -> str:
        """Name of a journal within the store: its path relative to the root, with `/`."""
        return journal.relative_to(self.root).as_posix()

    def sealed_files(self) -> dict[str, Path]:
        """Every Parquet file of a journal by its name, which follows from the key of the journal."""
        found = sorted(self.sealed.glob("*/*.parquet"))
        return {file.name: file for file in found if file.name != EMPTY_PARQUET}

    def unsealed(self) -> list[Path]:
        """Journals that hold something and have no Parquet yet."""
        sealed = self.sealed_files()
        return [journal for journal in self.journals() if parquet_name(self.key_of(journal)) not in sealed]


def parquet_name(key: str) -> str:
    """File name for the Parquet of a journal; no two keys share one."""
    steps = key.removesuffix(".jsonl").split("/")
    return "+".join(_ESCAPED_IN_NAMES.sub(_percent, step) for step in steps) + ".parquet"


def literal_path(path: Path) -> str:
    """Path for a DuckDB glob in which nothing is a wildcard."""
    return _GLOB_CHARACTERS.sub(lambda found: f"[{found.group()}]", str(path))


def _percent(found: re.Match[str]) -> str:
    return f"%{ord(found.group()):02X}"
