"""What can be wrong with gates (spec 4.5)."""

from __future__ import annotations

from pathlib import Path

from foundry_kernel.errors import FoundryError


class MalformedGateFile(FoundryError):
    """The repository's gate file cannot be understood. Attributes: file, line (1-based, None when not known)."""

    failure_class = "validation"

    def __init__(self, message: str, *, file: Path, line: int | None = None, next_step: str = "") -> None:
        self.file = file
        self.line = line
        where = f"{file}:{line}" if line is not None else str(file)
        super().__init__(f"{where}: {message}", next_step=next_step)


class MalformedOverlay(FoundryError):
    """The overlay contradicts itself."""

    failure_class = "validation"


class NoTree(FoundryError):
    """Gates need a work tree, and the run has none."""

    failure_class = "validation"


class UnreadableReport(FoundryError):
    """A report that a gate left is not what its name says, is too large, or is hostile."""
