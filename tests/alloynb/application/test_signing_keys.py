"""A private key is made once, is for its owner alone, and is never shown."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from alloynb.application.signing_keys import KeyExists, SigningKeys, UnsafeKey, own_signing_keys
from alloynb.errors import Refused
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.kinds import read_file
from runtime_artifacts.signing import verify_approval
from tests.contract.golden_intent import SIGNING_KEY
from tests.fakes.signers import Signer, stated

GOLDEN = Path(__file__).parents[3] / "artifacts" / "golden" / "v1" / "approval.json"


@pytest.fixture
def keys(tmp_path: Path) -> SigningKeys:
    return SigningKeys(tmp_path / "config" / "alloy" / "keys")


def lay(keys: SigningKeys, text: bytes, name: str = "ada", mode: int = 0o600) -> Path:
    keys.folder.mkdir(parents=True, exist_ok=True)
    keys.folder.chmod(0o700)
    file = keys.file_of(name)
    file.write_bytes(text)
    file.chmod(mode)
    return file


def pem(key: Ed25519PrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_key_is_made_once_and_only_its_owner_can_read_it(keys: SigningKeys) -> None:
    assert keys.find("ada") is None

    made = keys.make("ada")

    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert [file.name for file in keys.folder.iterdir()] == ["ada.pem"]
    assert keys.find("ada") == made
    assert keys.find_or_make("ada") == (made, False)
    with pytest.raises(KeyExists, match="ada has a key already"):
        keys.make("ada")
    assert keys.find("ada") == made


def test_the_umask_does_not_open_it(keys: SigningKeys) -> None:
    before = os.umask(0)
    try:
        made = keys.make("ada")
    finally:
        os.umask(before)

    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_of_many_who_make_it_at_once_all_get_the_same(keys: SigningKeys) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: keys.find_or_make("ada"), range(8)))

    assert len({key.keyid for key, _ in answers}) == 1
    assert sum(made for _, made in answers) == 1
    assert [file.name for file in keys.folder.iterdir()] == ["ada.pem"]


def test_it_is_not_shown_by_accident(keys: SigningKeys) -> None:
    made = keys.make("ada")
    secret = made.file.read_text().splitlines()[1]

    assert secret not in f"{made!r} {made} {vars(made)}"


def test_what_it_signs_holds(keys: SigningKeys) -> None:
    made = keys.make("ada")
    approval = made.sign(stated("sha256:" + "ab" * 32, why="für Ana"))
    trusted = Signer().trusted().model_copy(update={"keyid": made.keyid, "public_key": made.public_key})

    assert verify_approval(approval, [trusted]) == (trusted,)


def test_the_golden_approval_is_signed_alike_byte_for_byte(keys: SigningKeys) -> None:
    golden = read_file(APPROVAL, GOLDEN).content
    lay(keys, pem(SIGNING_KEY), "principal:mira")
    mira = keys.find("principal:mira")
    assert mira is not None
    blank = golden.model_copy(update={"envelope": golden.envelope.model_copy(update={"payload": ""})})

    assert mira.sign(blank) == golden


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o700 | 0o010])
def test_a_key_that_others_may_touch_is_refused_with_the_remedy(keys: SigningKeys, mode: int) -> None:
    file = lay(keys, pem(SIGNING_KEY), mode=mode)

    with pytest.raises(UnsafeKey, match=f"chmod 600 {file}") as caught:
        keys.find("ada")
    assert caught.value.exit_code == 3


def test_a_folder_that_others_may_look_into_is_refused(keys: SigningKeys) -> None:
    lay(keys, pem(SIGNING_KEY))
    keys.folder.chmod(0o755)

    for act in (lambda: keys.find("ada"), lambda: keys.make("ben")):
        with pytest.raises(UnsafeKey, match="chmod 700"):
            act()


def test_a_link_is_refused(keys: SigningKeys, tmp_path: Path) -> None:
    file = lay(keys, pem(SIGNING_KEY))
    file.rename(tmp_path / "elsewhere.pem")
    file.symlink_to(tmp_path / "elsewhere.pem")

    with pytest.raises(UnsafeKey, match="a link stands"):
        keys.find("ada")


def test_what_is_no_ed25519_key_is_refused_and_not_repeated(keys: SigningKeys) -> None:
    locked = SIGNING_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    other = pem(rsa.generate_private_key(65537, 2048))
    for text, told in ((b"secret", "is no PEM key"), (locked, "passphrase"), (other, "no Ed25519 key")):
        lay(keys, text)
        with pytest.raises(UnsafeKey, match=told) as caught:
            keys.find("ada")
        assert "secret" not in str(caught.value)


@given(st.text(max_size=40))
def test_every_name_has_a_file_of_its_own_inside_of_the_folder(name: str) -> None:
    keys = SigningKeys(Path("/keys"))
    try:
        file = keys.file_of(name)
    except (Refused, UnicodeEncodeError):
        return
    assert file.parent == keys.folder
    assert not file.name.startswith(".")
    assert keys.file_of(f"{name}x") != file


def test_where_keys_lie_follows_the_standard() -> None:
    assert own_signing_keys({"XDG_CONFIG_HOME": "/c", "HOME": "/h"}).folder == Path("/c/alloy/keys")
    assert own_signing_keys({"XDG_CONFIG_HOME": "c", "HOME": "/h"}).folder == Path("/h/.config/alloy/keys")
    assert own_signing_keys({"HOME": "/h"}).folder == Path("/h/.config/alloy/keys")
