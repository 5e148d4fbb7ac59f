"""Where records, shared expectations and shared strategies live: one YAML file each, in the repository (spec 2.1)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alloynb.errors import AlloyError
from alloynb.intent.durable_file import Disk, read_plain_file
from alloynb.intent.errors import BrokenFiles
from alloynb.intent.expectation import Expectation
from alloynb.intent.outline import Outline, Outlined, outline_of
from alloynb.intent.outline_cache import OutlineCache, Row
from alloynb.intent.parse_cache import Entry, Place, now_ns, stamp_of
from alloynb.intent.patience import Patience
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from alloynb.intent.yaml_document import MAX_FILE_BYTES
from alloynb.intent.yaml_folder import YamlFolder, no_collection

_FEW = 8
"""So many changed files are read each time rather than that the caches of all are written again."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Outlines of all records, and every fault of what could not be read.

    Attributes:
        bodies: by file name, records that had to be read for it.
        places: by file name, where the bodies of the others are kept.
    """

    stored: tuple[Outlined, ...]
    faults: tuple[AlloyError, ...]
    bodies: Mapping[str, IntentRecord]
    places: Mapping[str, Place]

    @property
    def models(self) -> tuple[Outline, ...]:
        """The outlines, ordered by file name."""
        return tuple(found.model for found in self.stored)


class IntentStore(YamlFolder[IntentRecord]):
    """The intent records of a repository: `.alloy/intent/<slug>.yaml`."""

    def __init__(
        self,
        root: Path,
        *,
        disk: Disk | None = None,
        clock_ns: Callable[[], int] = now_ns,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(root, "intent", IntentRecord, disk=disk, clock_ns=clock_ns, patience=patience)
        outlines = self._cache_file.with_suffix(".outlines")
        self._outlines = OutlineCache(outlines, self._cache_file, self.folder, self._disk)

    def survey(self) -> Survey:
        """Look at every file as `scan` does, with the same faults, but build no record that did not change."""
        try:
            names, faults = self._names()
        except AlloyError as error:
            return Survey((), (error,), {}, {})
        with no_collection():
            return self._survey(names, faults)

    def records_of(self, survey: Survey, record_ids: Collection[str]) -> tuple[IntentRecord, ...]:
        """Build the records of some outlines, ordered by file name; one whose file is gone meanwhile is left out.

        Raises:
            BrokenFiles: a file was changed meanwhile and broke, with its faults.
        """
        wanted = [found for found in survey.stored if found.model.id in record_ids]
        kept = self._cache.read(
            {found.name: survey.places[found.name] for found in wanted if found.name in survey.places}
        )
        records: list[IntentRecord] = []
        for found in wanted:
            record = survey.bodies.get(found.name)
            entry = kept.get(found.name)
            if record is None and entry is not None and entry.digest == found.digest:
                record = entry.model
            with suppress(FileNotFoundError):
                records.append(record or self._parse_file(found.file))
        return tuple(records)

    def _survey(self, names: list[str], faults: list[AlloyError]) -> Survey:
        rows = self._outlines.load() if names else {}
        unknown = [name for name in names if name not in rows or not self._stands(name, rows[name])]
        if not rows or len(unknown) > _FEW:
            known = self._cache.load() if names else {}
            read = self._entries(names, known, faults)
            if any(name not in rows or rows[name].stamp != each.stamp for name, each in read.items()):
                self._keep(read)
            rows = {}
        else:
            kept = self._cache.read({name: rows[name].place for name in unknown if name in rows})
            read = self._entries(unknown, kept, faults)
        stored: list[Outlined] = []
        places: dict[str, Place] = {}
        left_out = set(unknown)
        for name in names:
            if name in read:
                entry = read[name]
                stored.append(Outlined(outline_of(entry.model), self.folder, name, entry.digest))
            elif name in rows and name not in left_out:
                row = rows[name]
                stored.append(Outlined(row.outline, self.folder, name, row.digest))
                places[name] = row.place
        return Survey(tuple(stored), tuple(faults), {name: each.model for name, each in read.items()}, places)

    def _stands(self, name: str, row: Row) -> bool:
        try:
            return stamp_of(os.lstat(f"{self.folder}/{name}")) == row.stamp
        except OSError:
            return False

    def _parse_file(self, file: Path) -> IntentRecord:
        try:
            return self._parse(read_plain_file(file, MAX_FILE_BYTES)[0], file)
        except BrokenFiles:
            raise
        except AlloyError as error:
            raise BrokenFiles((error,)) from error

    def _keep(self, entries: Mapping[str, Entry[IntentRecord]]) -> None:
        places = self._cache.store(entries)
        if places is not None:
            self._outlines.store(entries, places)


class ExpectationStore(YamlFolder[Expectation]):
    """The shared expectations of a repository: `.alloy/expectations/<slug>.yaml`."""

    def __init__(
        self,
        root: Path,
        *,
        disk: Disk | None = None,
        clock_ns: Callable[[], int] = now_ns,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(root, "expectations", Expectation, disk=disk, clock_ns=clock_ns, patience=patience)


class StrategyStore(YamlFolder[Strategy]):
    """The shared strategies of a repository: `.alloy/strategies/<slug>.yaml`."""

    def __init__(
        self,
        root: Path,
        *,
        disk: Disk | None = None,
        clock_ns: Callable[[], int] = now_ns,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(root, "strategies", Strategy, disk=disk, clock_ns=clock_ns, patience=patience)
