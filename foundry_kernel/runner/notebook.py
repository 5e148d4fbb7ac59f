"""What the run notebook calls: open, emit, conclude (spec 4.10, 7.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from foundry_kernel.errors import FoundryError
from foundry_kernel.kernel.live import UPDATE_EVERY_S, LiveTree, Shown, in_notebook
from foundry_kernel.kernel.parameters import Parameters, check_parameters
from foundry_kernel.kernel.progress import ProgressTree
from foundry_kernel.runner.execute import run_attempt
from foundry_kernel.runner.ports import runner_ports
from foundry_kernel.runner.prepare import AnsweredBefore, Prepared, locate_request
from foundry_kernel.runner.reopen import reopen
from foundry_kernel.runner.run_folder import RunFolder
from foundry_kernel.runner.told_refusals import prepare_or_tell
from foundry_kernel.runner.views import View, view_request, view_result
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.run_result import RunResult

_ANSWERS = frozenset({"completed", "completed_with_findings"})


class RunNotebookParameters(Parameters):
    """Parameters of `run_request.ipynb`."""

    request: str = ""
    workspace: str = ""
    run_dir: str = ""
    fail_on_findings: bool = True


class RunDidNotSucceed(FoundryError):
    """The run ended otherwise than completed; the result says how."""


class NotEmitted(FoundryError):
    """The result was asked for before anything was emitted."""


class NotebookRun:
    """One request in a notebook: shown by itself, emitted once, concluded with its result."""

    def __init__(self, prepared: Prepared | AnsweredBefore, *, fail_on_findings: bool = True) -> None:
        """Take a run that was prepared, or answered before."""
        self._prepared = prepared
        self._fail_on_findings = fail_on_findings
        self.result: Artifact[RunResult] | None = (
            prepared.result if isinstance(prepared, AnsweredBefore) else None
        )

    @property
    def folder(self) -> RunFolder:
        """Folder of the run."""
        return self._prepared.folder

    @property
    def view(self) -> View:
        """What was verified, for people."""
        folder = self.folder
        return view_request(
            folder.request(),
            folder.artifact("brief", FORMATION_BRIEF),
            folder.artifact("gate_overlay", GATE_OVERLAY),
            folder.run_id,
        )

    def _repr_html_(self) -> str:
        return self.view._repr_html_()

    def __repr__(self) -> str:
        return repr(self.view)

    async def emit(self, show: Callable[[object], Shown] | None = None) -> None:
        """Emit the entry event and follow the chain to its end, whatever the end is; shows the progress.

        A request that was answered before is not run again.

        Args:
            show: puts an object on the screen; the notebook's own display when None.

        Raises:
            FoundryError: the run could not begin.
        """
        if isinstance(self._prepared, AnsweredBefore) or self.result is not None:
            return
        tree = ProgressTree(self.folder.run_id).add_all(self.folder.facts())
        live = LiveTree(tree, show)
        showing = asyncio.create_task(_keep_showing(live))
        try:
            self.result = await run_attempt(self._prepared, live)
        finally:
            showing.cancel()
            live.finish()

    def conclude(self, show: Callable[[object], object] | None = None) -> None:
        """Show the result; end with an error unless the run succeeded.

        Raises:
            RunDidNotSucceed: the run failed, was stopped or cancelled, or has findings and they shall count.
            NotEmitted: nothing was emitted yet.
        """
        if self.result is None:
            raise NotEmitted("there is no result yet", next_step="`await run.emit()` first")
        content = self.result.content
        view = view_result(content, deduplicated=isinstance(self._prepared, AnsweredBefore))
        (show or in_notebook)(view)
        if content.status == "completed" or (content.status in _ANSWERS and not self._fail_on_findings):
            return
        reasons = (
            "; ".join(error.message for error in content.errors) or "gates that are not required did not pass"
        )
        raise RunDidNotSucceed(f"{content.status.replace('_', ' ')}: {reasons}")


async def open_run(names: Mapping[str, object]) -> NotebookRun:
    """Check the notebook's parameters, and prepare, reopen or answer the run that they ask for.

    Args:
        names: the notebook's `globals()`.

    Raises:
        UnknownParameter, IllTypedParameter: a parameter is wrong.
        FoundryError, ArtifactError: the request is refused; nothing was left behind.
    """
    given = check_parameters(RunNotebookParameters, names)
    if given.run_dir:
        prepared: Prepared | AnsweredBefore = reopen(_folder_at(given.run_dir))
    else:
        request, workspace = locate_request(given.request, given.workspace)
        prepared = await prepare_or_tell(request, workspace, runner_ports())
    return NotebookRun(prepared, fail_on_findings=given.fail_on_findings)


async def _keep_showing(live: LiveTree) -> None:
    """Show what changed while nothing else happens, for example the start of a long gate."""
    while True:
        await asyncio.sleep(UPDATE_EVERY_S)
        live.finish()


def _folder_at(run_dir: str) -> RunFolder:
    return RunFolder(Path(run_dir).resolve())
