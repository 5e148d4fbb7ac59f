"""What is committed in a queue's database, read beside it."""

from __future__ import annotations

import sqlite3
from typing import Any


def connected(url: str) -> Any:
    """A connection that sees what is committed, and commits each statement."""
    if url.startswith("sqlite"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    import psycopg

    return psycopg.connect(url, autocommit=True)


class Counted:
    """Counts by one question."""

    def __init__(self, url: str, question: str) -> None:
        self.url, self.question = url, question
        self._base: Any = None

    def __call__(self) -> int:
        """The number now."""
        if self._base is None:
            self._base = connected(self.url)
        return int(self._base.execute(self.question).fetchone()[0])
