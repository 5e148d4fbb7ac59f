"""What the evidence store can refuse, each with the next step."""

from __future__ import annotations

from alloynb.errors import AlloyError, CannotRun, Refused


class StoreUnavailable(CannotRun):
    """DuckDB is not installed, or the published file cannot be opened."""


class StoreBusy(CannotRun):
    """Another process is folding or ingesting, and did not finish within the time that we wait."""


class StoreTooNew(CannotRun):
    """A newer version of the program published the store; this one would show less than it holds."""


class CannotSeal(CannotRun):
    """A journal could not be turned into Parquet; the journal stands as it was."""


class CannotPublish(CannotRun):
    """The new database file could not be built or published; the old one stands."""


class LakeUnavailable(CannotRun):
    """The lake, its catalog or the extensions that it needs cannot be reached."""


class BadQuery(AlloyError):
    """The statement is not understood, names something that does not exist, or fails while it runs."""


class WriteRefused(Refused):
    """Only reading is allowed here: facts are appended through a session, never changed."""


class QueryTooLong(AlloyError):
    """The query ran longer than it may, and was interrupted."""
