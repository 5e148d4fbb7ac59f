"""Whether a signed approval is genuine: its envelope, its signatures, its statement, its signers (spec 3.8).

Mechanism alone, the same for both sides. What an approval allows, and whether it does so now, is for the side that
acts on it. An approval is an in-toto Statement v1 in a DSSE envelope, signed with Ed25519 through `securesystemslib`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, ValidationError

from runtime_artifacts.approval import IN_TOTO_PAYLOAD_TYPE, Approval, ApprovalScope, DsseEnvelope
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.content import Content, Timestamp
from runtime_artifacts.errors import (
    ArtifactError,
    DigestMismatch,
    FailureClass,
    InvalidContent,
    MalformedDocument,
    Place,
    UntrustedApproval,
)
from runtime_artifacts.untrusted_file import read_untrusted

TRUSTED_KEYS_FOLDER = "trusted_keys"
MAX_KEY_FILE_BYTES = 64 * 1024
MAX_TRUSTED_KEYS = 1000
_HEX_64 = r"^[0-9a-f]{64}$"


class EnvelopeDamaged(UntrustedApproval):
    """The envelope is not one that we read: its type, its base64, or its list of signatures."""


class UnknownSigner(UntrustedApproval):
    """A signature names a key that is not among the trusted ones."""


class SignatureDoesNotHold(UntrustedApproval):
    """A signature is not the named key's signature of this payload."""


class StatementDiffers(UntrustedApproval):
    """What was signed is not what the fields of the approval say."""


class SignerMayNotApprove(UntrustedApproval):
    """The key is trusted, but belongs to somebody else than the approval names, or not for these scopes."""


class SigningUnavailable(ArtifactError):
    """The library that signs and verifies is not installed."""

    exit_code: ClassVar[int] = 4
    failure_class: ClassVar[FailureClass] = "dispatch"


class TrustedKey(Content):
    """Content of a file `<keyid>.json`: whose key it is, and what is accepted from it.

    Attributes:
        keyid: SHA-256 of the public key's 32 bytes, 64 hex digits.
        principal: who holds the private key; only approvals in this name are accepted.
        public_key: 32 bytes, 64 hex digits.
        scopes: what approvals of this key may cover at most.
    """

    keyid: str = Field(pattern=_HEX_64)
    principal: str = Field(min_length=1, max_length=200)
    scheme: Literal["ed25519"] = "ed25519"
    public_key: str = Field(pattern=_HEX_64)
    scopes: tuple[ApprovalScope, ...] = Field(min_length=1)
    added_at: Timestamp
    added_by: str = Field(min_length=1, max_length=200)


def key_id(public_key: str) -> str:
    """Name a public key: SHA-256 of its bytes.

    Args:
        public_key: 64 hex digits.
    """
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Bytes that a DSSE signature is over.

    Raises:
        SigningUnavailable: the extra `signing` is not installed.
    """
    try:
        from securesystemslib.dsse import Envelope
    except ImportError as error:
        raise _unavailable(error) from error
    encoded: bytes = Envelope(payload, payload_type, {}).pae()
    return encoded


def verify_approval(approval: Approval, trusted: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Make sure that an approval was signed by who it names, as it stands.

    Every signature must hold and be a trusted key's, so that nothing rides along unverified. The payload is read only
    after that.

    Returns:
        The keys that signed, in order of the signatures.

    Raises:
        EnvelopeDamaged, UnknownSigner, SignatureDoesNotHold, StatementDiffers, SignerMayNotApprove: what failed.
        SigningUnavailable: the extra `signing` is not installed.
    """
    payload = _payload(approval.envelope)
    signers = _signers(approval.envelope, payload, {key.keyid: key for key in trusted})
    try:
        stated = parse_json(payload)
    except ArtifactError as error:
        raise StatementDiffers(f"the signed statement cannot be read: {error.message}") from error
    if stated != approval.statement():
        raise StatementDiffers(
            f"the signed statement and the fields of the approval differ in {_differing(stated, approval.statement())}",
            next_step="the approval was edited after it was signed; approve again",
        )
    _refuse_unentitled(approval, signers)
    return signers


def read_trusted_key(text: bytes, file: Path | None = None) -> TrustedKey:
    """Read one trusted key from untrusted bytes.

    Raises:
        MalformedDocument, InvalidContent: it is not one, with the place.
        DigestMismatch: the key id is not the key's.
    """
    parse_json(text, file)
    try:
        key = TrustedKey.model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        pointer = "".join(f"/{step}" for step in first["loc"])
        raise InvalidContent(f"not a trusted key: {first['msg']}", place=Place(file, pointer)) from error
    if key.keyid != key_id(key.public_key):
        raise DigestMismatch(
            f"expected {key_id(key.public_key)}, found {key.keyid}",
            place=Place(file, "/keyid"),
            next_step="the key or its id was changed; remove the file and trust the key again",
        )
    return key


