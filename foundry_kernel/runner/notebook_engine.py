"""Executing a notebook with papermill so that what is saved is true, whole and cheap.

Papermill's own engine saves twice a cell by overwriting the file, and marks every cell `completed` when the kernel
dies, time runs out or somebody interrupts. This engine saves atomically and not too often, marks the cell that was
running as failed, and leaves cells that never ran `pending`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import papermill
from nbclient.exceptions import CellExecutionError
from nbformat import v4, writes
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from runtime_artifacts.write_once import replace_whole

ENGINE_NAME = "foundry"
SAVE_EVERY_S = 2.0
CONNECTION_FILE = "kernel.json"


class Recording:
    """The notebook as it is being executed, and the file where it is kept."""

    def __init__(self, file: Path) -> None:
        """Keep the notebook in `file`."""
        self.file = file
        self.notebook: Any = None
        self._saved_at = 0.0

    def save(self, *, now: bool = True) -> None:
        """Write the notebook, whole or not at all; without `now`, at most every `SAVE_EVERY_S` seconds."""
        if self.notebook is None or not (now or time.monotonic() - self._saved_at >= SAVE_EVERY_S):
            return
        text: str = writes(self.notebook)  # type: ignore[no-untyped-call]
        replace_whole(self.file, text.encode())
        self._saved_at = time.monotonic()

    def add_note(self, text: str) -> None:
        """Put a note at the top, and save."""
        if self.notebook is not None:
            note = v4.new_markdown_cell(text, metadata={"tags": ["run-ending"]})  # type: ignore[no-untyped-call]
            self.notebook.cells.insert(0, note)
            self.save()


class _HonestManager(NotebookExecutionManager):  # type: ignore[misc]
    """Papermill's bookkeeping of cells, saving through a recording."""

    def __init__(self, notebook: Any, recording: Recording) -> None:
        super().__init__(notebook, output_path=None, progress_bar=False)
        recording.notebook = notebook
        self._recording = recording
        self.file = recording.file

    def save(self, **_: Any) -> None:
        self._recording.save(now=False)

    def autosave_cell(self, **_: Any) -> None:
        self._recording.save(now=False)

    def notebook_complete(self, **_: Any) -> None:
        self.end_time = self.now()
        about = self.nb.metadata.papermill
        about["end_time"] = self.end_time.isoformat()
        about["duration"] = (self.end_time - self.start_time).total_seconds()
        self._recording.save()


class _HonestClient(PapermillNotebookClient):  # type: ignore[misc]
    """Runs the cells; whatever ends one early marks it as failed."""

    def create_kernel_manager(self) -> Any:
        manager = super().create_kernel_manager()
        manager.transport_encryption = "auto"
        # Beside the notebook, and not among the temporary files, where a killed run would leave it for nobody.
        manager.connection_file = str(self.nb_man.file.with_name(CONNECTION_FILE))
        return manager

    def papermill_execute_cells(self) -> None:
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            try:
                self.execute_cell(cell, index)
            except BaseException as error:
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                if isinstance(error, CellExecutionError):
                    break
                raise
            finally:
                self.nb_man.cell_complete(self.nb.cells[index], cell_index=index)


class _HonestEngine(NBClientEngine):  # type: ignore[misc]
    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, recording: Recording, **options: Any) -> Any:
        manager = _HonestManager(nb, recording)
        manager.notebook_start()
        try:
            client = _HonestClient(
                manager,
                kernel_name=kernel_name,
                startup_timeout=options["start_timeout"],
                timeout=options.get("execution_timeout"),
            )
            client.execute()
        finally:
            manager.notebook_complete()
        return manager.nb


papermill_engines.register(ENGINE_NAME, _HonestEngine)


def execute_notebook(
    notebook: Path,
    recording: Recording,
    parameters: dict[str, Any],
    *,
    kernel_name: str,
    cwd: Path,
    time_limit_s: float | None,
) -> None:
    """Execute a notebook; the recording holds it afterwards, whatever happened.

    Args:
        time_limit_s: seconds that one cell may take; None for no limit.

    Raises:
        Exception: what papermill, nbclient or jupyter_client raise: a cell's error, a dead kernel, a limit reached.
    """
    try:
        papermill.execute_notebook(
            str(notebook).replace("{", "{{").replace("}", "}}"),  # papermill formats paths with parameters
            None,
            parameters=parameters,
            engine_name=ENGINE_NAME,
            kernel_name=kernel_name,
            progress_bar=False,
            cwd=str(cwd),
            recording=recording,
            execution_timeout=time_limit_s,
        )
    finally:
        recording.save()
