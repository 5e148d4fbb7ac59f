"""Export projections: write files compiled from accepted intent, and never over what a hand wrote (spec 2.8)."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError, Refused

if TYPE_CHECKING:
    from alloynb.compiler.projected_region import State
    from alloynb.compiler.projection import ProjectedIntent, Projection

_MOST_BYTES = 8 << 20


class UnknownProjection(AlloyError):
    """No projection has this name."""


class HandEdited(Refused):
    """Somebody changed what we generated; nothing was written.

    Attributes:
        difference: unified diff from what stands in the file to what would be written.
    """

    def __init__(self, file: Path, difference: str) -> None:
        self.difference = difference
        super().__init__(
            f"somebody edited this projection; nothing was written\n{difference}",
            file=file,
            next_step="move the words into a record; or keep a copy beside and write anew with --force",
        )


class NotOurs(Refused):
    """A file that we did not generate stands there; nothing was written."""


@dataclass(frozen=True)
class ExportProjection:
    """Please write one projection.

    Attributes:
        destination: file; the projection's own when None.
        force: write over a hand-edited projection, of which a copy is kept beside.
        join: put a marked region at the end of a file that others wrote.
    """

    name: str
    destination: Path | None = None
    force: bool = False
    join: bool = False


@dataclass(frozen=True)
class CheckProjections:
    """Please say whether what was exported is what would be exported now.

    Attributes:
        names: these have to be there; empty looks at all that are.
        destination: file of the one that is named; its own when None.
    """

    names: tuple[str, ...] = ()
    destination: Path | None = None


@dataclass(frozen=True)
class ExportedProjection:
    """One projection, and how its file stands.

    Attributes:
        state: how the file stood: `absent`, `current`, `stale`, `edited` or `foreign`.
        written: whether bytes were changed.
        copy: where a hand-edited version was kept.
        difference: unified diff from what stands there to what would be written; empty when there is none.
        records: how many records it was compiled from.
    """

    name: str
    about: str
    file: Path
    state: State
    written: bool = False
    copy: Path | None = None
    difference: str = ""
    records: int = 0


def project_intent(workspace: Workspace, name: str) -> bytes:
    """Compile one projection, with its marks, and write nothing.

    Raises:
        UnknownProjection: there is none of this name, with those that there are.
        BrokenFiles: a record, expectation or strategy cannot be read, with file and line.
    """
    from alloynb.compiler.projected_region import framed

    projection = _projection(name)
    return framed(projection, projection.compile(_intent(workspace)))


def export_projection(workspace: Workspace, command: ExportProjection) -> ExportedProjection:
    """Write one projection atomically; what stands around its marks stays, byte for byte.

    Raises:
        UnknownProjection: there is none of this name.
        HandEdited: somebody changed it; with the difference, and nothing was written.
        NotOurs: others wrote the file, and `join` was not asked for or cannot be.
        DamagedMark: the marks in the file do not fit together.
        UnsafeIntentPath: a link, a folder or a pipe stands there.
        CannotSave: the file system did not take it; what stood there is unharmed.

    Spec: 2.8.
    """
    from alloynb.compiler.projected_region import framed, put_into
    from alloynb.intent.durable_file import RealDisk, locked_folder, write_whole_file

    projection = _projection(command.name)
    intent = _intent(workspace)
    wanted = framed(projection, projection.compile(intent))
    file = _file(workspace, projection, command.destination)
    file.parent.mkdir(parents=True, exist_ok=True)
    with locked_folder(file.parent):
        standing = _read(file)
        state = _state(projection, file, standing, wanted)
        if state == "current":
            return _told(projection, file, state, intent)
        if state == "foreign" and not (command.join and projection.may_join):
            raise _not_ours(projection, file)
        if state == "edited" and not command.force:
            raise HandEdited(file, _difference(projection, standing, wanted, file))
        copy = None
        if state == "edited" and standing is not None:
            copy = _free_name(file)
            write_whole_file(copy, standing, RealDisk())
        write_whole_file(file, put_into(projection, standing, wanted), RealDisk())
    return _told(projection, file, state, intent, written=True, copy=copy)


def check_projections(workspace: Workspace, command: CheckProjections) -> tuple[ExportedProjection, ...]:
    """Hold what was exported against what would be exported now; writes nothing.

    Returns:
        the projections that are named, or all whose mark stands in their own file; `state` says the rest.

    Raises:
        UnknownProjection: one of the names is none.
        DamagedMark: the marks in a file do not fit together.
        BrokenFiles: a record cannot be read.
    """
    from alloynb.compiler.projected_region import framed
    from alloynb.compiler.projection import collect_projections

    intent = _intent(workspace)
    named = [_projection(name) for name in command.names]
    found = []
    for projection in named or collect_projections().values():
        wanted = framed(projection, projection.compile(intent))
        file = _file(workspace, projection, command.destination if named else None)
        content = _read(file)
        state = _state(projection, file, content, wanted)
        if not named and state in ("absent", "foreign"):
            continue
        shown = _difference(projection, content, wanted, file) if state in ("stale", "edited") else ""
        found.append(_told(projection, file, state, intent, difference=shown))
    return tuple(found)


def list_projections(workspace: Workspace) -> tuple[ExportedProjection, ...]:
    """Every projection that there is, and how its own file stands."""
    from alloynb.compiler.projection import collect_projections

    return check_projections(workspace, CheckProjections(tuple(collect_projections())))


def _intent(workspace: Workspace) -> ProjectedIntent:
    from alloynb.compiler.projection import projected_intent

    settings = workspace.settings
    return projected_intent(
        settings.project,
        settings.title,
        workspace.intent.load_all(),
        workspace.expectations.load_all(),
        workspace.strategies.load_all(),
        settings.source_roots,
    )


def _projection(name: str) -> Projection:
    from alloynb.compiler.projection import collect_projections

    known = collect_projections()
    if name not in known:
        raise UnknownProjection(
            f"there is no projection {name!r}", next_step=f"choose one of {', '.join(known)}"
        )
    return known[name]


def _file(workspace: Workspace, projection: Projection, destination: Path | None) -> Path:
    if destination is not None:
        return destination.absolute()
    file = workspace.root / projection.destination
    if not file.parent.resolve().is_relative_to(workspace.root.resolve()):
        raise NotOurs(
            "a link leads out of the repository", file=file.parent, next_step="choose a file with --output"
        )
    return file


def _read(file: Path) -> bytes | None:
    from alloynb.intent.durable_file import read_plain_file

    try:
        content, _ = read_plain_file(file, _MOST_BYTES)
    except FileNotFoundError:
        return None
    if len(content) > _MOST_BYTES:
        raise NotOurs(
            f"more than {_MOST_BYTES >> 20} MiB; we wrote no such file",
            file=file,
            next_step="choose another file with --output",
        )
    return content


def _state(projection: Projection, file: Path, content: bytes | None, wanted: bytes) -> State:
    """How the file stands; an error about marks names it."""
    from alloynb.compiler.projected_region import DamagedMark, state_of

    try:
        return state_of(projection, content, wanted)
    except DamagedMark as error:
        raise DamagedMark(error.message, file=file, next_step=error.next_step) from error


def _not_ours(projection: Projection, file: Path) -> NotOurs:
    step = "choose another file with --output"
    if projection.may_join:
        step += ", or add a marked region to this one with --join"
    return NotOurs(
        f"we did not generate this file, so {projection.name} was not written into it",
        file=file,
        next_step=step,
    )


def _difference(projection: Projection, standing: bytes | None, wanted: bytes, file: Path) -> str:
    from alloynb.compiler.projected_region import find_region

    region = find_region(projection, standing or b"")
    before = (standing or b"")[region.begin : region.end] if region is not None else b""

    def lines(content: bytes) -> Iterable[str]:
        return content.replace(b"\r\n", b"\n").decode("utf-8", "replace").splitlines(keepends=True)

    return "".join(
        difflib.unified_diff(
            list(lines(before)), list(lines(wanted)), f"{file.name} (now)", f"{file.name} (anew)"
        )
    )


def _free_name(file: Path) -> Path:
    names = (
        file.with_name(f"{file.name}.edited{f'-{number}' if number > 1 else ''}")
        for number in itertools.count(1)
    )
    return next(each for each in names if not each.exists() and not each.is_symlink())


def _told(
    projection: Projection,
    file: Path,
    state: State,
    intent: ProjectedIntent,
    *,
    written: bool = False,
    copy: Path | None = None,
    difference: str = "",
) -> ExportedProjection:
    return ExportedProjection(
        projection.name, projection.about, file, state, written, copy, difference, len(intent.records)
    )
