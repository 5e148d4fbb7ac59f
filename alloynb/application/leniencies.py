"""What is allowed for a while in a workspace, read from its files, and told to the evidence store (spec 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.evidence.decision_facts import exception_fact, waiver_fact
from alloynb.evidence.run_facts import record_of
from alloynb.intent.leniency import (
    ExceptionStore,
    Granted,
    GrantedException,
    GrantedWaiver,
    WaiverStore,
    Withdrawal,
)
from alloynb.intent.yaml_folder import StoredFile, YamlFolder
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.journal import Fact

LeniencyT = TypeVar("LeniencyT", bound=Granted)


class UnknownLeniency(AlloyError):
    """No waiver or exception has this id, or more than one begins so."""


@dataclass(frozen=True)
class Leniencies:
    """Every waiver and exception of a repository, also those that are over."""

    waivers: tuple[GrantedWaiver, ...]
    exceptions: tuple[GrantedException, ...]

    def waived(self, at: datetime) -> dict[str, GrantedWaiver]:
        """By evidence id, the waiver that holds at an aware moment; of several, the one that lasts longest."""
        valid = sorted(
            (each for each in self.waivers if each.state(at) == "valid"), key=lambda each: each.until
        )
        return {each.evidence_id: each for each in valid}

    def told(self, at: datetime) -> tuple[str, ...]:
        """Everything that is allowed at a moment, one line each, what ends first first."""
        everything: list[GrantedWaiver | GrantedException] = [*self.waivers, *self.exceptions]
        valid = [each for each in everything if each.state(at) == "valid"]
        return tuple(
            _line(each) for each in sorted(valid, key=lambda each: (each.until, each.evidence_id, each.id))
        )


def read_leniencies(workspace: Workspace) -> Leniencies:
    """Read all files, and keep what they say as facts, once for each thing that is said.

    Raises:
        BrokenFiles: a file cannot be read; nothing is allowed by mistake.
        StoreBusy, StoreUnavailable: the facts cannot be kept.
    """
    found = Leniencies(
        WaiverStore(workspace.alloy_dir).load_all(), ExceptionStore(workspace.alloy_dir).load_all()
    )
    project = workspace.settings.project
    facts = [
        *(_waiver_fact(each, project) for each in found.waivers),
        *(_exception_fact(each, project) for each in found.exceptions),
    ]
    if facts:
        workspace.warehouse.record(facts)
    return found


def find_by_beginning(
    folder: YamlFolder[LeniencyT],
    beginning: str,
    choices: Sequence[LeniencyT],
    next_step: str = "`alloynb waive` lists what there is",
) -> StoredFile[LeniencyT]:
    """Find one file by its id, or the beginning of it; `next_step` says where ids are found.

    Raises:
        UnknownLeniency: none fits, or several.
    """
    found = [each.id for each in choices if each.id.startswith(beginning)]
    if len(found) != 1 or not beginning:
        why = f"could be any of {len(found)}" if found else "is not known"
        raise UnknownLeniency(f"{beginning!r} {why}", next_step=next_step)
    return folder.get(found[0])


def withdraw(
    workspace: Workspace, folder: YamlFolder[LeniencyT], stored: StoredFile[LeniencyT], who: str, why: str
) -> StoredFile[LeniencyT]:
    """Write into a file that it was taken back.

    Raises:
        StaleEdit, CannotSave: the file is as it was.
    """
    withdrawal = Withdrawal(by=who, at=workspace.clock(), why=why)
    return folder.save(stored.model.model_copy(update={"withdrawn": withdrawal}), stored.digest)


def _line(each: GrantedWaiver | GrantedException) -> str:
    if isinstance(each, GrantedWaiver):
        return f"{each.evidence_id} is waived by {each.told()} ({each.id})"
    where = " in ".join(part for part in (each.finding_id or "findings", each.path) if part)
    return f"{each.evidence_id}: {where} allowed by {each.told()} ({each.id})"


def _waiver_fact(each: GrantedWaiver, project: str) -> Fact:
    taken = each.withdrawn
    return waiver_fact(
        project_id=project,
        waiver_id=each.id,
        record_id=record_of(each.evidence_id),
        evidence_id=each.evidence_id,
        principal=taken.by if taken else each.who,
        why=taken.why if taken else each.why,
        until=each.until,
        at=taken.at if taken else each.granted_at,
        status="withdrawn" if taken else "granted",
        key=_key(each),
    )


def _exception_fact(each: GrantedException, project: str) -> Fact:
    taken = each.withdrawn
    return exception_fact(
        project_id=project,
        exception_id=each.id,
        record_id=record_of(each.evidence_id),
        finding_id=each.finding_id,
        path=each.path,
        principal=taken.by if taken else each.who,
        why=taken.why if taken else each.why,
        until=each.until,
        at=taken.at if taken else each.granted_at,
        status="withdrawn" if taken else "granted",
        key=_key(each),
    )


def _key(each: GrantedWaiver | GrantedException) -> str:
    return f"{each.id}/{digest_of(each.model_dump(mode='json'))}"
