"""Read, still true: a human renews a record, an expectation or a strategy without changing what it says (spec 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alloynb.application.contradictions import look_for_contradictions
from alloynb.application.decide_intent import full_id
from alloynb.application.workspace import Workspace
from alloynb.intent.leniency import reason_of
from alloynb.intent.relationship import Confirmation
from alloynb.intent.store import ExpectationStore, StrategyStore


@dataclass(frozen=True)
class ConfirmIntent:
    """Somebody read it, and it is still true.

    Attributes:
        id: of a record (or its slug), of a shared expectation or strategy.
    """

    id: str
    why: str


@dataclass(frozen=True)
class ConfirmedIntent:
    """What was confirmed.

    Attributes:
        file: ledger of the record, or file of the expectation or strategy; to be committed.
    """

    id: str
    file: Path


def confirm_intent(workspace: Workspace, command: ConfirmIntent) -> ConfirmedIntent:
    """Append to the ledger of a record, or write into the file of what is shared, that it is still true.

    A review date that has come is thereby kept, and so is a time horizon that was over before.

    Raises:
        UnknownRecord: there is no such record, expectation or strategy.
        MissingAuthority: only a human with `accept_intent` may.
        IllegalTransition, NoReason: the record does not guide runs, or no reason is given.
        StaleEdit, CannotSave: nothing was written.
    """
    workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    why = reason_of(command.why)
    if ".expectation." in command.id or ".strategy." in command.id:
        file = _confirm_shared(workspace, command.id, why)
        confirmed = ConfirmedIntent(command.id, file)
    else:
        record_id = full_id(workspace, command.id)
        workspace.registrar.confirm(record_id, workspace.principal, why, workspace.clock())
        confirmed = ConfirmedIntent(record_id, workspace.ledger.file_of(record_id))
    look_for_contradictions(workspace)
    return confirmed


def _confirm_shared(workspace: Workspace, shared_id: str, why: str) -> Path:
    now = workspace.clock()
    said = Confirmation(by=workspace.principal.name, at=now, why=why)
    changes = {"confirmed": said, "updated_at": now}
    if ".expectation." in shared_id:
        expectations = ExpectationStore(workspace.alloy_dir)
        expectation = expectations.get(shared_id)
        return expectations.save(expectation.model.model_copy(update=changes), expectation.digest).file
    strategies = StrategyStore(workspace.alloy_dir)
    strategy = strategies.get(shared_id)
    return strategies.save(strategy.model.model_copy(update=changes), strategy.digest).file
