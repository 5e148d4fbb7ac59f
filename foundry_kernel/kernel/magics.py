"""`%foundry` in a notebook: emit an event, show a trace, show what this installation can do (spec 4.10)."""

from __future__ import annotations

import argparse
import json
import queue
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import display

from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.kernel.live import LiveTree, TreeView
from foundry_kernel.kernel.progress import ProgressTree
from runtime_artifacts.journal import Fact

_USAGE = """\
%foundry emit EVENT PROJECT [--throttle dry_run] [--payload JSON]   run a formation here, without a request
%foundry trace FOLDER                                               show the tree of a run from its folder
%foundry manifest                                                   show what this installation can do"""


@magics_class
class FoundryMagics(Magics):
    """The magics of the `foundry` kernel."""

    @line_magic
    def foundry(self, line: str) -> None:
        """Emit an event, show a trace, or show the capability manifest; alone it says how."""
        word, _, rest = line.strip().partition(" ")
        acts = {"emit": self._emit, "trace": self._trace, "manifest": self._manifest}
        if not word:
            print(_USAGE)
        elif word not in acts:
            raise UsageError(f"%foundry {word}: unknown\n{_USAGE}")
        else:
            acts[word](rest.strip())

    def _emit(self, line: str) -> None:
        from foundry_kernel.kernel.local_run import LocalRun, new_run_folder

        asked = _emit_arguments(line)
        run = LocalRun(
            event_type=asked.event,
            project=asked.project,
            throttle=asked.throttle,
            payload=asked.payload,
            folder=new_run_folder(None),
            tree=Path.cwd(),
        )
        outcome = _followed(run.in_own_loop, LiveTree(ProgressTree(run.folder.name)))
        print(f"{outcome.status}{f': {outcome.reason}' if outcome.reason else ''}")
        print(f"%foundry trace {run.folder}")

    def _trace(self, line: str) -> None:
        from foundry_kernel.events.journal import read_run

        folder = Path(line or ".")
        facts = list(read_run(folder / "journal"))
        if not facts:
            raise UsageError(f"no journal in {folder}")
        display(TreeView(ProgressTree(folder.name).add_all(facts)))

    def _manifest(self, line: str) -> None:
        from foundry_kernel.kernel.manifest import manifest_text, this_manifest

        print(manifest_text(this_manifest()))


class _Arguments(argparse.ArgumentParser):
    """Says what is wrong in the cell, instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{_USAGE}")


def _emit_arguments(line: str) -> argparse.Namespace:
    parser = _Arguments(prog="%foundry emit", add_help=False, allow_abbrev=False)
    parser.add_argument("event")
    parser.add_argument("project")
    parser.add_argument("--throttle", default="dry_run", choices=("full", "audit_only", "dry_run"))
    parser.add_argument("--payload", default={}, type=json.loads)
    return parser.parse_args(shlex.split(line))


def _followed(run: Callable[[Callable[[Fact], None]], Outcome], live: LiveTree) -> Outcome:
    """Run in another thread, since this one's event loop is busy with the cell, and show the progress from here."""
    facts: queue.Queue[Fact | None] = queue.Queue()
    ended: list[Outcome | Exception] = []

    def work() -> None:
        try:
            ended.append(run(facts.put))
        except Exception as error:  # noqa: BLE001 - raised again in the cell
            ended.append(error)
        finally:
            facts.put(None)

    threading.Thread(target=work, name="foundry emit", daemon=True).start()
    while (fact := facts.get()) is not None:
        live(fact)
    live.finish()
    if isinstance(ended[0], Exception):
        raise ended[0]
    return ended[0]
