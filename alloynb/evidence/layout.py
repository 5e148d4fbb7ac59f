"""Where the evidence of a repository lies below its `.alloy` folder, and the names by which journals are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SENTINEL = ".none"
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
        """Parquet of journals that are not folded yet, or were folded only just now."""
        return self.evidence / "sealed"

    @property
    def archive(self) -> Path:
        """Parquet of folded journals: with the journals, the truth that a rebuild starts from."""
        return self.evidence / "archive"

    @property
    def published(self) -> Path:
        """The one file that analysts open."""
        return self.evidence / "evidence.duckdb"

    @property
    def write_ahead_log(self) -> Path:
        """A log beside the published file is never ours; DuckDB would replay it into the next file."""
        return self.evidence / "evidence.duckdb.wal"

    def lock_file(self, purpose: str) -> Path:
        """Lock file for one purpose: `fold` or `ingest`."""
        return self.evidence / f".{purpose}.lock"

    def create(self) -> None:
        """Create the folders, and the empty journals that keep the globs of the views from matching nothing."""
        for folder in (self.open, self.sealed, self.archive, self.runs / _SENTINEL / "journal"):
            folder.mkdir(parents=True, exist_ok=True)
        for file in (self.open / f"{_SENTINEL}.jsonl", self.runs / _SENTINEL / "journal" / "0000.jsonl"):
            if not file.exists():
                file.touch()

    def is_created(self) -> bool:
        """Say whether the sentinels of all three sources stand."""
        return (
            (self.open / f"{_SENTINEL}.jsonl").exists()
            and (self.runs / _SENTINEL / "journal" / "0000.jsonl").exists()
            and self.sealed_sentinel.exists()
        )

    @property
    def sealed_sentinel(self) -> Path:
        """Parquet file without rows, with every column."""
        return self.sealed / f"{_SENTINEL}.parquet"

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

    def is_sealed(self, journal: Path) -> bool:
        """Say whether the Parquet of a journal stands, folded or not."""
        name = parquet_name(self.key_of(journal))
        return (self.sealed / name).exists() or (self.archive / name).exists()

    def sealed_files(self) -> list[Path]:
        """Parquet files in `sealed`, without the sentinel."""
        return sorted(file for file in self.sealed.glob("*.parquet") if file != self.sealed_sentinel)

    def archived_files(self) -> list[Path]:
        """Parquet files in `archive`."""
        return sorted(self.archive.glob("*.parquet"))


def parquet_name(key: str) -> str:
    """File name for the Parquet of a journal; no two keys share one."""
    steps = key.removesuffix(".jsonl").split("/")
    return "+".join(_ESCAPED_IN_NAMES.sub(_percent, step) for step in steps) + ".parquet"


def literal_path(path: Path) -> str:
    """Path for a DuckDB glob in which nothing is a wildcard."""
    return _GLOB_CHARACTERS.sub(lambda found: f"[{found.group()}]", str(path))


def _percent(found: re.Match[str]) -> str:
    return f"%{ord(found.group()):02X}"
