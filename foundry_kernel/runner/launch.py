"""Launching a prepared run: the run notebook is executed on the kernel, and a result stands at the end (spec 4.10)."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from foundry_kernel.errors import CannotDispatch
from foundry_kernel.runner.deliver import report_ending
from foundry_kernel.runner.prepare import AnsweredBefore, Prepared, RunInProgress
from foundry_kernel.runner.processes import is_same_process
from foundry_kernel.runner.quick_import import without_address_grammar
from foundry_kernel.runner.report import Ending, exit_code_of
from foundry_kernel.runner.run_folder import RunFolder
from foundry_kernel.runner.tail import Follower
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.journal import Fact, is_being_written
from runtime_artifacts.run_result import FailureClass, RunError, RunResult

KERNEL_NAME = "foundry"
WITNESS_WAIT_S = 10.0
_GRACE_S = 60.0


class NotebookMissing(CannotDispatch):
    """The run notebook was not installed with the package."""


@dataclass(frozen=True)
class LaunchOutcome:
    """What came of a launch.

    Attributes:
        deduplicated: the result was there before; nothing ran now.
    """

    result: Artifact[RunResult]
    folder: RunFolder
    deduplicated: bool = False

    @property
    def exit_code(self) -> int:
        """Exit code by the table of `runner.report`."""
        return exit_code_of(self.result.content)


def run_notebook() -> Path:
    """Path of the notebook that executes any request.

    Raises:
        NotebookMissing: neither in the package nor beside it.
    """
    here = Path(__file__).resolve()
    for folder in (here.parent / "notebooks", here.parents[2] / "notebooks" / "runs"):
        if (folder / "run_request.ipynb").is_file():
            return folder / "run_request.ipynb"
    raise NotebookMissing("run_request.ipynb is missing", next_step="install the package again")


def launch(
    prepared: Prepared | AnsweredBefore,
    *,
    on_fact: Callable[[Fact], None] | None = None,
    kernel_name: str = KERNEL_NAME,
) -> LaunchOutcome:
    """Execute the run notebook for a prepared run and return its result, which is delivered whatever happens.

    Ctrl-C and SIGTERM ask the run to stop; a second one no longer waits for it. Call from the main thread, otherwise
    signals are left as they are.

    Args:
        on_fact: called from another thread with every fact of the journal.

    Raises:
        NotebookMissing: nothing can be executed.
        RunInProgress: somebody else runs this attempt.
    """
    if isinstance(prepared, AnsweredBefore):
        return LaunchOutcome(prepared.result, prepared.folder, deduplicated=True)
    folder, workspace = prepared.folder, prepared.workspace
    notebook = run_notebook()
    attempt = prepared.attempt
    following = Follower(folder.journal(attempt), on_fact) if on_fact else nullcontext()
    with _stopping_politely(folder, attempt) as stop, following:
        trouble, recording = _execute(notebook, prepared, kernel_name)
    result = _result(prepared, attempt, trouble, cancelled=stop.is_set())
    if trouble is not None and not isinstance(trouble, _cell_errors()):
        recording.add_note(_note(result.content))
    return LaunchOutcome(result, RunFolder(workspace.runs / folder.run_id))


def _execute(notebook: Path, prepared: Prepared, kernel_name: str) -> tuple[BaseException | None, Any]:
    """Execute the notebook; returns what ended it early, and the recording of it."""
    with without_address_grammar():
        from foundry_kernel.runner.notebook_engine import Recording, execute_notebook

    folder = prepared.folder
    limit = folder.record().time_limit_s
    recording = Recording(folder.executed_notebook)
    parameters = {
        "request": str(folder.artifacts / "request.json"),
        "workspace": str(prepared.workspace.root),
        "run_dir": str(folder.path),
    }
    try:
        execute_notebook(
            notebook,
            recording,
            parameters,
            kernel_name=kernel_name,
            cwd=folder.path,
            time_limit_s=None if limit is None else limit + _GRACE_S,
        )
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - every way to fail ends in a result
        return error, recording
    return None, recording


def _result(
    prepared: Prepared, attempt: int, trouble: BaseException | None, *, cancelled: bool
) -> Artifact[RunResult]:
    """Result of the attempt: the run's own, or its witness's, or made here when nobody else could."""
    folder = prepared.folder
    if folder.journal(attempt).exists():
        file = folder.result_file(attempt)
        deadline = time.monotonic() + WITNESS_WAIT_S
        while not file.is_file() and time.monotonic() < deadline:
            time.sleep(0.05)
        if not file.is_file() and is_being_written(folder.journal(attempt)):
            raise RunInProgress(
                f"attempt {attempt} of {folder.run_id} is run by somebody else",
                next_step=f"foundry-kernel watch {folder.run_id}",
            )
        return report_ending(folder, prepared.workspace, attempt)
    if cancelled or isinstance(trouble, KeyboardInterrupt):
        ending = Ending(
            "cancelled", (RunError(failure_class="execution", message="cancelled before it began"),)
        )
    else:
        said = str(trouble).strip() if trouble is not None else "the notebook ended without running anything"
        kernel_began = isinstance(trouble, _cell_errors())
        named: FailureClass = "execution" if kernel_began else "dispatch"
        message = f"the run could not begin: {_last_line(said) or type(trouble).__name__}"
        step = "see executed.ipynb" if kernel_began else "`jupyter kernelspec list` must name `foundry`"
        ending = Ending("failed", (RunError(failure_class=named, message=message, next_step=step),))
    return report_ending(folder, prepared.workspace, attempt, ending=ending)


def _cell_errors() -> tuple[type[BaseException], ...]:
    from papermill.exceptions import PapermillExecutionError

    return (PapermillExecutionError,)


def _note(result: RunResult) -> str:
    said = "\n".join(f"- {error.message}" for error in result.errors)
    return (
        f"**This run is not complete: {result.status}"
        f"{f' ({result.failure_class})' if result.failure_class else ''}.**\n\n{said}\n\n"
        f"Cells marked `failed` were running when it ended, cells marked `pending` never ran. "
        f"What happened until then is in the journal; `foundry-kernel resume {result.foundry_run_id}` goes on from it."
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


@contextmanager
def _stopping_politely(folder: RunFolder, attempt: int) -> Iterator[threading.Event]:
    """While the context lasts, the first SIGINT or SIGTERM interrupts the kernel's run, the second one us."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        kernel = folder.record().kernel if folder.record().attempt == attempt else None
        if asked.is_set() or kernel is None or not is_same_process(kernel.pid, kernel.started):
            asked.set()
            raise KeyboardInterrupt
        asked.set()
        os.kill(kernel.pid, signal.SIGINT)

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
