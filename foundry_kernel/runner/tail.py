"""Following a journal that another process writes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from runtime_artifacts.journal import Fact

POLL_EVERY_S = 0.1


class JournalTail:
    """Reads what was added to a journal since the last look; the file need not exist yet."""

    def __init__(self, file: Path) -> None:
        """Begin at the start of `file`."""
        self._file = file
        self._offset = 0

    def new_facts(self) -> list[Fact]:
        """Facts that are whole lines by now and were not read before; a line that is no fact is passed over."""
        try:
            with self._file.open("rb") as lines:
                lines.seek(self._offset)
                text = lines.read()
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        found: list[Fact] = []
        for line in whole.splitlines():
            try:
                found.append(Fact.model_validate(json.loads(line)))
            except (ValueError, ValidationError):
                continue
        return found


class Follower:
    """Tells a listener of every new fact, from a thread of its own, while the context lasts."""

    def __init__(self, file: Path, listener: Callable[[Fact], None]) -> None:
        """Follow `file`; `listener` is called from the following thread, one fact at a time."""
        self._tail = JournalTail(file)
        self._listener = listener
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="journal follower", daemon=True)

    def _follow(self) -> None:
        while not self._ended.wait(POLL_EVERY_S):
            self._tell()

    def _tell(self) -> None:
        for fact in self._tail.new_facts():
            self._listener(fact)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._tell()
