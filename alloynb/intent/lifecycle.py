"""The lifecycle of a record: which steps exist, who may take them, and what they ask for (spec 2.2).

Pure: a step takes a record and gives the changed record and its ledger entry; nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alloynb.intent.authority import Action, Grant, PrincipalKind
from alloynb.intent.document_model import changed_model
from alloynb.intent.errors import IllegalTransition, MissingAuthority
from alloynb.intent.ledger_entry import LedgerEntry, new_entry_id
from alloynb.intent.record import GUIDING, IntentRecord, Status
from alloynb.intent.relationship_graph import links_of

_ANYONE: frozenset[PrincipalKind] = frozenset({"human", "assistant", "machine"})
_DRAFTERS: frozenset[PrincipalKind] = frozenset({"human", "assistant"})
_HUMANS: frozenset[PrincipalKind] = frozenset({"human"})
_DRAFTS: frozenset[Status] = frozenset({"hypothesized", "proposed"})
_NEVER_REVISED = {"id", "status", "version", "created_at", "updated_at"}


@dataclass(frozen=True, slots=True)
class Step:
    """The rule of one transition.

    Attributes:
        who: kinds of principals that may take it.
        action: the authority that it needs.
        link: what must be named with it, in words; empty when nothing.
    """

    who: frozenset[PrincipalKind]
    action: Action
    link: str = ""


_DECISION = Step(_HUMANS, "accept_intent")
_SUCCESSION = Step(_HUMANS, "accept_intent", link="the record that supersedes it")

TRANSITIONS: Mapping[tuple[Status | None, Status], Step] = {
    (None, "hypothesized"): Step(_ANYONE, "edit_hypotheses"),
    (None, "proposed"): Step(_DRAFTERS, "edit_hypotheses"),
    ("hypothesized", "proposed"): Step(_DRAFTERS, "edit_hypotheses"),
    ("hypothesized", "accepted"): _DECISION,
    ("proposed", "accepted"): _DECISION,
    ("accepted", "active"): Step(_ANYONE, "compile_brief", link="the brief that uses it first"),
    ("accepted", "deprecated"): _DECISION,
    ("active", "deprecated"): _DECISION,
    ("accepted", "contradicted"): _DECISION,
    ("active", "contradicted"): _DECISION,
    ("proposed", "superseded"): _SUCCESSION,
    ("accepted", "superseded"): _SUCCESSION,
    ("active", "superseded"): _SUCCESSION,
    ("contradicted", "superseded"): _SUCCESSION,
    ("hypothesized", "rejected"): _DECISION,
    ("proposed", "rejected"): _DECISION,
}
"""Every step there is, from (None: not there yet) and to."""


def legal_next(status: Status | None) -> tuple[Status, ...]:
    """Name the statuses that can be reached from `status` in one step."""
    return tuple(to for from_, to in TRANSITIONS if from_ == status)


def step_between(status: Status | None, to: Status) -> Step:
    """Find the rule of a step.

    Raises:
        IllegalTransition: there is no such step; with those that there are.
    """
    step = TRANSITIONS.get((status, to))
    if step is None:
        legal = legal_next(status)
        possible = (
            f"possible from here: {', '.join(legal)}" if legal else "nothing follows; write a new record"
        )
        raise IllegalTransition(
            f"no step from {status or 'nothing'} to {to}", legal=legal, next_step=possible
        )
    return step


def begin(
    record: IntentRecord,
    authority: Grant,
    why: str,
    at: datetime,
    *,
    entry_id: Callable[[], str] = new_entry_id,
) -> tuple[IntentRecord, LedgerEntry]:
    """Let a new record enter the lifecycle: as a hypothesis, or as a human's or assistant's draft.

    Raises:
        IllegalTransition: a record begins as hypothesized or proposed only; a machine only hypothesizes.
        MissingAuthority: the grant is not the one that the step needs.
    """
    _permitted(None, record.status, authority, why)
    begun = changed_model(record, {"created_at": at, "updated_at": at, "version": 1})
    return begun, _entry(None, begun, authority, why, at=at, entry_id=entry_id())


def transition(
    record: IntentRecord,
    to: Status,
    authority: Grant,
    why: str,
    at: datetime,
    *,
    brief_id: str | None = None,
    successor: IntentRecord | None = None,
    entry_id: Callable[[], str] = new_entry_id,
) -> tuple[IntentRecord, LedgerEntry]:
    """Take one step of the lifecycle.

    Args:
        authority: the grant for the step's action, from `Authority.require`; it names the principal.
        why: the reason, never blank.
        brief_id: the brief that uses the record first (accepted → active).
        successor: the record that supersedes this one, and says so (→ superseded).

    Raises:
        IllegalTransition: no such step, or something that it asks for is missing; `legal` names the steps there are.
        MissingAuthority: the principal may not take it; no machine ever accepts.
    """
    step = _permitted(record.status, to, authority, why)
    missing = record.missing_for(to)
    if missing:
        told = f"{record.id} cannot become {to}; it lacks: {', '.join(missing)}"
        raise IllegalTransition(told, legal=legal_next(record.status), next_step="edit the record first")
    link = _link(record, to, step, brief_id, successor)
    moved = changed_model(record, {"status": to, "updated_at": max(at, record.updated_at)})
    return moved, _entry(record.status, moved, authority, why, at=at, entry_id=entry_id(), link=link)


def revise(
    record: IntentRecord,
    changes: Mapping[str, Any],
    authority: Grant,
    why: str,
    at: datetime,
    *,
    entry_id: Callable[[], str] = new_entry_id,
) -> tuple[IntentRecord, LedgerEntry]:
    """Change what a record says without moving it; an edit of an accepted or active record counts as a new version.

    Raises:
        IllegalTransition: the record is history, or a change touches what only the lifecycle changes.
        MissingAuthority: drafts need `edit_hypotheses`; accepted intent needs a human with `accept_intent`.
        BrokenFiles: the changed record breaks a rule.
    """
    action = action_to_revise(record.status)
    own = sorted(_NEVER_REVISED & changes.keys())
    if own:
        raise IllegalTransition(f"not changed by an edit: {', '.join(own)}", legal=legal_next(record.status))
    who = _HUMANS if record.status in GUIDING else _ANYONE
    _refuse_without(Step(who, action), f"edit a record that is {record.status}", authority, why)
    version = record.version + 1 if record.status in GUIDING else record.version
    revised = changed_model(record, {**changes, "updated_at": max(at, record.updated_at), "version": version})
    return revised, _entry(record.status, revised, authority, why, at=at, entry_id=entry_id())


def confirm(
    record: IntentRecord,
    authority: Grant,
    why: str,
    at: datetime,
    *,
    entry_id: Callable[[], str] = new_entry_id,
) -> LedgerEntry:
    """Say that a record was read and is still true; the record stays as it is, and somebody stands for it as it is.

    Raises:
        IllegalTransition: it does not guide runs, or no reason is given.
        MissingAuthority: only a human with `accept_intent` may.
    """
    if record.status not in GUIDING:
        raise IllegalTransition(
            f"a record that is {record.status} is not confirmed", legal=legal_next(record.status)
        )
    _refuse_without(Step(_HUMANS, "accept_intent"), "confirm a record", authority, why)
    entry = _entry(record.status, record, authority, why, at=at, entry_id=entry_id())
    return entry.model_copy(update={"act": "confirmed"})


def action_to_revise(status: Status) -> Action:
    """Name the authority that editing a record in this status needs.

    Raises:
        IllegalTransition: such a record is history and is not edited.
    """
    if status in GUIDING:
        return "accept_intent"
    if status in _DRAFTS:
        return "edit_hypotheses"
    raise IllegalTransition(
        f"a record that is {status} is history and is not edited",
        legal=legal_next(status),
        next_step="write a new record that supersedes it",
    )


def _permitted(status: Status | None, to: Status, authority: Grant, why: str) -> Step:
    step = step_between(status, to)
    _refuse_without(step, f"make a record {to}", authority, why)
    return step


def _refuse_without(step: Step, act: str, authority: Grant, why: str) -> None:
    principal = authority.principal
    if principal.kind not in step.who:
        able = " or ".join(sorted(step.who, reverse=True))
        raise MissingAuthority(f"{principal.name} is a {principal.kind}; only a {able} may {act}")
    if authority.action != step.action:
        raise MissingAuthority(
            f"to {act}, {principal.name} needs the authority {step.action}, not {authority.action}"
        )
    if not why.strip():
        raise IllegalTransition("a reason is missing", next_step="say why; the ledger keeps it")


def _link(
    record: IntentRecord, to: Status, step: Step, brief_id: str | None, successor: IntentRecord | None
) -> str | None:
    if to == "active":
        link, hint = brief_id, "pass the id of the brief"
    elif to == "superseded":
        says_so = successor is not None and ("supersedes", record.id) in {
            found[:2] for found in links_of(successor)
        }
        link = successor.id if successor is not None and says_so else None
        hint = f"the newer record says `supersedes: {record.id}`"
    else:
        return None
    if not link:
        told = f"{record.id} cannot become {to} without {step.link}"
        raise IllegalTransition(told, legal=legal_next(record.status), next_step=hint)
    return link


def _entry(
    before: Status | None,
    record: IntentRecord,
    authority: Grant,
    why: str,
    *,
    at: datetime,
    entry_id: str,
    link: str | None = None,
) -> LedgerEntry:
    return LedgerEntry(
        entry_id=entry_id,
        record_id=record.id,
        at=at,
        who=authority.principal.name,
        who_kind=authority.principal.kind,
        from_status=before,
        to_status=record.status,
        why=why,
        authority=str(authority),
        record_digest=record.content_digest(),
        version=record.version,
        link=link,
    )
