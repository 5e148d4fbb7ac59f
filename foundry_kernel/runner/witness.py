"""The witness: sees the kernel die, ends what it left running, and writes the result that it no longer can (spec 4.10).

A small process of its own session, child of nobody, holding nothing of the kernel but the reading end of a pipe. The
writing end lives in the kernel alone and passes to no child, so the system itself tells of the kernel's death. A full
stop through the pipe means that the run ended properly, and the witness leaves.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

_ENDED = b"."
LEASH_GRACE_S = 6.0
"""A gate's guardian sees the kernel's death too, and gets this long to end the gate in good order."""


class Witness:
    """The kernel's end of the pipe."""

    def __init__(self, run_folder: Path, attempt: int, workspace: Path) -> None:
        """Start a witness for one attempt at a run.

        Raises:
            OSError: no process can be started.
        """
        reading, self._writing = os.pipe()  # neither passes to a child
        try:
            arguments = [str(run_folder), str(attempt), str(workspace)]
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "foundry_kernel.runner.witness", *arguments],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        except OSError:
            os.close(self._writing)
            raise
        finally:
            os.close(reading)

    def dismiss(self) -> None:
        """Tell the witness that the run ended properly. May be called twice."""
        if self._writing >= 0:
            with contextlib.suppress(BrokenPipeError):  # it was killed; the run has ended all the same
                os.write(self._writing, _ENDED)
            os.close(self._writing)
            self._writing = -1
            self._process.wait()


def main(arguments: list[str]) -> None:
    """Wait for the end of the run or of the kernel, whichever comes first, and act on the latter.

    Args:
        arguments: folder of the run, number of the attempt, folder of the workspace.
    """
    if os.fork():  # the child belongs to nobody, so a kernel that ends its children does not end its witness
        os._exit(0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.read(0, 1) == _ENDED:
        return
    folder = Path(arguments[0])
    try:
        testify(folder, int(arguments[1]), Path(arguments[2]))
    except Exception as error:  # noqa: BLE001 - nobody hears it, so it is written down
        import traceback

        text = f"the witness could not report: {error}\n{traceback.format_exc()}"
        (folder / "witness-failed.txt").write_text(text, encoding="utf-8")


def testify(run_folder: Path, attempt: int, workspace: Path) -> None:
    """End what the dead kernel left running, deliver the result of the attempt, tidy up."""
    from foundry_kernel.runner.deliver import report_ending
    from foundry_kernel.runner.processes import end_groups, groups_of_run
    from foundry_kernel.runner.run_folder import RunFolder
    from foundry_kernel.runner.workspace import RunnerWorkspace
    from foundry_kernel.runner.worktree import leave_worktree

    folder = RunFolder(run_folder)
    end_groups(groups_of_run(run_folder), grace_s=LEASH_GRACE_S)
    report_ending(folder, RunnerWorkspace(workspace), attempt)
    leave_worktree(folder, workspace)


if __name__ == "__main__":
    main(sys.argv[1:])
