"""Approve a brief: a signed statement over its digest, for a scope and a time (spec 3.2, 3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alloynb.application.brief_lifecycle import standing_of, take_step
from alloynb.application.signing_keys import SigningKey, SigningKeys, own_signing_keys
from alloynb.application.source_changes import refuse_changed_source
from alloynb.application.trust_keys import AUTHORITY_FOR, SCOPES, trusted_keys
from alloynb.application.workspace import COMPILER_VERSION, Workspace
from alloynb.archaeology.checkout import resolve_revision
from alloynb.errors import AlloyError, CannotRun, Refused
from alloynb.intent.errors import MissingAuthority
from runtime_artifacts.approval import (
    APPROVAL,
    IN_TOTO_PAYLOAD_TYPE,
    Approval,
    ApprovalScope,
    DsseEnvelope,
)
from runtime_artifacts.envelope import Artifact, format_timestamp, seal
from runtime_artifacts.errors import UntrustedApproval
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.identity import new_id
from runtime_artifacts.signing import verify_approval

LONGEST_DAYS = 366
MAX_WHY_CHARACTERS = 2000


class KeyNotTrusted(Refused):
    """The project does not trust the key of who approves, or not for this."""


@dataclass(frozen=True)
class ApproveBrief:
    """Please approve this brief.

    Attributes:
        brief: id or digest of a brief on the shelf, or the beginning of one.
        scopes: what is approved, at least one.
        why: reason for the ledger and the signed statement.
        revision: commit that the approval is bound to; None for any.
        expires_in_days: more than 0, at most 366.
    """

    brief: str
    scopes: tuple[ApprovalScope, ...]
    why: str
    revision: str | None = None
    expires_in_days: float = 7


@dataclass(frozen=True)
class ApprovalPreview:
    """What would be approved.

    Attributes:
        statement: the approval as it would be signed, its envelope empty.
        allows: in plain words, one sentence for each scope.
        cautions: what a person should know before.
    """

    brief: Artifact[FormationBrief]
    statement: Approval
    allows: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class ApprovedBrief:
    """The approval as it lies on the shelf.

    Attributes:
        keyid: key that signed.
        unrecorded: why the evidence store did not take it; empty when it did.
    """

    approval: Artifact[Approval]
    keyid: str
    file: Path
    unrecorded: str = ""


def preview_approval(workspace: Workspace, command: ApproveBrief) -> ApprovalPreview:
    """Say what would be approved, and refuse what may not be; nothing is written.

    Raises:
        AlloyError: no scope, no reason, or a time that is out of range.
        NotOnShelf: no such brief.
        MissingAuthority: the principal may not approve one of the scopes, or is not a human.
        IllegalBriefStep: the brief is a draft, or was rejected, cancelled or archived.
        IntentChanged: the source intent changed since the brief was compiled.
        UnknownRevision: there is no such commit.
    """
    scopes = _checked_scopes(command)
    brief = workspace.shelf.find(FORMATION_BRIEF, command.brief)
    project = workspace.settings.project
    for scope in scopes:
        grant = workspace.authority.require(workspace.principal, AUTHORITY_FOR[scope], project)
        if grant.principal.kind != "human":
            raise MissingAuthority(
                f"{grant.principal.name} is not a human, and only a human approves",
                next_step="ask a person who may",
            )
    if brief.content.identity.project_id != project:
        raise Refused(f"{brief.id} is of project {brief.content.identity.project_id}, this is {project}")
    standing_of(workspace.alloy_dir, brief.id).after(
        {"state": "approved"}
    )  # refuses a draft, or what was closed
    changes = refuse_changed_source(workspace, brief)
    revision = None if command.revision is None else resolve_revision(workspace.root, command.revision)
    now = workspace.clock()
    statement = Approval(
        subject_kind=FORMATION_BRIEF.folder,
        subject_id=brief.id,
        subject_digest=brief.digest,
        scopes=scopes,
        project_id=project,
        approved_by=workspace.principal.name,
        approved_at=format_timestamp(now),
        expires_at=format_timestamp(now + timedelta(days=command.expires_in_days)),
        revision=revision,
        why=command.why.strip(),
        envelope=DsseEnvelope(payload="", payloadType=IN_TOTO_PAYLOAD_TYPE, signatures=()),
    )
    cautions = [*_cautions(statement, brief.content)]
    if changes.not_considered:
        cautions.append(
            "Records that changed since are no part of this brief: " + ", ".join(changes.not_considered)
        )
    return ApprovalPreview(
        brief, statement, tuple(_allowance(scope, brief.content) for scope in scopes), tuple(cautions)
    )


def approve_brief(
    workspace: Workspace, command: ApproveBrief, keys: SigningKeys | None = None
) -> ApprovedBrief:
    """Sign, lay the approval on the shelf, write the step into the brief's ledger, and tell the evidence store.

    Nothing is written before the approval was verified as a runner would verify it.

    Args:
        keys: private keys of this user; those in the user's configuration when None.

    Raises:
        KeyNotTrusted: the principal has no key yet, or one that the project does not trust, or not for this.
        UnsafeKey, CannotRun, SigningUnavailable: the key cannot be read, or something not be written.
        AlloyError, ArtifactError: as `preview_approval`.
    """
    statement = preview_approval(workspace, command).statement
    key = _trusted_key(workspace, statement, keys or own_signing_keys())
    signed = key.sign(statement)
    _verify(workspace, signed)
    approval = seal(
        APPROVAL,
        signed,
        id=new_id(APPROVAL.id_prefix),
        created_at=workspace.clock(),
        created_by=workspace.principal.name,
        compiler_version=COMPILER_VERSION,
    )
    return record_approval(workspace, approval, key.keyid)


def record_approval(workspace: Workspace, approval: Artifact[Approval], keyid: str) -> ApprovedBrief:
    """Lay a verified approval on the shelf, write the step into the brief's ledger, tell the evidence store; once.

    Raises:
        CannotRun, ShelfConflict: it cannot be written.
    """
    file = workspace.shelf.path_of(APPROVAL, approval.digest)
    known = file.exists()
    workspace.shelf.put(APPROVAL, approval)
    if known:
        return ApprovedBrief(approval, keyid, file)
    signed = approval.content
    take_step(
        workspace.alloy_dir,
        signed.subject_id,
        "approved",
        at=signed.approved_at,
        by=signed.approved_by,
        why=signed.why,
        brief_digest=signed.subject_digest,
        approval_id=approval.id,
        approval_digest=approval.digest,
        scopes=list(signed.scopes),
        expires_at=signed.expires_at,
        revision=signed.revision,
    )
    return ApprovedBrief(approval, keyid, file, _told_to_the_store(workspace, approval))


def _checked_scopes(command: ApproveBrief) -> tuple[ApprovalScope, ...]:
    unknown = sorted(set(command.scopes) - set(SCOPES))
    if not command.scopes or unknown:
        told = f"{unknown[0]!r} is no scope" if unknown else "nothing to approve"
        raise AlloyError(told, next_step=f"name at least one of {', '.join(SCOPES)}")
    if not command.why.strip() or len(command.why) > MAX_WHY_CHARACTERS:
        raise AlloyError(
            f"an approval has a reason of 1 to {MAX_WHY_CHARACTERS} characters",
            next_step="say why with --why",
        )
    if not 0 < command.expires_in_days <= LONGEST_DAYS:
        raise AlloyError(f"an approval holds for more than 0 and at most {LONGEST_DAYS} days")
    return tuple(scope for scope in SCOPES if scope in command.scopes)


def _trusted_key(workspace: Workspace, statement: Approval, keys: SigningKeys) -> SigningKey:
    key = keys.find(statement.approved_by)
    if key is None:
        raise KeyNotTrusted(
            f"{statement.approved_by} has no signing key yet",
            next_step="`alloynb key trust` makes one, and trusts it for this project",
        )
    if all(known.keyid != key.keyid for known in trusted_keys(workspace)):
        raise KeyNotTrusted(
            f"key {key.keyid[:16]}… of {statement.approved_by} is not trusted by this project",
            next_step="`alloynb key trust` does; commit the file that it writes",
        )
    return key


def _verify(workspace: Workspace, signed: Approval) -> None:
    """An approval that no runner would take is not laid down."""
    try:
        verify_approval(signed, trusted_keys(workspace))
    except UntrustedApproval as error:
        raise KeyNotTrusted(
            error.message, next_step="`alloynb key trust` takes over what authority.yaml grants by now"
        ) from error


def _told_to_the_store(workspace: Workspace, approval: Artifact[Approval]) -> str:
    """Record the fact. The approval stands without it: it lies on the shelf, and in the ledger of the brief."""
    from alloynb.evidence.run_facts import approval_fact, artifact_fact

    try:
        workspace.warehouse.record([artifact_fact(approval), approval_fact(approval)])
    except CannotRun as error:
        return str(error)
    return ""


def _allowance(scope: ApprovalScope, brief: FormationBrief) -> str:
    controls = brief.foundry
    pushed = ", and push it" if controls.push_allowed else ""
    return {
        "dry_run": f"Rehearse {controls.entry_event}: gates run, nothing is changed.",
        "mutation": f"Run {controls.entry_event} for real: agents and tools change files in a worktree of its own, "
        "never in your checkout.",
        "commit": f"Commit what was verified to a new branch{pushed}.",
        "release": "Cut a release: a version, a tag, and what follows from it.",
        "gate_weakening": "Accept a change that removes or loosens a gate.",
        "test_deletion": "Accept a change that deletes or disables tests.",
        "intent_rewrite": "Accept a change to accepted intent records.",
    }[scope]


def _cautions(statement: Approval, brief: FormationBrief) -> list[str]:
    found = []
    controls, scopes = brief.foundry, set(statement.scopes)
    allows_commits = controls.commit_allowed or controls.push_allowed
    if "commit" in scopes and not allows_commits:
        found.append("The brief allows no commit, so that approving one changes nothing.")
    if "mutation" in scopes and allows_commits and "commit" not in scopes:
        found.append("The brief also commits; without the scope commit no runner takes it at throttle full.")
    if statement.revision is None and scopes - {"dry_run"}:
        found.append("It holds for any revision; --revision HEAD binds it to the commit of today.")
    return found
