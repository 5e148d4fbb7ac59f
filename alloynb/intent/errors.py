"""What can go wrong with intent files, their lifecycle and authority, each with its place and next step."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alloynb.errors import AlloyError, CannotRun, Refused


class UnreadableYaml(AlloyError):
    """The text is not YAML that we accept: syntax, duplicate key, alias, tag, depth, size, character, encoding."""


class InvalidDocument(AlloyError):
    """A field is missing, unknown, or of the wrong type or value."""


class BrokenFiles(AlloyError):
    """One or more faults, told together.

    Attributes:
        faults: every fault found, each with its own file and line.
    """

    def __init__(self, faults: Iterable[AlloyError]) -> None:
        self.faults = tuple(faults)
        told = "\n".join(str(fault) for fault in self.faults)
        super().__init__(told if len(self.faults) == 1 else f"{len(self.faults)} faults\n{told}")
        self.exit_code = max((fault.exit_code for fault in self.faults), default=AlloyError.exit_code)


class DanglingReference(AlloyError):
    """A relationship, or a shared reference, points at something that does not exist."""


class RelationshipCycle(AlloyError):
    """Records supersede, refine or depend on each other in a circle."""


class DuplicateId(AlloyError):
    """Two files claim the same id."""


class UnknownRecord(AlloyError):
    """No file holds this id."""


class AlreadyExists(Refused):
    """A new record would overwrite a file."""


class StaleEdit(Refused):
    """The file changed since it was read; nothing was written.

    Attributes:
        difference: unified diff from what stands in the file to what the caller wanted to write.
    """

    def __init__(self, file: Path, difference: str) -> None:
        self.difference = difference
        super().__init__(
            f"the file changed since it was read; nothing was written\n{difference}",
            file=file,
            next_step="read it again and repeat the edit",
        )


class UnsafeIntentPath(Refused):
    """A link, or something that is not a plain file, stands where a record should be."""


class CannotRead(CannotRun):
    """The file system does not give the file: a right that is missing, a disk that fails."""


class CannotSave(CannotRun):
    """The file system did not take the file; what was there before is unharmed."""


class IllegalTransition(Refused):
    """The lifecycle knows no such step, or the record lacks what the step asks for.

    Attributes:
        legal: statuses that can be reached from where the record stands.
    """

    def __init__(self, message: str, *, legal: Iterable[str] = (), next_step: str = "") -> None:
        self.legal = tuple(legal)
        super().__init__(message, next_step=next_step)


class MissingAuthority(Refused):
    """The principal may not do this."""


class DamagedLedger(AlloyError):
    """A line of a ledger, other than a torn last one, cannot be read."""
