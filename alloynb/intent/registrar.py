"""A step of the lifecycle as one act: authority, rule, file and ledger together, or nothing at all (spec 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alloynb.errors import AlloyError
from alloynb.intent import lifecycle
from alloynb.intent.authority import Authority, Principal
from alloynb.intent.durable_file import read_plain_file
from alloynb.intent.errors import IllegalTransition, StaleEdit
from alloynb.intent.ledger import Ledger
from alloynb.intent.ledger_entry import LedgerEntry
from alloynb.intent.record import IntentRecord, Status
from alloynb.intent.store import IntentStore
from alloynb.intent.yaml_document import MAX_FILE_BYTES
from alloynb.intent.yaml_folder import StoredFile


@dataclass(frozen=True, slots=True)
class Registrar:
    """Takes steps for principals and leaves the file and the ledger agreeing, whatever fails in between."""

    store: IntentStore
    ledger: Ledger
    authority: Authority

    def begin(
        self, record: IntentRecord, principal: Principal, why: str, at: datetime
    ) -> StoredFile[IntentRecord]:
        """Write a new record, hypothesized or proposed, and its first ledger entry.

        Raises:
            MissingAuthority: the principal may not.
            IllegalTransition: a record does not begin in its status.
            AlreadyExists: the file exists.
            CannotSave: the file system did not take both; neither is left behind.
        """
        action = lifecycle.step_between(None, record.status).action
        grant = self.authority.require(principal, action, record.project)
        begun, entry = lifecycle.begin(record, grant, why, at)
        stored = self.store.create(begun)
        try:
            self.ledger.append(entry)
        except AlloyError:
            stored.file.unlink(missing_ok=True)
            raise
        return stored

    def move(
        self,
        record_id: str,
        to: Status,
        principal: Principal,
        why: str,
        at: datetime,
        *,
        brief_id: str | None = None,
        successor_id: str | None = None,
    ) -> StoredFile[IntentRecord]:
        """Take a record to another status; see `lifecycle.transition` for what each step asks for.

        Raises:
            UnknownRecord: no such record, or no such successor.
            MissingAuthority, IllegalTransition: the step is refused.
            StaleEdit, CannotSave: it could not be written; file and ledger are as they were.
        """
        stored = self.store.get(record_id)
        record = stored.model
        step = lifecycle.step_between(record.status, to)
        grant = self.authority.require(principal, step.action, record.project)
        successor = self.store.get(successor_id).model if successor_id is not None else None
        moved, entry = lifecycle.transition(
            record, to, grant, why, at, brief_id=brief_id, successor=successor
        )
        return self._write(stored, moved, entry)

    def revise(
        self,
        stored: StoredFile[IntentRecord],
        changes: Mapping[str, Any],
        principal: Principal,
        why: str,
        at: datetime,
    ) -> StoredFile[IntentRecord]:
        """Edit what a record says, on the base of the reading `stored`.

        Raises:
            MissingAuthority, IllegalTransition, BrokenFiles: the edit is refused.
            StaleEdit, CannotSave: it could not be written; file and ledger are as they were.
        """
        record = stored.model
        grant = self.authority.require(principal, lifecycle.action_to_revise(record.status), record.project)
        revised, entry = lifecycle.revise(record, changes, grant, why, at)
        return self._write(stored, revised, entry)

    def confirm(
        self, record_id: str, principal: Principal, why: str, at: datetime
    ) -> StoredFile[IntentRecord]:
        """Append to the ledger that a record was read and is still true; its file stays as it is.

        Raises:
            UnknownRecord: no such record.
            MissingAuthority: only a human with `accept_intent` may.
            IllegalTransition: it does not guide runs, or its status was changed by hand.
            CannotSave: the ledger is as it was.
        """
        stored = self.store.get(record_id)
        grant = self.authority.require(principal, "accept_intent", stored.model.project)
        wrong = [each for each in self.ledger.examine(stored.model) if each.about != "content"]
        if wrong:
            raise IllegalTransition(f"{record_id}: {wrong[0].told}", next_step="take the step that was meant")
        self.ledger.append(lifecycle.confirm(stored.model, grant, why, at))
        return stored

    def _write(
        self, stored: StoredFile[IntentRecord], changed: IntentRecord, entry: LedgerEntry
    ) -> StoredFile[IntentRecord]:
        try:
            before, _ = read_plain_file(stored.file, MAX_FILE_BYTES)
        except FileNotFoundError:
            raise StaleEdit(stored.file, "(the file is gone)") from None
        saved = self.store.save(changed, stored.digest)
        try:
            self.ledger.append(entry)
        except AlloyError:
            self.store.restore(saved, before)
            raise
        return saved
