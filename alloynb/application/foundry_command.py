"""Foundry as Alloy sees it: a command line to call, never a package to import (spec 5.2, mode 1)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, Protocol

from alloynb.errors import AlloyError, CannotRun, Refused
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST, CapabilityManifest
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.kinds import read_as

MANIFEST_TIME_LIMIT_S = 60
PUBLISH_TIME_LIMIT_S = 900
_PASSED_ON: dict[int, int] = {
    signal.SIGINT: signal.SIGINT,
    signal.SIGTERM: signal.SIGTERM,
    signal.SIGHUP: signal.SIGTERM,
}


class Foundry(Protocol):
    """What Alloy asks of an execution engine."""

    def manifest(self) -> CapabilityManifest:
        """Tell what this installation supports.

        Raises:
            CannotRun: it is missing or does not answer.
        """

    def run(self, request_id: str, workspace: Path, *, quiet: bool) -> int:
        """Execute a posted request and wait; the answer is Foundry's exit code.

        Raises:
            CannotRun: it is missing.
        """


class FoundryInBackground(Foundry, Protocol):
    """An execution engine that can also be left to itself."""

    def start(
        self, request_id: str, workspace: Path, *, said: BinaryIO, held: int
    ) -> subprocess.Popen[bytes]:
        """Begin to execute a posted request, in a session of its own, and do not wait.

        Args:
            said: an open file that takes its progress and its errors.
            held: a descriptor that it keeps open for as long as it lives.

        Raises:
            CannotRun: it is missing.
        """


@dataclass(frozen=True)
class FoundryCommand:
    """The `foundry-kernel` command line.

    Attributes:
        executable: path of the command.
    """

    executable: Path

    def manifest(self) -> CapabilityManifest:
        """Ask `foundry-kernel manifest --json`.

        Raises:
            CannotRun: it is missing, fails, or answers something else.
        """
        command = [str(self.executable), "manifest", "--json"]
        try:
            done = subprocess.run(command, capture_output=True, timeout=MANIFEST_TIME_LIMIT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotRun(
                f"{self.executable} does not answer: {error}", next_step="run `alloynb doctor`"
            ) from error
        try:
            envelope = json.loads(done.stdout)["data"]
            return read_as(CAPABILITY_MANIFEST, json.dumps(envelope).encode()).content
        except (ValueError, KeyError, TypeError, ArtifactError) as error:
            told = done.stderr.decode(errors="replace").strip()[-500:]
            raise CannotRun(f"`{' '.join(command)}` gave no manifest: {error} {told}".rstrip()) from error

    def run(self, request_id: str, workspace: Path, *, quiet: bool) -> int:
        """Call `foundry-kernel run`; its progress goes to our stderr.

        Who asks us to stop (Ctrl-C, a termination, a closed terminal) asks the run: it ends its gates and leaves a
        result, which is waited for.

        Raises:
            CannotRun: the command cannot be started.
        """
        command = self._run(request_id, workspace)
        progress = subprocess.DEVNULL if quiet else None
        with _passing_on_signals() as pass_on_to:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=progress,
                    process_group=0,  # else a terminal's Ctrl-C would reach it twice, which means: do not wait
                )
            except OSError as error:
                raise self._cannot_start(error) from error
            pass_on_to(process)
            return process.wait()

    def start(
        self, request_id: str, workspace: Path, *, said: BinaryIO, held: int
    ) -> subprocess.Popen[bytes]:
        """Call `foundry-kernel run` and leave it alone: it lives on when the calling process ends.

        Raises:
            CannotRun: the command cannot be started.
        """
        try:
            return subprocess.Popen(
                self._run(request_id, workspace),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
                pass_fds=(held,),
            )
        except OSError as error:
            raise self._cannot_start(error) from error

    def _run(self, request_id: str, workspace: Path) -> list[str]:
        return [str(self.executable), "run", request_id, "--workspace", str(workspace)]

    def convert_traces(self, paths: tuple[Path, ...]) -> Iterator[bytes]:
        """Call `foundry-kernel interop convert`, and yield its lines as they come.

        Raises:
            CannotRun: the command cannot be started, or broke off.
        """
        command = [str(self.executable), "interop", "convert", "--", *(str(path) for path in paths)]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise self._cannot_start(error) from error
        assert process.stdout is not None  # asked for above
        try:
            yield from process.stdout
            code = process.wait()
        finally:
            process.kill()
            process.stdout.close()
            process.wait()
        if code not in {0, 1, 2}:
            raise CannotRun(
                f"`{' '.join(command[:3])}` ended with {code}", next_step="run it by hand to see why"
            )

    def publish(self, brief_id: str, place: str, workspace: Path) -> Mapping[str, Any]:
        """Call `foundry-kernel publish`, see `Publisher.publish`.

        Raises:
            Refused, CannotRun: with what it says, and the next step.
        """
        command = [
            str(self.executable),
            "publish",
            "--json",
            "--workspace",
            str(workspace),
            "--",
            brief_id,
            place,
        ]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PUBLISH_TIME_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CannotRun(f"`foundry-kernel publish` took more than {PUBLISH_TIME_LIMIT_S} s") from error
        except OSError as error:
            raise self._cannot_start(error) from error
        try:
            told = json.loads(done.stdout)
            if told["success"]:
                return dict(told["data"])
            message, next_step = str(told["error"]["message"]), str(told["error"]["next_step"])
        except (ValueError, KeyError, TypeError) as error:
            said = done.stderr.decode(errors="replace").strip()[-500:]
            raise CannotRun(f"`foundry-kernel publish` gave no answer: {said}") from error
        raise {2: AlloyError, 3: Refused}.get(done.returncode, CannotRun)(message, next_step=next_step)

    def _cannot_start(self, error: OSError) -> CannotRun:
        return CannotRun(f"{self.executable} cannot be started: {error}", next_step="run `alloynb doctor`")


def find_foundry() -> FoundryCommand:
    """Find `foundry-kernel`: `$ALLOY_FOUNDRY`, else beside this interpreter, else on the PATH.

    Raises:
        CannotRun: it is nowhere.
    """
    named = os.environ.get("ALLOY_FOUNDRY")
    beside = Path(sys.executable).with_name("foundry-kernel")
    found = named or (str(beside) if beside.is_file() else shutil.which("foundry-kernel"))
    if not found:
        raise CannotRun(
            "no `foundry-kernel` command here", next_step="install the `kernel` and `runner` extras"
        )
    return FoundryCommand(Path(found))


@contextmanager
def _passing_on_signals() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Hand signals that ask us to stop to a process instead, which is named as soon as there is one."""
    asked: list[int] = []
    processes: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        for process in processes:
            process.send_signal(_PASSED_ON[number])

    def pass_on_to(process: subprocess.Popen[bytes]) -> None:
        processes.append(process)
        for number in asked:
            process.send_signal(_PASSED_ON[number])

    in_main_thread = threading.current_thread() is threading.main_thread()  # no other may handle signals
    heard = [number for number in _PASSED_ON if in_main_thread and signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in heard}
    try:
        yield pass_on_to
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
