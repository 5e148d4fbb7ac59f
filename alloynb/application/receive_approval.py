"""Take in an approval that somebody signed elsewhere: with a key that never leaves its owner (spec 3.8, 5.1)."""

from __future__ import annotations

from alloynb.application.approve_brief import ApprovedBrief, record_approval
from alloynb.application.source_changes import refuse_changed_source
from alloynb.application.trust_keys import trusted_keys
from alloynb.application.workspace import Workspace
from alloynb.errors import Refused
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.envelope import parse_timestamp
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.kinds import read_as
from runtime_artifacts.signing import verify_approval


class NotForHere(Refused):
    """The statement is about another project, or about no brief that is here, or its time is over."""


def receive_approval(workspace: Workspace, document: bytes) -> ApprovedBrief:
    """Verify a signed approval as a runner would, and lay it on the shelf. Taking the same one twice changes nothing.

    Args:
        document: the approval artifact as JSON, such as `alloynb brief approve` leaves on a shelf.

    Raises:
        MalformedDocument, UnknownSchema, InvalidContent, DigestMismatch: it is no unharmed approval.
        UntrustedApproval: no key that the project trusts signed it, or not for these scopes.
        NotForHere: another project, an unknown brief, or expired.
        IntentChanged: the source intent changed since the brief was compiled.

    Spec: 3.8.
    """
    approval = read_as(APPROVAL, document)
    signed = approval.content
    verify_approval(signed, trusted_keys(workspace))
    if signed.project_id != workspace.settings.project:
        raise NotForHere(f"{approval.id} is of project {signed.project_id}")
    if parse_timestamp(signed.expires_at) <= workspace.clock():
        raise NotForHere(f"{approval.id} expired at {signed.expires_at}", next_step="approve again")
    brief = workspace.shelf.find(FORMATION_BRIEF, signed.subject_digest)
    refuse_changed_source(workspace, brief)
    keyid = signed.envelope.signatures[0].keyid
    return record_approval(workspace, approval, keyid)