def read_trusted_keys(folder: Path) -> tuple[TrustedKey, ...]:
    """Read every `<keyid>.json` of a folder, in order of their ids; a folder that is absent trusts nobody.

    Raises:
        MalformedDocument, InvalidContent, DigestMismatch: a file is not a trusted key, or of another name.
    """
    files = sorted(folder.glob("*.json"))
    if len(files) > MAX_TRUSTED_KEYS:
        raise MalformedDocument(f"more than {MAX_TRUSTED_KEYS} keys", place=Place(folder))
    keys = []
    for file in files:
        try:
            key = read_trusted_key(read_untrusted(file, MAX_KEY_FILE_BYTES), file)
        except FileNotFoundError as error:
            raise MalformedDocument("leads nowhere", place=Place(file)) from error
        if file.stem != key.keyid:
            raise DigestMismatch(f"this is the key {key.keyid}, under another name", place=Place(file))
        keys.append(key)
    return tuple(keys)


def _payload(envelope: DsseEnvelope) -> bytes:
    if envelope.payloadType != IN_TOTO_PAYLOAD_TYPE:
        raise EnvelopeDamaged(
            f"payload type {envelope.payloadType[:80]!r} instead of {IN_TOTO_PAYLOAD_TYPE!r}"
        )
    if not envelope.signatures:
        raise EnvelopeDamaged("nobody signed it")
    keyids = [signature.keyid for signature in envelope.signatures]
    if len(set(keyids)) != len(keyids):
        raise EnvelopeDamaged("one key signed twice")
    return _decoded(envelope.payload, "payload")


def _signers(
    envelope: DsseEnvelope, payload: bytes, trusted: dict[str, TrustedKey]
) -> tuple[TrustedKey, ...]:
    encoded = pre_authentication_encoding(envelope.payloadType, payload)
    signers = []
    for signature in envelope.signatures:
        key = trusted.get(signature.keyid)
        if key is None:
            raise UnknownSigner(f"key {signature.keyid[:64]!r} is not trusted")
        if not _holds(key, _decoded(signature.sig, "signature"), encoded):
            raise SignatureDoesNotHold(
                f"the signature of key {key.keyid[:16]}… ({key.principal}) does not hold"
            )
        signers.append(key)
    return tuple(signers)


def _holds(key: TrustedKey, signature: bytes, signed: bytes) -> bool:
    try:
        from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
        from securesystemslib.signer import Signature, SSlibKey  # type: ignore[attr-defined]
    except ImportError as error:
        raise _unavailable(error) from error
    public = SSlibKey(key.keyid, "ed25519", "ed25519", {"public": key.public_key})
    try:
        public.verify_signature(Signature(key.keyid, signature.hex()), signed)
    except (UnverifiedSignatureError, VerificationError):
        return False
    return True


def _refuse_unentitled(approval: Approval, signers: tuple[TrustedKey, ...]) -> None:
    own = [key for key in signers if key.principal == approval.approved_by]
    if not own:
        names = ", ".join(sorted({key.principal for key in signers}))
        raise SignerMayNotApprove(f"it is in the name of {approval.approved_by}, and signed by {names}")
    allowed = {scope for key in own for scope in key.scopes}
    excess = ", ".join(scope for scope in approval.scopes if scope not in allowed)
    if excess:
        known = ", ".join(sorted(allowed))
        raise SignerMayNotApprove(
            f"the key of {approval.approved_by} is trusted for {known}, not for {excess}"
        )


def _differing(stated: object, expected: dict[str, object]) -> str:
    """Name the parts of a statement that differ; the statement itself is not repeated."""
    if not isinstance(stated, dict):
        return "everything"
    predicate, wanted = stated.get("predicate"), expected["predicate"]
    assert isinstance(wanted, dict)
    names = [name for name in ("_type", "subject", "predicateType") if stated.get(name) != expected[name]]
    if isinstance(predicate, dict):
        names += sorted(
            str(name)[:40]
            for name in predicate.keys() | wanted.keys()
            if predicate.get(name) != wanted.get(name)
        )
    else:
        names.append("predicate")
    return ", ".join(names[:8]) or "fields that no statement has"


def _decoded(text: str, what: str) -> bytes:
    """Bytes of base64 in its one standard form: two texts never stand for the same bytes."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EnvelopeDamaged(f"the {what} is not base64") from error
    if base64.b64encode(decoded).decode() != text:
        raise EnvelopeDamaged(f"the {what} is not base64 in its standard form")
    return decoded


def _unavailable(error: ImportError) -> SigningUnavailable:
    return SigningUnavailable(
        f"approvals cannot be signed or verified: {error}", next_step="install the `signing` extra"
    )
