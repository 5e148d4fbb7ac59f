"""Approvals, verified before anything runs: what a run needs, who it is trusted from, what holds now (spec 3.8, 5.5).

The trust model is written down in `artifacts/decisions/0008-whose-keys-a-runner-trusts.md`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from foundry_kernel.errors import Unsafe
from foundry_kernel.runner.configuration import configuration_folder
from foundry_kernel.runner.run_folder import RunFolder
from foundry_kernel.runner.workspace import ALLOY_FOLDER, RunnerWorkspace
from runtime_artifacts.approval import APPROVAL, Approval, ApprovalScope
from runtime_artifacts.approval_search import approvals_on_shelf
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import Artifact, format_timestamp, parse_timestamp
from runtime_artifacts.errors import ArtifactError, UntrustedApproval
from runtime_artifacts.execution_request import ExecutionRequest, FoundryCall
from runtime_artifacts.formation_brief import FormationBrief, FoundryControls
from runtime_artifacts.kinds import read_file
from runtime_artifacts.signing import TRUSTED_KEYS_FOLDER, TrustedKey, read_trusted_keys, verify_approval

CLOCK_SKEW = timedelta(minutes=5)
ALLOY_REFERENCE = "alloy"
_PROJECT_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


class ApprovalRefused(Unsafe):
    """Root of what stops a run for lack of a genuine approval that holds.

    Attributes:
        recovery_actions: names of what a human can do next.
    """

    recovery_actions: tuple[str, ...] = ("re_approve", "switch_to_dry_run")


class ApprovalForged(ApprovalRefused):
    """An approval is not genuine: its signature, signer or statement does not hold."""


class ApprovalOfAnotherBrief(ApprovalRefused):
    """A genuine approval of something else was sent along."""


class ApprovalOfAnotherProject(ApprovalRefused):
    """A genuine approval for another project was sent along."""


class ApprovalOfAnotherRevision(ApprovalRefused):
    """What is approved is approved for another commit."""


class ApprovalExpired(ApprovalRefused):
    """What is approved was approved for a time that is over."""


class ApprovalNotYetValid(ApprovalRefused):
    """An approval says that it was given later than now."""


class ScopeNotApproved(ApprovalRefused):
    """Nobody approved this scope."""


class NotWhatWasApproved(ApprovalRefused):
    """The request begins otherwise than the brief that was approved."""

    recovery_actions = ("recompile", "re_approve", "switch_to_dry_run")


@dataclass(frozen=True)
class TrustedKeys:
    """Keys whose signatures count for one project.

    Attributes:
        source: where they were read from, for people.
        own: they are the runner's own; otherwise whoever can write to the workspace decides whom it trusts.
    """

    keys: tuple[TrustedKey, ...]
    source: str
    own: bool

    @property
    def note(self) -> str:
        """What a reader of the run has to know about the trust, or nothing."""
        if self.own:
            return ""
        return f"trusted keys come from the workspace ({self.source}): whoever can write there decides whom it trusts"


@dataclass(frozen=True)
class Granted:
    """What a request's approvals allow at this moment.

    Attributes:
        approvals: genuine ones that hold now.
        scopes: what they cover together.
        idle: genuine ones that do not hold now, which allow nothing.
        signers: key ids by approval id.
    """

    approvals: tuple[Artifact[Approval], ...] = ()
    idle: tuple[Artifact[Approval], ...] = ()
    scopes: frozenset[ApprovalScope] = frozenset()
    signers: Mapping[str, tuple[str, ...]] | None = None
    trust: TrustedKeys | None = None

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Plain JSON value for the run's folder: who approved what, by which key, and where trust comes from."""
        return {
            "verified_at": format_timestamp(now),
            "scopes": sorted(self.scopes),
            "keys_from": self.trust.source if self.trust else "",
            "note": self.trust.note if self.trust else "",
            "approvals": [
                {
                    "id": each.id,
                    "digest": each.digest,
                    "approved_by": each.content.approved_by,
                    "scopes": list(each.content.scopes),
                    "expires_at": each.content.expires_at,
                    "keys": list((self.signers or {}).get(each.id, ())),
                }
                for each in self.approvals
            ],
        }


