"""`%%block` and `%foundry`: define blocks in a notebook, run them, look at what happened (spec 4.2, 4.10)."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import display

from foundry_kernel.errors import FoundryError
from foundry_kernel.kernel.session import Cell, Session
from foundry_kernel.kernel.session_lists import blocks_table, delivered_lines, history_tables, taken_text

_USAGE = """\
%%block                                  define task blocks and event types in this cell, as in a file
%foundry register NAME [NAME …]          take in a block or event type that a variable holds
%foundry blocks [WORD]                   which blocks there are: the session's first, then installed ones
%foundry forget NAME                     take a block or event type of this session back
%foundry emit EVENT PROJECT              run a formation here, without a request; --throttle dry_run|audit_only|full
                                         --payload JSON|VARIABLE, --formation NAME or --blocks a,b, --strict,
                                         --i-approve "reason" where throttle full changes things
%foundry trace [RUN|evt_…|FOLDER]        show the tree of a run, by default of the last one
%foundry history [DAYS]                  runs by day: of this session and of the workspace
%foundry manifest                        what this installation can do"""


class RunDidNotComplete(FoundryError):
    """`%foundry emit --strict`: the run ended otherwise than completed."""


@magics_class
class FoundryMagics(Magics):
    """The magics of the `foundry` kernel, and the session that they share."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._shell = shell
        self.session = Session()
        self._runs: list[Path] = []

    @no_var_expand
    @line_magic
    def foundry(self, line: str) -> None:
        """Define, run and look at blocks; alone it says how."""
        word, _, rest = line.strip().partition(" ")
        acts: Mapping[str, Callable[[str], None]] = {
            "register": self._register,
            "blocks": self._blocks,
            "forget": self._forget,
            "emit": self._emit,
            "trace": self._trace,
            "history": self._history,
            "manifest": self._manifest,
        }
        if not word or word in {"help", "--help", "-h"}:
            print(_USAGE)
        elif word not in acts:
            raise UsageError(f"%foundry {word}: unknown\n{_USAGE}")
        else:
            acts[word](rest.strip())

    @no_var_expand
    @cell_magic
    def block(self, line: str, cell: str) -> None:
        """Run the cell, and take in every block and event type that it defines: all of them, or none."""
        from foundry_kernel.kernel.cell import cell_of, definitions_of

        if line.strip():
            raise UsageError("%%block takes no arguments: the decorator @block(name=…) says the name")
        shell = self._shell
        number = self._cell_number()
        name = shell.compile.cache(cell, number, raw_code=cell)
        code = shell.compile(shell.transform_cell(cell), name, "exec")
        found = definitions_of(shell.user_ns, lambda: shell.ex(code))
        here = cell_of(cell, number, self._cell_id())
        if not found:
            raise UsageError(f"{here.label} defines no block: decorate its work with @block(…)")
        print(taken_text(self.session.define(here, found), self.session))

    def _register(self, line: str) -> None:
        from foundry_kernel.engine.block import Block
        from foundry_kernel.events.payload import Payload
        from foundry_kernel.kernel.cell import cell_of, cell_that_holds

        if not line:
            raise UsageError(f"%foundry register: which variable?\n{_USAGE}")
        inputs = self._shell.user_ns.get("In", [""])
        for name in line.split():
            what = self._shell.user_ns.get(name)
            if not (isinstance(what, Block) or (isinstance(what, type) and issubclass(what, Payload))):
                hint = "a block is what @block(…) returns, an event type a class derived from Payload"
                raise UsageError(f"%foundry register: {name} is neither a block nor an event type; {hint}")
            number = cell_that_holds(what, inputs)
            here = cell_of(inputs[number], number) if number else Cell(f"cell [{self._cell_number()}]")
            print(taken_text(self.session.define(here, [what]), self.session))

    def _blocks(self, line: str) -> None:
        display(blocks_table(self.session, line))

    def _forget(self, line: str) -> None:
        gone = self.session.forget(line)
        back = line in self.session.installed
        print(f"{line} of {gone.cell.label} is forgotten{'; the installed one counts again' if back else ''}")

    def _emit(self, line: str) -> None:
        from foundry_kernel.kernel.arguments import emit_arguments
        from foundry_kernel.kernel.beside import follow_beside
        from foundry_kernel.kernel.live import LiveTree
        from foundry_kernel.kernel.local_run import new_run_folder
        from foundry_kernel.kernel.progress import ProgressTree
        from foundry_kernel.kernel.session_run import SessionRun

        asked = emit_arguments(line, self._shell.user_ns)
        run = SessionRun(
            event_type=asked.event,
            project=asked.project,
            throttle=asked.throttle,
            payload=asked.payload,
            folder=new_run_folder(None),
            tree=Path.cwd(),
            approval=asked.approval,
            approved_by=getpass.getuser(),
            session=self.session,
            formation=asked.formation,
            blocks=asked.blocks,
        )
        run.check()
        outcome = follow_beside(run.run, LiveTree(ProgressTree(run.folder.name)))
        self._runs.append(run.folder)
        status = outcome.status.replace("_", " ")
        if asked.strict and outcome.status != "completed":
            raise RunDidNotComplete(f"{status}: {outcome.reason}", next_step=f"%foundry trace {run.folder}")
        print(f"{status}{f': {outcome.reason}' if outcome.reason else ''}")
        for each in delivered_lines(run.folder):
            print(each)
        print(f"%foundry trace {run.folder}")

    def _trace(self, line: str) -> None:
        from foundry_kernel.kernel.live import TreeView
        from foundry_kernel.kernel.run_lookup import find_tree

        display(TreeView(find_tree(line, self._runs, Path.cwd())))

    def _history(self, line: str) -> None:
        if line and not (line.isdigit() and int(line) > 0):
            raise UsageError("%foundry history [DAYS]: a number of days, by default 7")
        tables = history_tables(self._runs, Path.cwd(), days=int(line or 7))
        for each in tables:
            display(each)
        if not tables:
            print("No runs yet.")

    def _manifest(self, line: str) -> None:
        from foundry_kernel.kernel.manifest import manifest_text, this_manifest

        print(manifest_text(this_manifest()))
        if self.session.blocks:
            print(f"Only in this session: {', '.join(each.name for each in self.session.blocks)}")

    def _cell_number(self) -> int:
        """Number of the cell that runs: the last input, since the shell's own counter may be ahead."""
        return len(self._shell.user_ns.get("In", ())) - 1 or int(self._shell.execution_count)

    def _cell_id(self) -> str:
        """Id of the cell that runs, where the front end tells it."""
        metadata = self._shell.get_parent().get("metadata") or {}
        return str(metadata.get("cellId") or "")
