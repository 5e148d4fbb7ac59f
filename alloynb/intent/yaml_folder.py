"""A folder of YAML files, one model each: read past a cache, written whole, never over a newer edit (spec 2.1)."""

from __future__ import annotations

import difflib
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from alloynb.errors import AlloyError
from alloynb.intent.document_model import model_of
from alloynb.intent.durable_file import (
    Disk,
    RealDisk,
    locked_folder,
    read_plain_file,
    sync_folder,
    write_whole_file,
)
from alloynb.intent.errors import (
    AlreadyExists,
    BrokenFiles,
    CannotRead,
    CannotSave,
    InvalidDocument,
    StaleEdit,
    UnknownRecord,
    UnsafeIntentPath,
)
from alloynb.intent.parse_cache import Entry, ParseCache, digest_of_bytes, now_ns, stamp_of
from alloynb.intent.patience import Patience
from alloynb.intent.strict_model import NamedModel, slug_of
from alloynb.intent.yaml_document import MAX_FILE_BYTES, YamlDocument, read_yaml
from alloynb.intent.yaml_writing import edited_document, new_document

_ALWAYS_WRITTEN = ("confidence", "severity", "version")


ModelT = TypeVar("ModelT", bound=NamedModel)


@dataclass(frozen=True, slots=True)
class StoredFile(Generic[ModelT]):
    """A model as it stands in its file.

    Attributes:
        model: what the file says.
        file: where it stands.
        digest: names the bytes of the file as they were read; `save` wants it back.
    """

    model: ModelT
    file: Path
    digest: str


@dataclass(frozen=True, slots=True)
class Scan(Generic[ModelT]):
    """All that a folder holds: what could be read, and every fault of what could not."""

    stored: tuple[StoredFile[ModelT], ...]
    faults: tuple[AlloyError, ...]

    @property
    def models(self) -> tuple[ModelT, ...]:
        """What could be read, ordered by file name."""
        return tuple(found.model for found in self.stored)


