"""One committer at a time, on however many machines: a lock that ends with the process or connection that holds it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.evidence.errors import LakeUnavailable, StoreBusy
from alloynb.evidence.locks import held

if TYPE_CHECKING:
    from alloynb.evidence.lake_place import LakePlace

_KEY = 0x616C6C6F79  # "alloy"
_POLL_EVERY_S = 0.2


@contextlib.contextmanager
def only_committer(place: LakePlace, *, wait_s: float) -> Iterator[None]:
    """Hold the lock of a lake while the context lasts: an advisory lock of its database, or a lock beside its file.

    Raises:
        StoreBusy: another committer held it for all of `wait_s` seconds.
        LakeUnavailable: the database cannot be reached, or its client library is missing.
    """
    if not place.on_postgres:
        with held(Path(f"{place.catalog}.lock"), wait_s=wait_s):
            yield
        return
    try:
        import psycopg
    except ImportError as error:
        raise LakeUnavailable(
            f"psycopg cannot be imported: {error}", next_step="pip install 'alloy-foundry[queue]'"
        ) from error
    try:
        connection = psycopg.connect(place.catalog, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        told = str(error).strip().splitlines()[0]
        raise LakeUnavailable(f"{place.shown}: {told}", next_step="is the server running?") from error
    with connection:
        deadline = time.monotonic() + wait_s
        while connection.execute("SELECT pg_try_advisory_lock(%s)", [_KEY]).fetchone() != (True,):
            if time.monotonic() >= deadline:
                raise StoreBusy(
                    f"another process commits to the lake for more than {wait_s:g} s", next_step="try again"
                )
            time.sleep(_POLL_EVERY_S)
        yield
