"""Single keys from a terminal; what is typed ahead is kept (spec 2.5)."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager

_ESCAPE = b"\x1b"
_REST_OF_ARROW_S = 0.05
_END_OF_INPUT = "q"


class Keyboard:
    """Reads one key at a time while it is open; in between, `lines` gives the terminal back for whole lines."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @contextmanager
    def opened(self) -> Iterator[Keyboard]:
        """Take the terminal over, and give it back as it was, whatever happens."""
        import termios
        import tty

        before = termios.tcgetattr(self._descriptor)
        try:
            tty.setcbreak(
                self._descriptor, termios.TCSADRAIN
            )  # draining keeps what was typed ahead; flushing would not
            yield self
        finally:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, before)

    @contextmanager
    def lines(self) -> Iterator[None]:
        """Let somebody else read lines, or an editor use the terminal."""
        import termios
        import tty

        here = termios.tcgetattr(self._descriptor)
        cooked = [*here]
        cooked[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, cooked)
        try:
            yield
        finally:
            tty.setcbreak(self._descriptor, termios.TCSADRAIN)

    def read(self) -> str:
        """Wait for one key; an arrow key is one key; the end of input counts as `q`."""
        first = os.read(self._descriptor, 1)
        if first == _ESCAPE:
            while select.select([self._descriptor], [], [], _REST_OF_ARROW_S)[0]:
                first += os.read(self._descriptor, 1)
                if first[-1:].isalpha() or first[-1:] == b"~":
                    break
        return first.decode("utf-8", "replace") or _END_OF_INPUT
