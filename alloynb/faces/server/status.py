"""Which HTTP status an error of ours is; the type, the message and the next step are in the envelope."""

from __future__ import annotations

from alloynb.application.brief_ledger import DamagedBriefLedger
from alloynb.application.end_request import EndedBefore
from alloynb.application.raise_hypothesis import AlreadyKnown
from alloynb.application.read_run import NoResult
from alloynb.application.runners import WrongKey
from alloynb.application.workspace import NoWorkspace
from alloynb.application.wrong_keys import TooManyWrongKeys
from alloynb.errors import AlloyError, CannotRun, Refused
from alloynb.faces.server.repositories import NotHere, UnknownProject
from alloynb.intent.errors import AlreadyExists, DamagedLedger, IllegalTransition, StaleEdit, UnknownRecord
from runtime_artifacts.errors import (
    AlreadyClaimed,
    ArtifactError,
    KeyConflict,
    NotOnShelf,
    ShelfConflict,
    UnknownRequest,
)
from runtime_artifacts.request_life import IllegalStep

_NOT_FOUND = (NoWorkspace, NotHere, NotOnShelf, UnknownProject, UnknownRecord, UnknownRequest)
_CONFLICT = (
    AlreadyClaimed,
    AlreadyExists,
    AlreadyKnown,
    EndedBefore,
    IllegalStep,
    IllegalTransition,
    KeyConflict,
    NoResult,
    ShelfConflict,
    StaleEdit,
)
_DAMAGED = (DamagedBriefLedger, DamagedLedger)


def status_of(error: BaseException) -> int:
    """Give the HTTP status: 401 nobody, 403 refused, 404 unknown, 409 conflict, 422 bad input, 503 environment."""
    if isinstance(error, WrongKey):
        return 401
    if isinstance(error, TooManyWrongKeys):
        return 429
    if isinstance(error, _NOT_FOUND) or _says_unknown(error):
        return 404
    if isinstance(error, _CONFLICT):
        return 409
    if isinstance(error, _DAMAGED):
        return 500
    if isinstance(error, AlloyError | ArtifactError):
        known = {Refused.exit_code: 403, CannotRun.exit_code: 503}
        return known.get(error.exit_code, 422)
    return 503 if isinstance(error, OSError) else 500


def _says_unknown(error: BaseException) -> bool:
    """Errors are named after what happened: `UnknownFinding`, `UnknownHypothesis`, … are about what is not here."""
    return isinstance(error, AlloyError) and type(error).__name__.startswith("Unknown")
