"""People who sign approvals, made of `cryptography` alone, so that two programs must agree on what a signature is."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runtime_artifacts.approval import (
    APPROVAL,
    IN_TOTO_PAYLOAD_TYPE,
    Approval,
    ApprovalSignature,
    DsseEnvelope,
)
from runtime_artifacts.envelope import Artifact, format_timestamp, seal
from runtime_artifacts.identity import new_id
from runtime_artifacts.signing import TrustedKey

APPROVED_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVERY_SCOPE: Any = (
    "dry_run",
    "mutation",
    "commit",
    "release",
    "gate_weakening",
    "test_deletion",
    "intent_rewrite",
)


@dataclass(frozen=True)
class Signer:
    """A person with a key.

    Attributes:
        seed: 0 to 255; another seed is another key.
    """

    principal: str = "ada"
    seed: int = 1

    @property
    def private(self) -> Ed25519PrivateKey:
        """The private key."""
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def public_key(self) -> str:
        """The public key, 64 hex digits."""
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    @property
    def keyid(self) -> str:
        """SHA-256 of the public key."""
        return hashlib.sha256(bytes.fromhex(self.public_key)).hexdigest()

    def trusted(self, scopes: Any = EVERY_SCOPE, principal: str | None = None) -> TrustedKey:
        """The key as a project trusts it."""
        return TrustedKey(
            keyid=self.keyid,
            principal=principal or self.principal,
            public_key=self.public_key,
            scopes=scopes,
            added_at=format_timestamp(APPROVED_AT),
            added_by="ada",
        )

    def signature(self, payload: bytes, payload_type: str = IN_TOTO_PAYLOAD_TYPE) -> ApprovalSignature:
        """Sign a payload."""
        kind = payload_type.encode()
        signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
        return ApprovalSignature(keyid=self.keyid, sig=base64.b64encode(self.private.sign(signed)).decode())


def stated(digest: str, brief_id: str = "brief_01", **changed: Any) -> Approval:
    """An approval that nobody signed yet: for a week, of the scope mutation, by ada."""
    fields: dict[str, Any] = {
        "subject_kind": "formation_brief",
        "subject_id": brief_id,
        "subject_digest": digest,
        "scopes": ("mutation",),
        "project_id": "tiny",
        "approved_by": "ada",
        "approved_at": format_timestamp(APPROVED_AT),
        "expires_at": format_timestamp(APPROVED_AT + timedelta(days=7)),
        "why": "reviewed",
        "envelope": DsseEnvelope(payload="", payloadType=IN_TOTO_PAYLOAD_TYPE, signatures=()),
    }
    return Approval(**(fields | changed))


def signed(approval: Approval, *signers: Signer, payload: bytes | None = None) -> Approval:
    """The same approval, signed by everybody who is named; by ada when nobody is."""
    text = payload if payload is not None else json.dumps(approval.statement()).encode()
    who: Sequence[Signer] = signers or (Signer(),)
    return enveloped(approval, text, *(each.signature(text) for each in who))


def enveloped(approval: Approval, payload: bytes, *signatures: ApprovalSignature) -> Approval:
    """The same approval in an envelope of these signatures, whether they hold or not."""
    envelope = DsseEnvelope(
        payload=base64.b64encode(payload).decode(), payloadType=IN_TOTO_PAYLOAD_TYPE, signatures=signatures
    )
    return approval.model_copy(update={"envelope": envelope})


def sealed(approval: Approval) -> Artifact[Approval]:
    """The approval as an artifact."""
    return seal(
        APPROVAL,
        approval,
        id=new_id(APPROVAL.id_prefix),
        created_at=APPROVED_AT,
        created_by=approval.approved_by,
        compiler_version="tests 1",
    )
