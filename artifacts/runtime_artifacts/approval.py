"""Approval: a signed statement over a digest: who, when, for what, until when (spec 3.8).

The statement is an in-toto Statement v1 in a DSSE envelope, signed with Ed25519. Signing and verifying live with the
side that does them; this module holds the shapes alone.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from runtime_artifacts.content import Content, Digest, Timestamp
from runtime_artifacts.envelope import Kind

ApprovalScope = Literal[
    "dry_run", "mutation", "commit", "release", "gate_weakening", "test_deletion", "intent_rewrite"
]
APPROVAL_PREDICATE_TYPE = "urn:alloy:approval:v1"
IN_TOTO_PAYLOAD_TYPE = "application/vnd.in-toto+json"
IN_TOTO_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


class ApprovalSignature(Content):
    """One DSSE signature.

    Attributes:
        keyid: SHA-256 of the public key, 64 hex digits.
        sig: base64 of the Ed25519 signature over the pre-authentication encoding.
    """

    keyid: str
    sig: str


class DsseEnvelope(Content):
    """DSSE envelope: base64 payload, its type, its signatures."""

    payload: str
    payloadType: str  # noqa: N815 - the standard's own name
    signatures: tuple[ApprovalSignature, ...]


class Approval(Content):
    """Content of `alloy.approval.v1`: what the statement says, and the signed statement itself.

    Attributes:
        subject_digest: digest of the artifact that is approved.
        scopes: what is approved; one approval may cover several.
        revision: commit that it is bound to, if it is.
        expires_at: from this time on it does not hold.
        envelope: the signed statement; a reader trusts this, and the fields above only when they agree with it.
    """

    subject_kind: str
    subject_id: str
    subject_digest: Digest
    scopes: tuple[ApprovalScope, ...] = Field(min_length=1)
    project_id: str
    approved_by: str
    approved_at: Timestamp
    expires_at: Timestamp
    revision: str | None = None
    why: str = ""
    envelope: DsseEnvelope

    def statement(self) -> dict[str, Any]:
        """In-toto Statement v1 that the envelope must carry for these fields."""
        predicate: dict[str, Any] = {
            "scopes": list(self.scopes),
            "projectId": self.project_id,
            "approvedBy": self.approved_by,
            "approvedAt": self.approved_at,
            "expiresAt": self.expires_at,
            "why": self.why,
        }
        if self.revision is not None:
            predicate["revision"] = self.revision
        return {
            "_type": IN_TOTO_STATEMENT_TYPE,
            "subject": [
                {
                    "name": f"{self.subject_kind}/{self.subject_id}",
                    "digest": {"sha256": self.subject_digest.removeprefix("sha256:")},
                }
            ],
            "predicateType": APPROVAL_PREDICATE_TYPE,
            "predicate": predicate,
        }


APPROVAL = Kind("alloy.approval", "approval", Approval)
