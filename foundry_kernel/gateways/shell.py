"""The port for commands: every one in its own process group, on a leash, with an end (spec 4.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from foundry_kernel.gateways.printable import printable
from foundry_kernel.gateways.secrets import Redactor

KIB = 1024
CommandStatus = Literal["exited", "timed_out", "cancelled", "cannot_start"]


class CancelToken:
    """Says once, to everyone who waits, that the run shall end. Belongs to one event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.reason: str | None = None

    @property
    def is_set(self) -> bool:
        """Whether the run shall end."""
        return self._event.is_set()

    def set(self, reason: str) -> None:
        """Say it; the first reason counts."""
        if self.reason is None:
            self.reason = reason
        self._event.set()

    async def wait(self) -> None:
        """Wait until it is said."""
        await self._event.wait()


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        argv: an argument list, run without a shell; a single text is given to `/bin/sh -c`.
        environment: all that the command gets; nothing is inherited.
        time_limit_s: seconds, above 0; then the whole group is ended.
        grace_s: seconds between SIGTERM and SIGKILL.
        stdin: text for the command; by default it reads an empty file.
        output_file: where the whole output goes, up to `file_cap_bytes`.
        keep_bytes: how much of the output's head, and of its tail, stays in memory.
        apart: keep standard error apart from standard output, as `CommandResult.error_tail`.
        redactor: replaces secrets before the output is kept anywhere.
    """

    argv: tuple[str, ...] | str
    cwd: Path
    environment: Mapping[str, str]
    time_limit_s: float
    grace_s: float = 5.0
    stdin: bytes | None = None
    output_file: Path | None = None
    file_cap_bytes: int = 64 * KIB * KIB
    keep_bytes: int = 32 * KIB
    apart: bool = False
    redactor: Redactor | None = None

    @property
    def arguments(self) -> tuple[str, ...]:
        """Argument list that is really executed."""
        return ("/bin/sh", "-c", self.argv) if isinstance(self.argv, str) else self.argv


@dataclass(frozen=True)
class CommandResult:
    """What a command did.

    Attributes:
        exit_code: None unless it exited by itself or was ended; negative for a signal.
        head, tail: beginning and end of the output; `tail` is empty when `head` holds it all.
        output_bytes: length of the whole output.
        duration_ms: milliseconds.
        reason: in words, when it did not exit by itself.
    """

    status: CommandStatus
    exit_code: int | None = None
    head: bytes = b""
    tail: bytes = b""
    output_bytes: int = 0
    error_tail: bytes = b""
    duration_ms: float = 0.0
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it exited by itself with 0."""
        return self.status == "exited" and self.exit_code == 0

    @property
    def output(self) -> str:
        """Head and tail as printable text, with a line between them that says how much is missing."""
        missing = self.output_bytes - len(self.head) - len(self.tail)
        middle = f"\n… {missing} bytes are left out …\n" if missing > 0 else ""
        return printable(self.head.decode(errors="replace") + middle + self.tail.decode(errors="replace"))


class Shell(Protocol):
    """Runs commands."""

    async def run(
        self,
        command: Command,
        cancel: CancelToken | None = None,
        on_started: Callable[[int], None] | None = None,
    ) -> CommandResult:
        """Run a command to its end. A failing, ended or impossible command is a result, not an exception.

        When this call is cancelled, the command's group is ended first.

        Args:
            cancel: ends the command when it is set.
            on_started: called with the id of the command's process group.
        """
        ...


@dataclass
class HeadAndTail:
    """Keeps the first and the last bytes of a stream.

    Attributes:
        keep: bytes of each.
        total: bytes seen.
    """

    keep: int
    total: int = 0
    head: bytes = b""
    _tail: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        self.total += len(piece)
        room = self.keep - len(self.head)
        if room > 0:
            self.head += piece[:room]
            piece = piece[room:]
        self._tail += piece
        if len(self._tail) > 2 * self.keep:
            del self._tail[: -self.keep]

    @property
    def tail(self) -> bytes:
        """The last bytes that are not in the head."""
        return bytes(self._tail[-self.keep :]) if self.keep else b""