def read_trust(
    workspace: RunnerWorkspace, project_id: str, environment: Mapping[str, str] = os.environ
) -> TrustedKeys:
    """Read the keys that this runner trusts for a project.

    The runner's own are in `$XDG_CONFIG_HOME/foundry/trusted_keys/<project>/`. As soon as that `trusted_keys` folder
    exists, no key of any workspace counts, not even for a project that it does not name.

    Raises:
        ApprovalRefused: the project's name cannot be that of a folder, or the runner's configuration cannot be read.
        ArtifactError: a key's file is damaged; then no key counts.
    """
    own = configuration_folder(environment) / "foundry" / TRUSTED_KEYS_FOLDER
    if _is_there(own):
        if not _PROJECT_FOLDER.fullmatch(project_id):
            raise ApprovalRefused(
                f"{project_id[:80]!r} is not the name of a project that keys could be kept for"
            )
        folder = own / project_id
        return TrustedKeys(read_trusted_keys(folder), str(folder), own=True)
    folder = workspace.root / ALLOY_FOLDER / TRUSTED_KEYS_FOLDER
    return TrustedKeys(read_trusted_keys(folder), str(folder), own=False)


def needed_scopes(call: FoundryCall, controls: FoundryControls, *, mutates: bool) -> frozenset[ApprovalScope]:
    """Say what has to be approved before a run may begin.

    A dry run needs nothing: no mutator runs. Neither does `audit_only`: what changes a tree does so in a scratch
    worktree that is thrown away, and what reaches further is simulated.

    Args:
        mutates: the formation holds a mutator.
    """
    if not mutates or call.throttle != "full":
        return frozenset()
    actions = call.payload.get("actions")
    allowed: Mapping[str, Any] = actions if isinstance(actions, dict) else {}
    needed: set[ApprovalScope] = {"mutation"}
    if controls.commit_allowed or controls.push_allowed or allowed.get("push"):
        needed.add("commit")
    if call.entry_event.startswith("release") or allowed.get("release"):
        needed.add("release")
    return frozenset(needed)


def refuse_other_than_approved(call: FoundryCall, brief: FormationBrief) -> None:
    """Refuse a call that the approved digest says nothing about: what begins the run must be what the brief holds.

    Raises:
        NotWhatWasApproved: another entry event, or another payload beyond the reference to the brief.
    """
    if call.entry_event != brief.foundry.entry_event:
        raise NotWhatWasApproved(
            f"the request begins with {call.entry_event}, the approved brief with {brief.foundry.entry_event}",
            next_step="compile a brief for this, and have it approved",
        )
    payload = {name: value for name, value in call.payload.items() if name != ALLOY_REFERENCE}
    if digest_of(payload) != digest_of(brief.foundry.payload):
        raise NotWhatWasApproved(
            "the payload of the request is not the payload of the approved brief",
            next_step="compile a brief with this payload, and have it approved",
        )


def verify_approvals(
    request: ExecutionRequest,
    approvals: Iterable[Artifact[Approval]],
    trusted_keys: TrustedKeys,
    needed: Collection[ApprovalScope],
    now: datetime,
    *,
    further: Iterable[Artifact[Approval]] = (),
) -> Granted:
    """Make sure that the scopes which a request needs are approved, for its brief, project and revision, now.

    An approval that is not genuine, or of something else, is refused whether it is needed or not. One that is genuine
    but does not hold now (expired, from the future, of another revision) allows nothing.

    Args:
        approvals: those that the request names.
        further: others of the same brief that were found; they may help, and cannot hinder.
        now: aware time.

    Raises:
        ApprovalForged, ApprovalOfAnotherBrief, ApprovalOfAnotherProject: an approval that the request names.
        ApprovalExpired, ApprovalNotYetValid, ApprovalOfAnotherRevision, ScopeNotApproved: a needed scope is missing.
        SigningUnavailable: there is something to verify, and nothing to verify it with.
    """
    genuine = {each.digest: (each, _signers_of(each, request, trusted_keys)) for each in approvals}
    for each in further:
        if each.digest not in genuine:
            try:
                genuine[each.digest] = (each, _signers_of(each, request, trusted_keys))
            except ApprovalRefused:
                continue
    standing, idle = [], []
    for approval, signers in genuine.values():
        reason = _why_not_now(approval, request, now)
        if reason is None:
            standing.append((approval, signers))
        else:
            idle.append((approval, reason))
    scopes = frozenset(scope for approval, _ in standing for scope in approval.content.scopes)
    missing = sorted(set(needed) - scopes)
    if missing:
        raise _missing(request, missing, idle, trusted_keys)
    return Granted(
        approvals=tuple(approval for approval, _ in standing),
        idle=tuple(approval for approval, _ in idle),
        scopes=scopes,
        signers={approval.id: tuple(key.keyid for key in signers) for approval, signers in standing},
        trust=trusted_keys,
    )


