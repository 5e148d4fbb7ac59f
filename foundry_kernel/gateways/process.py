"""Real processes behind the shell port: each starts on a leash (see `leash.py`) in a session of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from foundry_kernel.gateways.shell import KIB, CancelToken, Command, CommandResult, CommandStatus, HeadAndTail

_LEASH = str(Path(__file__).with_name("leash.py"))
_SLACK_S = 5.0
"""How much longer than the grace the leash may take before it is killed itself."""


class ProcessShell:
    """Runs commands of this machine."""

    async def run(
        self,
        command: Command,
        cancel: CancelToken | None = None,
        on_started: Callable[[int], None] | None = None,
    ) -> CommandResult:
        """Run a command to its end, see `Shell.run`."""
        if cancel is not None and cancel.is_set:
            return CommandResult("cancelled", reason=cancel.reason or "")
        if not command.arguments:
            return CommandResult("cannot_start", reason="the command is empty")
        began = time.monotonic()
        try:
            running = await _Running.start(command)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return CommandResult("cannot_start", reason=f"{command.arguments[0]}: {reason}")
        try:
            if on_started is not None:
                on_started(running.process.pid)
            status = await running.wait(command.time_limit_s, cancel)
        finally:
            await asyncio.shield(running.end())
        return running.result(status, (time.monotonic() - began) * 1000, cancel)


class _Running:
    """One command that was started: its leash, its pipes, and what was kept of its output."""

    def __init__(
        self, command: Command, process: asyncio.subprocess.Process, leash: int, status: int
    ) -> None:
        self.command = command
        self.process = process
        self._leash = leash
        self._status = status
        self._kept = HeadAndTail(command.keep_bytes)
        self._errors = HeadAndTail(command.keep_bytes)
        self._reading = [asyncio.create_task(self._read_output())]
        if command.apart:
            self._reading.append(asyncio.create_task(self._read_errors()))
        if command.stdin is not None:
            self._reading.append(asyncio.create_task(self._write_input(command.stdin)))
        self._said: dict[str, object] = {}

    @classmethod
    async def start(cls, command: Command) -> _Running:
        leash_reader, leash_writer = os.pipe()
        status_reader, status_writer = os.pipe()
        arguments = (str(leash_reader), str(status_writer), str(command.grace_s), *command.arguments)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", _LEASH, *arguments),
                cwd=command.cwd,
                env=dict(command.environment),
                stdin=asyncio.subprocess.DEVNULL if command.stdin is None else asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE if command.apart else asyncio.subprocess.STDOUT,
                pass_fds=(leash_reader, status_writer),
                start_new_session=True,
                limit=64 * KIB,
            )
        except BaseException:
            os.close(leash_writer)
            os.close(status_reader)
            raise
        finally:
            os.close(leash_reader)
            os.close(status_writer)
        return cls(command, process, leash_writer, status_reader)

    async def wait(self, time_limit_s: float, cancel: CancelToken | None) -> CommandStatus:
        """Wait for the end by itself, the limit, or the token."""
        ended = asyncio.create_task(self.process.wait())
        waiting: set[asyncio.Task[object]] = {ended}
        if cancel is not None:
            waiting.add(asyncio.create_task(cancel.wait()))
        try:
            await asyncio.wait(waiting, timeout=time_limit_s, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return "exited"
            return "cancelled" if cancel is not None and cancel.is_set else "timed_out"
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def end(self) -> None:
        """Drop the leash and wait until nothing is left; may be called when it has ended."""
        os.close(self._leash)
        try:
            async with asyncio.timeout(self.command.grace_s + _SLACK_S):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
        done, late = await asyncio.wait(self._reading, timeout=_SLACK_S)
        for each in late:
            each.cancel()
        await asyncio.gather(*done, *late, return_exceptions=True)
        with contextlib.suppress(OSError, ValueError):
            self._said = json.loads(os.read(self._status, 8 * KIB) or b"{}")
        os.close(self._status)

    def result(self, status: CommandStatus, duration_ms: float, cancel: CancelToken | None) -> CommandResult:
        """Say what happened."""
        reason = ""
        code = self._said.get("exit")
        if status == "exited" and "failed" in self._said:
            status, reason = "cannot_start", str(self._said["failed"])
        elif status == "timed_out":
            reason = f"ended after {self.command.time_limit_s:g} s"
        elif status == "cancelled" and cancel is not None:
            reason = cancel.reason or ""
        elif not isinstance(code, int):
            code, reason = self.process.returncode, "its guardian was killed"
        return CommandResult(
            status=status,
            exit_code=code if isinstance(code, int) else None,
            head=self._kept.head,
            tail=self._kept.tail,
            output_bytes=self._kept.total,
            error_tail=self._errors.tail or self._errors.head,
            duration_ms=duration_ms,
            reason=reason,
        )

    async def _read_output(self) -> None:
        with contextlib.ExitStack() as open_files:
            file: IO[bytes] | None = None
            if self.command.output_file is not None:
                self.command.output_file.parent.mkdir(parents=True, exist_ok=True)
                file = open_files.enter_context(self.command.output_file.open("wb"))
            await self._drain(self.process.stdout, self._kept, file)

    async def _read_errors(self) -> None:
        await self._drain(self.process.stderr, self._errors, None)

    async def _drain(
        self, pipe: asyncio.StreamReader | None, kept: HeadAndTail, file: IO[bytes] | None
    ) -> None:
        assert pipe is not None
        room = self.command.file_cap_bytes
        redactor = self.command.redactor.stream() if self.command.redactor is not None else None
        more = True
        while more:
            piece = await pipe.read(64 * KIB)
            more = bool(piece)
            if redactor is not None:
                piece = redactor.feed(piece) if more else redactor.end()
            kept.feed(piece)
            if file is not None and room > 0 and piece:
                try:
                    file.write(piece[:room])
                except OSError:  # the disk is full: go on reading, head and tail stay
                    room = 0
                room -= len(piece)
                if room <= 0:
                    with contextlib.suppress(OSError):
                        file.write(b"\n... the rest was not kept ...\n")

    async def _write_input(self, text: bytes) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            pipe.write(text)
            await pipe.drain()
        pipe.close()
