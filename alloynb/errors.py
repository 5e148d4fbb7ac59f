"""What Alloy can refuse, each with its facts and the next step. Every package of Alloy derives from this root."""

from __future__ import annotations

from pathlib import Path


class AlloyError(Exception):
    """Root of all errors of Alloy.

    Attributes:
        exit_code: what a command line ends with (2 bad input, 3 refused for safety or authority, 4 environment).
        file: the file that the error is about, or None.
        line: 1-based line in `file`, or None.
        next_step: what the reader can do about it; empty when the message already says it.
    """

    exit_code = 2

    def __init__(
        self, message: str, *, file: Path | None = None, line: int | None = None, next_step: str = ""
    ) -> None:
        self.message = message
        self.file = file
        self.line = line
        self.next_step = next_step
        where = "" if file is None else f"{file}:{line}: " if line is not None else f"{file}: "
        text = f"{where}{message}"
        super().__init__(f"{text}; {next_step}" if next_step else text)


class Refused(AlloyError):
    """The act is understood, and not allowed: authority, lifecycle or safety."""

    exit_code = 3


class CannotRun(AlloyError):
    """Something outside is missing or does not answer: a program, a library, a file system."""

    exit_code = 4