def granted_to_run(
    folder: RunFolder,
    workspace: RunnerWorkspace,
    trust: TrustedKeys,
    now: datetime,
    needed: Collection[ApprovalScope] = (),
) -> Granted:
    """Verify anew what a run may do: by the copies in its folder, and by what was approved since.

    Nothing that stands in the folder is believed, `approved.json` neither: signatures are.

    Raises:
        ApprovalRefused: a needed scope is not approved now, or the copy of the request was exchanged.
        ArtifactError: the copy of the request is damaged.
    """
    request = folder.request()
    if request.digest != folder.record().request_digest:
        raise ApprovalRefused(f"the copy of the request in {folder.path} was exchanged")
    copies = (folder.artifacts / "approvals").glob("*.json")
    found = [each for file in sorted(copies) if (each := _readable(file)) is not None]
    further = (*found, *approvals_on_shelf(workspace.shelf, request.content.brief.digest))
    return verify_approvals(request.content, (), trust, needed, now, further=further)


def _readable(file: Path) -> Artifact[Approval] | None:
    try:
        return read_file(APPROVAL, file)
    except ArtifactError:
        return None


def _signers_of(
    approval: Artifact[Approval], request: ExecutionRequest, trust: TrustedKeys
) -> tuple[TrustedKey, ...]:
    content, told = approval.content, _told(approval)
    try:
        signers = verify_approval(content, trust.keys)
    except UntrustedApproval as error:
        raise ApprovalForged(
            f"{told}: {error.message}",
            next_step=error.next_step or f"trusted keys are those of {trust.source}; approve the brief again",
        ) from error
    subject = (content.subject_kind, content.subject_id, content.subject_digest)
    if subject != ("formation_brief", request.brief.id, request.brief.digest):
        raise ApprovalOfAnotherBrief(
            f"{told} is of {content.subject_kind} {content.subject_id} {content.subject_digest}, not of this brief",
            next_step="approve this brief",
        )
    if content.project_id != request.project_id:
        raise ApprovalOfAnotherProject(
            f"{told} is for project {content.project_id!r}, the request for {request.project_id!r}",
            next_step="approve the brief for this project",
        )
    return signers


def _why_not_now(
    approval: Artifact[Approval], request: ExecutionRequest, now: datetime
) -> ApprovalRefused | None:
    """Why a genuine approval allows nothing to this request at this moment, or None when it does.

    A bound revision is exact: the drift policy is the requester's word, and nobody signed it.
    """
    content, told = approval.content, _told(approval)
    if content.revision is not None and content.revision != request.repo.revision:
        return ApprovalOfAnotherRevision(
            f"{told} is for revision {content.revision}, the request for {request.repo.revision}",
            next_step="approve the brief for this revision",
        )
    if parse_timestamp(content.approved_at) > now + CLOCK_SKEW:
        return ApprovalNotYetValid(
            f"{told} was given at {content.approved_at}, and here it is {format_timestamp(now)}",
            next_step="set the clock right, or approve the brief again",
        )
    if parse_timestamp(content.expires_at) <= now:
        return ApprovalExpired(
            f"{told} expired at {content.expires_at}",
            next_step="approve the brief again, or request it at throttle dry_run",
        )
    return None


def _missing(
    request: ExecutionRequest,
    missing: list[ApprovalScope],
    idle: list[tuple[Artifact[Approval], ApprovalRefused]],
    trust: TrustedKeys,
) -> ApprovalRefused:
    """The refusal that says most: why the approval that would cover it does not, or that there is none."""
    for approval, reason in idle:
        if set(approval.content.scopes) & set(missing):
            return reason
    call = request.foundry
    names = " and ".join(missing)
    told = (
        f"{call.entry_event} at throttle {call.throttle} would change the repository, "
        f"and {names} is not approved by anybody"
    )
    if not trust.keys:
        told += f"; no key is trusted in {trust.source}"
    scopes = " ".join(f"--scope {scope}" for scope in missing)
    step = f"alloynb brief approve {request.brief.id} {scopes}, or request it at throttle dry_run"
    return ScopeNotApproved(told, next_step=step)


def _told(approval: Artifact[Approval]) -> str:
    return f"approval {approval.id} by {approval.content.approved_by[:80]}"


def _is_there(path: Path) -> bool:
    """Whether anything stands at a path; when nobody can tell, nothing may be trusted."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ApprovalRefused(f"{path} cannot be looked at: {error.strerror}") from error
    return True