class YamlFolder(Generic[ModelT]):
    """One folder of `.alloy/`, one model per file; the file is named after the last part of the id.

    Args:
        root: the `.alloy` folder of a governed repository.
        name: folder below it.
        model: what its files hold.
        disk: through which bytes are written.
        patience: tells of a reading that takes long.
        clock_ns: tells when a file was read, on the clock of the file system.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        model: type[ModelT],
        *,
        disk: Disk | None = None,
        clock_ns: Callable[[], int] = now_ns,
        patience: Patience | None = None,
    ) -> None:
        self.folder = root / name
        self._root = root
        self._model = model
        self._disk = disk or RealDisk()
        self._patience = patience or Patience()
        self._clock_ns = clock_ns
        self._cache_file = root / "cache" / f"{name}.json"
        self._cache = ParseCache(self._cache_file, self.folder, model, self._disk)

    def file_of(self, model_id: str) -> Path:
        """Say where an id lives, whether or not it exists."""
        return self.folder / f"{slug_of(model_id)}.yaml"

    def load_all(self) -> tuple[ModelT, ...]:
        """Read every file of the folder.

        Raises:
            BrokenFiles: with every fault of every file, each with file and line.
        """
        scan = self.scan()
        if scan.faults:
            raise BrokenFiles(scan.faults)
        return scan.models

    def scan(self) -> Scan[ModelT]:
        """Read every file of the folder, and go on past broken ones. Unchanged files come from the cache."""
        try:
            names, faults = self._names()
        except AlloyError as error:
            return Scan((), (error,))
        with no_collection():
            return self._scan(names, faults)

    def _scan(self, names: list[str], faults: list[AlloyError]) -> Scan[ModelT]:
        known = self._cache.load() if names else {}
        fresh = self._entries(names, known, faults)
        if _differ(fresh, known):
            self._keep(fresh)
        stored = [StoredFile(entry.model, self.folder / name, entry.digest) for name, entry in fresh.items()]
        return Scan(tuple(stored), tuple(faults))

    def _entries(
        self, names: Sequence[str], known: Mapping[str, Entry[ModelT]], faults: list[AlloyError]
    ) -> dict[str, Entry[ModelT]]:
        """Read the files that changed since they were known, and add what is wrong with them to `faults`."""
        fresh: dict[str, Entry[ModelT]] = {}
        for name in self._patience.over(names, len(names), f"files of {self._root.name}/{self.folder.name}"):
            try:
                fresh[name] = self._entry(name, known.get(name))
            except FileNotFoundError:
                continue  # removed since the folder was listed
            except BrokenFiles as broken:
                faults.extend(broken.faults)
            except AlloyError as error:
                faults.append(error)
        return fresh

    def _keep(self, entries: Mapping[str, Entry[ModelT]]) -> None:
        self._cache.store(entries)

    def get(self, model_id: str) -> StoredFile[ModelT]:
        """Read one file, past the cache.

        Raises:
            UnknownRecord: no file holds this id; with near ids.
            BrokenFiles: the file cannot be read as what it should be.
        """
        file = self._file_inside(model_id)
        try:
            self._refuse_folder_elsewhere()
            content, _ = read_plain_file(file, MAX_FILE_BYTES)
        except FileNotFoundError:
            raise self._unknown(model_id) from None
        model = self._parse(content, file)
        if model.id != model_id:
            raise self._unknown(model_id)
        return StoredFile(model, file, digest_of_bytes(content))

    def slugs_beginning_with(self, beginning: str) -> tuple[str, ...]:
        """Slugs of the files here that begin so, sorted; nothing is read but their names."""
        try:
            slugs = (name.removesuffix(".yaml") for name in self._names()[0])
            return tuple(sorted(slug for slug in slugs if slug.startswith(beginning)))
        except AlloyError:
            return ()

    def document(self, model_id: str) -> YamlDocument:
        """Read one file as plain values with their lines, for errors that speak of a place in it.

        Raises:
            UnreadableYaml: the file is not YAML that we accept.
            UnknownRecord: no file holds this id.
        """
        file = self._file_inside(model_id)
        try:
            return read_yaml(read_plain_file(file, MAX_FILE_BYTES)[0], file)
        except FileNotFoundError:
            raise self._unknown(model_id) from None

    def create(self, model: ModelT) -> StoredFile[ModelT]:
        """Write a new file.

        Raises:
            AlreadyExists: a file of this name exists; nothing was written.
            CannotSave: the file system did not take it; nothing is left behind.
        """
        file = self.file_of(model.id)
        content = new_document(_sparse(model))
        self._make_folder()
        with locked_folder(self.folder):
            if file.exists() or file.is_symlink():
                raise AlreadyExists(
                    f"{model.id} would overwrite a file", file=file, next_step="choose another slug"
                )
            write_whole_file(file, content, self._disk)
        return StoredFile(model, file, digest_of_bytes(content))

    def save(self, model: ModelT, read_digest: str) -> StoredFile[ModelT]:
        """Write a changed model into its file; lines of what did not change stay as they are.

        Args:
            read_digest: `StoredFile.digest` of the reading that the change is based on.

        Raises:
            StaleEdit: the file has changed since, with a unified diff; nothing was written.
            UnknownRecord: the file is gone.
            CannotSave: the file system did not take it; the old file is unharmed.
        """
        file = self.file_of(model.id)
        self._refuse_folder_elsewhere()
        with locked_folder(self.folder):
            try:
                standing, _ = read_plain_file(file, MAX_FILE_BYTES)
            except FileNotFoundError:
                raise self._unknown(model.id) from None
            if digest_of_bytes(standing) != read_digest:
                raise StaleEdit(
                    file, _difference(standing, self._as_edited(standing, file, model), file.name)
                )
            content = self._as_edited(standing, file, model)
            if content != standing:
                write_whole_file(file, content, self._disk)
        return StoredFile(model, file, digest_of_bytes(content))

    def restore(self, stored: StoredFile[ModelT], content: bytes) -> None:
        """Put the bytes from before `stored` was written back, unless somebody wrote in between."""
        with locked_folder(self.folder):
            standing, _ = read_plain_file(stored.file, MAX_FILE_BYTES)
            if digest_of_bytes(standing) == stored.digest:
                write_whole_file(stored.file, content, self._disk)

    def _as_edited(self, standing: bytes, file: Path, model: ModelT) -> bytes:
        try:
            before = self._parse(standing, file)
        except AlloyError:
            return new_document(_sparse(model))
        edited = edited_document(standing, _sparse(before), _sparse(model))
        return edited if self._parse(edited, file) == model else new_document(_sparse(model))

    def _entry(self, name: str, known: Entry[ModelT] | None) -> Entry[ModelT]:
        file = self.folder / name
        if known is not None and known.stamp == stamp_of(file.lstat()):
            return known
        read_at_ns = self._clock_ns()
        content, facts = read_plain_file(file, MAX_FILE_BYTES)
        digest = digest_of_bytes(content)
        stamp = stamp_of(facts, read_at_ns)
        if known is not None and known.digest == digest:
            return known if known.stamp == stamp else Entry(stamp, digest, known.model)
        return Entry(stamp, digest, self._parse(content, file))

    def _parse(self, content: bytes, file: Path) -> ModelT:
        document = read_yaml(content, file)
        model = model_of(document, self._model)
        if self.file_of(model.id) != file:
            line = document.lines.line_of(("id",))
            wanted = self.file_of(model.id).name
            raise InvalidDocument(f"id {model.id!r} belongs in {wanted}", file=file, line=line)
        return model

    def _names(self) -> tuple[list[str], list[AlloyError]]:
        """List the YAML files, and complain about what looks like a record but is not read as one."""
        self._refuse_folder_elsewhere()
        names: list[str] = []
        faults: list[AlloyError] = []
        try:
            with os.scandir(self.folder) as found:
                entries = sorted(entry.name for entry in found)
        except FileNotFoundError:
            return [], []
        except OSError as error:
            raise CannotRead(f"cannot be listed: {error.strerror}", file=self.folder) from error
        for name in entries:
            if name.startswith("."):
                continue
            if name.endswith(".yaml"):
                names.append(name)
            elif name.endswith(".yml"):
                faults.append(
                    InvalidDocument("not read: the name must end in .yaml", file=self.folder / name)
                )
        return names, faults

    def _refuse_folder_elsewhere(self) -> None:
        if self.folder.is_symlink() and not self.folder.resolve().is_relative_to(self._root.resolve()):
            raise UnsafeIntentPath("a link out of the .alloy folder", file=self.folder)

    def _make_folder(self) -> None:
        self._refuse_folder_elsewhere()
        try:
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True, exist_ok=True)
                sync_folder(self.folder.parent, self._disk)
        except OSError as error:
            raise CannotSave(f"cannot be made: {error.strerror}", file=self.folder) from error

    def _file_inside(self, model_id: str) -> Path:
        """Say where an id lives that somebody typed; no id leads out of the folder."""
        slug = slug_of(model_id)
        if not slug or "\0" in slug or Path(slug).name != slug:
            raise self._unknown(model_id)
        return self.file_of(model_id)

    def _unknown(self, model_id: str) -> UnknownRecord:
        near = difflib.get_close_matches(slug_of(model_id), self.slugs_beginning_with(""), n=3)
        hint = f"near it: {', '.join(near)}" if near else ""
        return UnknownRecord(f"no file in {self.folder} holds {model_id!r}", next_step=hint)


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the garbage collector while many thousand models are made and none is dropped: it would only walk them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _differ(fresh: Mapping[str, Entry[ModelT]], known: Mapping[str, Entry[ModelT]]) -> bool:
    return fresh.keys() != known.keys() or any(fresh[name] is not known[name] for name in fresh)


def _sparse(model: NamedModel) -> dict[str, Any]:
    """Dump a model without its defaults, save for the few that a reader of the file wants to see."""
    full = model.model_dump(mode="json")
    sparse = model.model_dump(mode="json", exclude_defaults=True)
    return {key: sparse.get(key, full[key]) for key in full if key in sparse or key in _ALWAYS_WRITTEN}


def _difference(standing: bytes, wanted: bytes, name: str) -> str:
    def lines(content: bytes) -> Iterable[str]:
        return content.decode("utf-8", "replace").splitlines(keepends=True)

    return "".join(
        difflib.unified_diff(list(lines(standing)), list(lines(wanted)), f"{name} (now)", f"{name} (yours)")
    )
