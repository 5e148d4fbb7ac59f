"""A form that writes one intent record, new or standing; it is proposed and accepted from the same place (spec 7.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from alloynb.application.decide_intent import (
    DecidedIntent,
    DecideIntent,
    DraftIntent,
    decide_intent,
    draft_intent,
)
from alloynb.application.revise_intent import (
    OWNED_BY_THE_LIFECYCLE,
    OpenedIntent,
    ReviseIntent,
    merge_fields,
    open_intent,
    revise_intent,
)
from alloynb.errors import AlloyError
from alloynb.faces.widgets.draft_reading import DraftDesk
from alloynb.faces.widgets.live import Act, Live, Payload, UnfitMessage, group_in, text_in
from alloynb.faces.widgets.record_card import RecordCard
from alloynb.faces.widgets.record_plan import record_plan
from alloynb.intent.errors import StaleEdit
from alloynb.intent.lifecycle import legal_next
from alloynb.intent.record import IntentRecord

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace
    from alloynb.intent.record import Status

SaveNew = Callable[[dict[str, Any], str, str], DecidedIntent]
"""Makes a record of fields, a slug and a reason."""

_REASON = "written in a form"
_EDITED = frozenset({"hypothesized", "proposed", "accepted", "active"})


class IntentForm(Live):
    """Write a record. `value` is the record as it stands in the form, or None while something is wrong with it.

    Attributes:
        draft: the fields as they stand in the form, plain JSON.
        reading: what is told beside them.
    """

    module = "intent_form"

    plan = traitlets.Dict().tag(sync=True)
    suggestions = traitlets.Dict().tag(sync=True)
    draft = traitlets.Dict().tag(sync=True)
    reading = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        workspace: Workspace,
        record_id: str | None = None,
        *,
        fields: Mapping[str, Any] | None = None,
        slug: str = "",
        save_new: SaveNew | None = None,
    ) -> None:
        """Open a form.

        Args:
            record_id: id or slug of a record to edit; a new one is begun when None.
            fields, slug: what a new record begins with.
            save_new: makes the new record; by default it is drafted as it stands.

        Raises:
            UnknownRecord, BrokenFiles: the record cannot be read.
        """
        self._desk = DraftDesk(workspace)
        self._opened: OpenedIntent | None = None
        self._slug = slug
        self._save_new = save_new or self._draft_new
        self._said = ""
        self._generation = 0
        person = workspace.principal.name
        begun = {"sources": [{"source_type": "human", "ref": person}], "owner": person} | dict(fields or {})
        super().__init__(plan=record_plan(), suggestions=self._desk.suggestions())
        self.observe(self._read, "draft")
        if record_id is None:
            self._show(begun)
        else:
            self.load(record_id)

    @property
    def workspace(self) -> Workspace:
        """Where records are written."""
        return self._desk.workspace

    @property
    def fields(self) -> dict[str, Any]:
        """The fields as they stand in the form."""
        return dict(self.draft)

    @property
    def status(self) -> str:
        """Status of the record that is edited; `draft` while it is new."""
        return self._opened.record.status if self._opened else "draft"

    def twin(self) -> RecordCard:
        """The record as a card, with the questions that are open."""
        found, _ = self._desk.read(self.draft, self._slug)
        record: Any = self._opened.record if self._opened and not self.reading["unsaved"] else self.draft
        return RecordCard(record, found.truisms, status=self.status)

    def acts(self) -> Mapping[str, Act]:
        """Save, propose, accept; merge or drop one's edit when somebody else was first."""
        return {
            "save": lambda said: self.save(*_said(self, said)),
            "propose": lambda said: self.propose(*_said(self, said)),
            "accept": lambda said: self.accept(*_said(self, said)),
            "merge": self._merge,
            "take_theirs": lambda _: self._take_theirs(),
        }

    def load(self, record_id: str) -> None:
        """Edit another record, as its file stands now.

        Raises:
            UnknownRecord, BrokenFiles: it cannot be read.
        """
        self._opened = open_intent(self.workspace, record_id)
        self._slug = self._opened.record.slug
        self._show(self._opened.fields)

    def save(self, why: str = "") -> IntentRecord:
        """Write the record: a new one proposed when all five texts are there, else as a hypothesis.

        Raises:
            BrokenFiles: a field is wrong.
            StaleEdit: somebody else changed the file; `view["conflict"]` says what, nothing was written.
            AlreadyExists, NotASlug, MissingAuthority, IllegalTransition: it may not be written so.
        """
        reason = why.strip() or _REASON
        if self._opened is None:
            saved = self._save_new(self.fields, self._slug, reason)
        else:
            command = ReviseIntent(self._opened.record.id, self.draft, self._opened.read_digest, reason)
            try:
                saved = revise_intent(self.workspace, command)
            except StaleEdit as error:
                self._tell_conflict(self._opened, error)
                raise StaleEdit(error.file or self._opened.file, "") from error
        self._said = f"Saved: {saved.record.id} is {saved.record.status}."
        self.load(saved.record.id)
        return saved.record

    def propose(self, why: str) -> IntentRecord:
        """Save, and propose the record to others.

        Raises:
            AlloyError: as `save`, or the step is not possible.
        """
        return self._move("proposed", why)

    def accept(self, why: str) -> IntentRecord:
        """Save, and accept the record: from now on it guides runs.

        Raises:
            AlloyError: as `save`, or the step is not possible, or no reason is given.
        """
        if not why.strip():
            raise AlloyError("a reason is missing", next_step="say why it is accepted; the ledger keeps it")
        return self._move("accepted", why)

    def _move(self, to: Status, why: str) -> IntentRecord:
        written = self._opened is not None and not self.reading["unsaved"]
        record = self._opened.record if self._opened is not None and written else self.save(why)
        if record.status == to:
            return record
        moved = decide_intent(
            self.workspace, DecideIntent(record.id, to, why.strip() or "proposed in a form")
        )
        self._said = f"{moved.record.id} is {moved.record.status}."
        self.load(moved.record.id)
        return moved.record

    def _draft_new(self, fields: dict[str, Any], slug: str, why: str) -> DecidedIntent:
        found, _ = self._desk.read(fields, slug)
        status: Status = "hypothesized" if found.lacks_to_propose else "proposed"
        return draft_intent(self.workspace, DraftIntent(slug, fields, why, status))

    def _merge(self, payload: Payload) -> None:
        base = self._opened
        if base is None:
            raise UnfitMessage("nothing is edited that could be merged")
        mine = group_in(payload, "fields")
        theirs = open_intent(self.workspace, base.record.id)
        merged = merge_fields(base.fields, mine, theirs.fields)
        self._opened = theirs
        self._said = "Your changes stand on top of theirs; save to write them."
        self._show(merged.fields)

    def _take_theirs(self) -> None:
        if self._opened is not None:
            self._said = "This is the record as they left it."
            self.load(self._opened.record.id)

    def _tell_conflict(self, base: OpenedIntent, error: StaleEdit) -> None:
        theirs = open_intent(self.workspace, base.record.id)
        merged = merge_fields(base.fields, self.draft, theirs.fields)
        conflict = {"difference": error.difference, "theirs": list(merged.theirs), "both": list(merged.both)}
        self.view = {**self.view, "conflict": conflict}

    def _show(self, fields: Mapping[str, Any]) -> None:
        """Put fields into the form; the browser draws it anew."""
        self._generation += 1
        opened = self._opened
        changed = self.draft != dict(fields)
        self.draft = dict(fields)
        if not changed:
            self._read()
        self.view = {
            "generation": self._generation,
            "project": self.workspace.settings.project,
            "is_new": opened is None,
            "id": opened.record.id if opened else "",
            "slug": self._slug,
            "status": self.status,
            "file": str(opened.file.relative_to(self.workspace.root)) if opened else "",
            "may": self._may(),
            "conflict": None,
            "said": self._said,
        }

    def _may(self) -> list[str]:
        if self._opened is None:
            return ["save", "accept"]
        status = self._opened.record.status
        names: dict[str, Status] = {"propose": "proposed", "accept": "accepted"}
        steps = [name for name, to in names.items() if to in legal_next(status)]
        return [*(["save"] if status in _EDITED else []), *steps]

    def _read(self, _: object = None) -> None:
        fields = {name: each for name, each in self.draft.items() if name not in OWNED_BY_THE_LIFECYCLE}
        found, told = self._desk.read(fields, self._slug)
        opened = self._opened
        self.reading = {**told, "unsaved": opened is None or fields != opened.fields}
        record = found.record
        if record is not None and opened is not None:
            kept = opened.record.model_dump(include=set(OWNED_BY_THE_LIFECYCLE))
            record = record.model_copy(update=kept)
        self.value = record


def _said(form: IntentForm, payload: Payload) -> tuple[str]:
    """Take over what the form in the browser says, and answer the reason.

    Raises:
        UnfitMessage: the message says something else.
    """
    form._slug = text_in(payload, "slug", most=200).strip()
    form.draft = group_in(payload, "fields")
    return (text_in(payload, "why", most=2000),)
