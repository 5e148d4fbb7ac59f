"""The kernel itself: IPython's, with Foundry's name, magics and an orderly end (spec 4.10)."""

from __future__ import annotations

import logging
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets import Type, default

from foundry_kernel import __version__
from foundry_kernel.errors import FoundryError
from foundry_kernel.kernel.follow_parent import follow_parent
from runtime_artifacts.errors import ArtifactError

_CONTROL_THREAD_WAIT_S = 2.0


class FoundryShell(ZMQInteractiveShell):
    """IPython's shell with `%foundry`, and without a history file that kernels would have to share."""

    def init_history(self) -> None:
        """Keep the history in memory: many kernels at once would wait for one another's lock on the file."""
        self.config.HistoryManager.hist_file = ":memory:"
        super().init_history()

    def init_traceback_handlers(self, custom_exceptions: object) -> None:
        """Show what was refused by its message: where in this package it was refused tells the reader nothing."""
        super().init_traceback_handlers(custom_exceptions)
        self.set_custom_exc((FoundryError, ArtifactError), _show_message)

    def init_magics(self) -> None:
        """Register IPython's magics and ours."""
        super().init_magics()
        from foundry_kernel.kernel.magics import FoundryMagics

        self.register_magics(FoundryMagics)


class FoundryKernel(IPythonKernel):
    """A Python kernel that knows Foundry. It imports nothing of Alloy."""

    implementation = "foundry"
    implementation_version = __version__
    banner = f"Foundry {__version__} on Python. `%foundry` says what can be done here."
    shell_class = Type(FoundryShell)


class FoundryKernelApp(IPKernelApp):
    """Starts the kernel, and ends it without leaving a thread behind."""

    name = "foundry-kernel"

    @default("kernel_class")
    def _our_kernel(self) -> type[FoundryKernel]:
        return FoundryKernel

    def init_sockets(self) -> None:
        """Open the sockets.

        The warning that a loopback connection is not encrypted says nothing that one can act on here: whoever starts
        the kernel decides it (the kernelspec offers encryption), and it would stand in every log of every run.
        """
        self.log.addFilter(_not_about_encryption)
        try:
            super().init_sockets()
        finally:
            self.log.removeFilter(_not_about_encryption)

    def start(self) -> None:
        """Serve until the shutdown.

        The control thread is waited for: an interpreter that ends while it still runs sometimes hangs for seconds.
        """
        super().start()
        if self.control_thread is not None:
            self.control_thread.join(_CONTROL_THREAD_WAIT_S)


def start(argv: list[str] | None = None) -> None:
    """Run the kernel until it is shut down.

    Args:
        argv: arguments without the program's name, `["-f", CONNECTION_FILE]`; the process's own when None.
    """
    follow_parent()
    FoundryKernelApp.launch_instance(argv)


def _not_about_encryption(record: logging.LogRecord) -> bool:
    return "without encryption" not in str(record.msg)


def _show_message(
    shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: int
) -> list[str]:
    shown = [f"{kind.__name__}: {error}"]
    shell._showtraceback(kind, error, shown)
    return shown
