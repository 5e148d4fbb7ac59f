"""Waive evidence for a while, take a waiver back, list waivers (spec 2.3). Only a human may."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from alloynb.application.check_evidence import UnknownEvidence
from alloynb.application.decide_intent import full_id
from alloynb.application.leniencies import find_by_beginning, read_leniencies, withdraw
from alloynb.application.workspace import Workspace
from alloynb.errors import Refused
from alloynb.intent.leniency import GrantedWaiver, State, WaiverStore, end_of, reason_of
from runtime_artifacts.identity import new_id


class NotValidNow(Refused):
    """There is nothing to withdraw: it is over, or was withdrawn before."""


@dataclass(frozen=True)
class WaiveEvidence:
    """Please do not demand this evidence for a while.

    Attributes:
        evidence_id: `<record id>#<evidence id>`; the project's prefix may be left out.
        until: `2027-01-31`, or `90d`.
    """

    evidence_id: str
    until: str
    why: str


@dataclass(frozen=True)
class WithdrawWaiver:
    """Please demand the evidence again; `waiver_id` may be the beginning of an id."""

    waiver_id: str
    why: str


@dataclass(frozen=True)
class KnownWaiver:
    """A waiver, and whether it holds.

    Attributes:
        file: to be committed.
    """

    waiver: GrantedWaiver
    state: State
    file: Path


def waive_evidence(workspace: Workspace, command: WaiveEvidence) -> KnownWaiver:
    """Write a waiver. It never proves anything: what it covers is `waived`, not satisfied.

    Raises:
        MissingAuthority: only a human with `accept_intent` may.
        UnknownEvidence: no accepted or active record has this evidence; near ids are named.
        NotAnEnd, NoReason: the end cannot be read, is past, or too far away; no reason is given.
        CannotSave: nothing was written.
    """
    grant = workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    evidence_id = full_id(workspace, command.evidence_id)
    known = [
        each.global_id(record.id)
        for record in workspace.intent.load_all()
        if record.guides_runs
        for each in record.evidence
    ]
    if evidence_id not in known:
        near = ", ".join(difflib.get_close_matches(evidence_id, known, n=3))
        raise UnknownEvidence(
            f"no accepted or active record has the evidence {evidence_id!r}",
            next_step=f"near it: {near}" if near else "`alloynb intent show RECORD_ID` names its evidence",
        )
    now = workspace.clock()
    store = WaiverStore(workspace.alloy_dir)
    stored = store.create(
        GrantedWaiver(
            id=new_id("waiver"),
            evidence_id=evidence_id,
            who=grant.principal.name,
            why=reason_of(command.why),
            granted_at=now,
            until=end_of(command.until, now),
        )
    )
    read_leniencies(workspace)
    return KnownWaiver(stored.model, "valid", stored.file)


def withdraw_waiver(workspace: Workspace, command: WithdrawWaiver) -> KnownWaiver:
    """Take a waiver back; its file stays and says so.

    Raises:
        MissingAuthority: only a human with `accept_intent` may.
        UnknownLeniency: there is no such waiver, or several begin so.
        NotValidNow: it is over already.
        StaleEdit, CannotSave: the file is as it was.
    """
    grant = workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    store = WaiverStore(workspace.alloy_dir)
    stored = find_by_beginning(store, command.waiver_id, store.load_all())
    state = stored.model.state(workspace.clock())
    if state in {"expired", "withdrawn"}:
        raise NotValidNow(f"{stored.model.id} is {state} already")
    saved = withdraw(workspace, store, stored, grant.principal.name, reason_of(command.why))
    read_leniencies(workspace)
    return KnownWaiver(saved.model, "withdrawn", saved.file)


def list_waivers(workspace: Workspace) -> tuple[KnownWaiver, ...]:
    """All waivers, what ends last last.

    Raises:
        BrokenFiles: a file cannot be read.
    """
    store, now = WaiverStore(workspace.alloy_dir), workspace.clock()
    found = sorted(store.load_all(), key=lambda each: (each.until, each.id))
    return tuple(KnownWaiver(each, each.state(now), store.file_of(each.id)) for each in found)
