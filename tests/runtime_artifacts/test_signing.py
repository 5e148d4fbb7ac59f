"""An approval is genuine, or it is told what is wrong with it; nothing in between (spec 3.8)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime_artifacts.approval import APPROVAL, Approval, ApprovalSignature
from runtime_artifacts.approval_search import approvals_on_shelf
from runtime_artifacts.errors import ArtifactError, DigestMismatch, InvalidContent, UntrustedApproval
from runtime_artifacts.kinds import read_file
from runtime_artifacts.shelf import Shelf
from runtime_artifacts.signing import (
    EnvelopeDamaged,
    SignatureDoesNotHold,
    SignerMayNotApprove,
    StatementDiffers,
    TrustedKey,
    UnknownSigner,
    key_id,
    pre_authentication_encoding,
    read_trusted_key,
    read_trusted_keys,
    verify_approval,
)
from tests.fakes.signers import EVERY_SCOPE, Signer, enveloped, sealed, signed, stated

DIGEST = "sha256:" + "ab" * 32
GOLDEN = Path(__file__).parents[2] / "artifacts" / "golden" / "v1" / "approval.json"
ADA, EVE = Signer("ada", 1), Signer("eve", 2)


def golden_key(principal: str = "principal:mira", scopes: Any = EVERY_SCOPE) -> TrustedKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from tests.contract.golden_intent import SIGNING_KEY

    public = SIGNING_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    mira = Signer(principal).trusted(scopes)
    return mira.model_copy(update={"keyid": key_id(public), "public_key": public})


def refused(approval: Approval, expected: type[UntrustedApproval], *trusted: TrustedKey) -> str:
    with pytest.raises(expected) as caught:
        verify_approval(approval, trusted or (ADA.trusted(),))
    assert caught.value.exit_code == 3
    assert caught.value.failure_class == "safety"
    return str(caught.value)


def changed_payload(approval: Approval, **predicate: Any) -> bytes:
    statement = approval.statement()
    statement["predicate"] |= predicate
    return json.dumps(statement).encode()


class TestGenuine:
    def test_the_golden_approval_holds(self) -> None:
        golden = read_file(APPROVAL, GOLDEN).content

        assert verify_approval(golden, [golden_key()]) == (golden_key(),)

    def test_what_was_signed_here_holds(self) -> None:
        assert verify_approval(signed(stated(DIGEST)), [EVE.trusted(), ADA.trusted()]) == (ADA.trusted(),)

    def test_two_signatures_that_hold_are_two_signers(self) -> None:
        assert verify_approval(signed(stated(DIGEST), EVE, ADA), [EVE.trusted(), ADA.trusted()]) == (
            EVE.trusted(),
            ADA.trusted(),
        )

    def test_the_encoding_is_that_of_the_standard(self) -> None:
        told = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")

        assert told == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


class TestForged:
    def test_a_key_that_is_not_trusted(self) -> None:
        assert f"key '{EVE.keyid}' is not trusted" in refused(signed(stated(DIGEST), EVE), UnknownSigner)

    def test_no_trusted_key_at_all(self) -> None:
        with pytest.raises(UnknownSigner):
            verify_approval(signed(stated(DIGEST)), [])

    def test_a_signature_of_another_key_under_a_trusted_key_id(self) -> None:
        payload = json.dumps(stated(DIGEST).statement()).encode()
        forged = EVE.signature(payload).model_copy(update={"keyid": ADA.keyid})

        assert "(ada) does not hold" in refused(
            enveloped(stated(DIGEST), payload, forged), SignatureDoesNotHold
        )

    def test_a_trusted_signature_under_another_key_id(self) -> None:
        payload = json.dumps(stated(DIGEST).statement()).encode()
        forged = ADA.signature(payload).model_copy(update={"keyid": EVE.keyid})
        approval = enveloped(stated(DIGEST), payload, forged)

        refused(approval, UnknownSigner)
        refused(approval, SignatureDoesNotHold, ADA.trusted(), EVE.trusted())

    @pytest.mark.parametrize(
        "edit",
        [
            {"scopes": ("mutation", "release")},
            {"subject_digest": "sha256:" + "cd" * 32},
            {"subject_id": "brief_02"},
            {"subject_kind": "prompt_pack"},
            {"project_id": "other"},
            {"approved_by": "eve"},
            {"approved_at": "2026-11-22T12:00:01.000000Z"},
            {"expires_at": "2099-11-22T12:00:00.000000Z"},
            {"revision": "a" * 40},
            {"why": "nothing"},
        ],
        ids=lambda edit: next(iter(edit)),
    )
    def test_a_field_that_was_edited_after_signing(self, edit: dict[str, Any]) -> None:
        approval = signed(stated(DIGEST)).model_copy(update=edit)

        assert "differ in " in refused(approval, StatementDiffers)

    def test_a_payload_that_was_edited_after_signing(self) -> None:
        approval = stated(DIGEST, scopes=("mutation", "release"))
        signature = ADA.signature(json.dumps(stated(DIGEST).statement()).encode())
        payload = changed_payload(approval)

        refused(enveloped(approval, payload, signature), SignatureDoesNotHold)

    def test_the_envelope_of_another_brief(self) -> None:
        other = signed(stated("sha256:" + "cd" * 32))

        assert "subject" in refused(
            stated(DIGEST).model_copy(update={"envelope": other.envelope}), StatementDiffers
        )

    def test_one_good_and_one_bad_signature(self) -> None:
        payload = json.dumps(stated(DIGEST).statement()).encode()
        bad = EVE.signature(b"something else")
        for order in ((ADA.signature(payload), bad), (bad, ADA.signature(payload))):
            refused(
                enveloped(stated(DIGEST), payload, *order), SignatureDoesNotHold, ADA.trusted(), EVE.trusted()
            )
            refused(enveloped(stated(DIGEST), payload, *order), UnknownSigner)

    def test_the_same_signature_twice(self) -> None:
        payload = json.dumps(stated(DIGEST).statement()).encode()

        refused(enveloped(stated(DIGEST), payload, *[ADA.signature(payload)] * 2), EnvelopeDamaged)

    def test_no_signature(self) -> None:
        assert "nobody signed it" in refused(enveloped(stated(DIGEST), b"{}"), EnvelopeDamaged)

    def test_somebody_who_signs_in_the_name_of_another(self) -> None:
        approval = signed(stated(DIGEST), EVE)

        told = refused(approval, SignerMayNotApprove, ADA.trusted(), EVE.trusted())
        assert "in the name of ada, and signed by eve" in told

    def test_a_key_that_is_not_trusted_for_the_scope(self) -> None:
        approval = signed(stated(DIGEST, scopes=("dry_run", "release")))

        told = refused(approval, SignerMayNotApprove, ADA.trusted(("dry_run", "mutation")))
        assert "trusted for dry_run, mutation, not for release" in told

    def test_a_co_signer_lends_no_scopes(self) -> None:
        approval = signed(stated(DIGEST, scopes=("release",)), ADA, EVE)

        refused(approval, SignerMayNotApprove, ADA.trusted(("mutation",)), EVE.trusted())

    def test_another_type_of_payload(self) -> None:
        approval = signed(stated(DIGEST))
        envelope = approval.envelope.model_copy(update={"payloadType": "text/plain"})

        refused(approval.model_copy(update={"envelope": envelope}), EnvelopeDamaged)

    @pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"predicate": {}}', b'{"a":1,"a":1}', b"\xff"])
    def test_a_signed_payload_that_is_no_statement(self, payload: bytes) -> None:
        refused(signed(stated(DIGEST), payload=payload), StatementDiffers)

    def test_a_signed_statement_that_says_more_than_the_fields(self) -> None:
        told = refused(
            signed(stated(DIGEST), payload=changed_payload(stated(DIGEST), until="forever")), StatementDiffers
        )
        assert "differ in until" in told

    @pytest.mark.parametrize("text", ["", "!", "AAAA", "not base64", "é", "QQ==\n", "QR==", "-_-_"])
    def test_a_signature_that_is_no_signature(self, text: str) -> None:
        approval = signed(stated(DIGEST))
        envelope = approval.envelope.model_copy(
            update={"signatures": (ApprovalSignature(keyid=ADA.keyid, sig=text),)}
        )
        with pytest.raises((EnvelopeDamaged, SignatureDoesNotHold)):
            verify_approval(approval.model_copy(update={"envelope": envelope}), [ADA.trusted()])


@given(st.data())
def test_no_character_of_the_envelope_can_be_changed(data: st.DataObject) -> None:
    approval = signed(stated(DIGEST, why="because – of this"))
    whole = approval.envelope.model_dump_json()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:at] + chr(ord(whole[at]) ^ data.draw(st.integers(1, 127))) + whole[at + 1 :]
    try:
        envelope = type(approval.envelope).model_validate_json(flipped)
    except ValueError:
        return
    assume(envelope != approval.envelope)

    with pytest.raises(UntrustedApproval):
        verify_approval(approval.model_copy(update={"envelope": envelope}), [ADA.trusted()])


@given(st.integers(0, 63), st.integers(1, 255))
def test_no_bit_of_the_signature_can_be_changed(at: int, flip: int) -> None:
    approval = signed(stated(DIGEST))
    raw = bytearray(base64.b64decode(approval.envelope.signatures[0].sig))
    raw[at] ^= flip
    signature = ApprovalSignature(keyid=ADA.keyid, sig=base64.b64encode(bytes(raw)).decode())
    envelope = approval.envelope.model_copy(update={"signatures": (signature,)})

    refused(approval.model_copy(update={"envelope": envelope}), SignatureDoesNotHold)


class TestTrustedKeys:
    def write(self, folder: Path, key: TrustedKey, name: str | None = None) -> Path:
        folder.mkdir(exist_ok=True)
        file = folder / f"{name or key.keyid}.json"
        file.write_text(key.model_dump_json())
        return file

    def test_they_are_read_back_in_order(self, tmp_path: Path) -> None:
        keys = [ADA.trusted(), EVE.trusted(("dry_run",))]
        for key in keys:
            self.write(tmp_path / "keys", key)

        assert list(read_trusted_keys(tmp_path / "keys")) == sorted(keys, key=lambda key: key.keyid)
        assert read_trusted_keys(tmp_path / "nowhere") == ()

    def test_a_key_under_the_id_of_another_is_refused(self, tmp_path: Path) -> None:
        self.write(tmp_path, EVE.trusted().model_copy(update={"keyid": ADA.keyid}))

        with pytest.raises(DigestMismatch, match="the key or its id was changed"):
            read_trusted_keys(tmp_path)

    def test_a_file_under_another_name_is_refused(self, tmp_path: Path) -> None:
        self.write(tmp_path, ADA.trusted(), EVE.keyid)

        with pytest.raises(DigestMismatch, match="under another name"):
            read_trusted_keys(tmp_path)

    @pytest.mark.parametrize(
        "edit",
        [{"scopes": []}, {"scopes": ["everything"]}, {"public_key": "ab"}, {"scheme": "rsa"}, {"more": 1}],
        ids=str,
    )
    def test_a_damaged_file_is_refused_with_its_place(self, tmp_path: Path, edit: dict[str, Any]) -> None:
        file = self.write(tmp_path, ADA.trusted())
        file.write_text(json.dumps(json.loads(file.read_text()) | edit))

        with pytest.raises(InvalidContent, match="not a trusted key") as caught:
            read_trusted_keys(tmp_path)
        assert str(file) in str(caught.value)

    @given(st.binary(max_size=200))
    def test_no_bytes_end_in_anything_but_a_typed_error(self, text: bytes) -> None:
        with pytest.raises(ArtifactError):
            read_trusted_key(text)

    def test_a_link_that_leads_nowhere_is_a_typed_error(self, tmp_path: Path) -> None:
        (tmp_path / f"{ADA.keyid}.json").symlink_to(tmp_path / "nothing")

        with pytest.raises(ArtifactError, match="leads nowhere"):
            read_trusted_keys(tmp_path)


def test_approvals_are_found_by_what_they_approve_and_damage_hides_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    wanted, other = sealed(signed(stated(DIGEST))), sealed(signed(stated("sha256:" + "cd" * 32)))
    damaged = sealed(signed(stated(DIGEST, why="more")))
    for each in (wanted, other, damaged):
        shelf.put(APPROVAL, each)
    file = shelf.path_of(APPROVAL, damaged.digest)
    file.write_text(file.read_text().replace("more", "less"))
    (file.parent / "stray.json").write_text("{}")

    assert list(approvals_on_shelf(shelf, DIGEST)) == [wanted]
    assert list(approvals_on_shelf(Shelf(tmp_path / "none"), DIGEST)) == []
