"""Private keys with which principals sign: one file each in the user's configuration (spec 3.8, 5.6).

A private key leaves its file only into the memory of the process that signs. It is never printed, logged or copied.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from alloynb.errors import CannotRun, Refused
from runtime_artifacts.approval import IN_TOTO_PAYLOAD_TYPE, Approval, DsseEnvelope
from runtime_artifacts.canonical import canonical_bytes
from runtime_artifacts.signing import SigningUnavailable, key_id
from runtime_artifacts.write_once import name_beside, sync_folder

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_OTHERS = 0o077
_MAX_KEY_BYTES = 16 * 1024
_MAX_NAME_CHARACTERS = 200


class UnsafeKey(Refused):
    """A private key's file or folder is open to others, is a link, or does not hold an Ed25519 key."""


class KeyExists(Refused):
    """The principal has a key already, and a key is never overwritten."""


@dataclass(frozen=True)
class SigningKey:
    """A principal's key, ready to sign.

    Attributes:
        file: where the private key lies.
        keyid: SHA-256 of the public key, 64 hex digits.
        public_key: 64 hex digits.
    """

    principal: str
    file: Path
    keyid: str
    public_key: str
    _signer: CryptoSigner = field(repr=False, compare=False)

    def sign(self, approval: Approval) -> Approval:
        """Put the statement of an approval into an envelope that this key signed, in place of the one it has."""
        from securesystemslib.dsse import Envelope

        envelope = Envelope(canonical_bytes(approval.statement()), IN_TOTO_PAYLOAD_TYPE, {})
        envelope.sign(self._signer)
        return approval.model_copy(update={"envelope": DsseEnvelope.model_validate(envelope.to_dict())})


@dataclass(frozen=True)
class SigningKeys:
    """The private keys below one folder.

    Attributes:
        folder: `~/.config/alloy/keys`, which need not exist.
    """

    folder: Path

    def file_of(self, principal: str) -> Path:
        """Where the key of a principal lies, or would lie; every name has a file of its own in the folder.

        Raises:
            Refused: the name is empty or too long.
        """
        if not 0 < len(principal) <= _MAX_NAME_CHARACTERS:
            raise Refused(f"a principal has a name of 1 to {_MAX_NAME_CHARACTERS} characters")
        name = quote(principal, safe="@+")
        return self.folder / f"{'%2E' + name[1:] if name.startswith('.') else name}.pem"

    def find(self, principal: str) -> SigningKey | None:
        """Read the key of a principal, or answer None when there is none.

        Raises:
            UnsafeKey: others could read it, it is a link, or it is no Ed25519 key without a passphrase.
            CannotRun: it cannot be read.
            SigningUnavailable: the extra `signing` is not installed.
        """
        file = self.file_of(principal)
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            if file.is_symlink():
                raise UnsafeKey("a link stands where a private key should be", file=file) from error
            raise CannotRun(f"cannot be read: {error.strerror}", file=file) from error
        with os.fdopen(descriptor, "rb") as opened:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
                raise UnsafeKey("not a plain file of yours", file=file)
            if facts.st_mode & _OTHERS:
                raise UnsafeKey("others may read this private key", file=file, next_step=f"chmod 600 {file}")
            self._refuse_open_folder()
            return _loaded(principal, file, opened.read(_MAX_KEY_BYTES))

    def find_or_make(self, principal: str) -> tuple[SigningKey, bool]:
        """Read the key of a principal, or make one.

        Returns:
            The key, and whether it was made now.

        Raises:
            UnsafeKey, CannotRun, SigningUnavailable: as `find` and `make`.
        """
        found = self.find(principal)
        if found is not None:
            return found, False
        try:
            return self.make(principal), True
        except KeyExists:  # somebody else was first
            found = self.find(principal)
            if found is None:
                raise
            return found, False

    def make(self, principal: str) -> SigningKey:
        """Make a key for a principal who has none; it appears whole, and only its owner can read it.

        Raises:
            KeyExists: there is one.
            UnsafeKey: others may look into the folder.
            CannotRun: it cannot be written.
            SigningUnavailable: the extra `signing` is not installed.
        """
        file = self.file_of(principal)
        text = _new_private_key()
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            self._refuse_open_folder()
            beside = name_beside(file)
            descriptor = os.open(
                beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE
            )
            try:
                with os.fdopen(descriptor, "wb") as out:
                    out.write(text)
                    out.flush()
                    os.fsync(out.fileno())
                os.link(beside, file)
            finally:
                beside.unlink(missing_ok=True)
            sync_folder(self.folder)
        except FileExistsError as error:
            raise KeyExists(
                f"{principal} has a key already",
                file=file,
                next_step="to begin a new one, move this file away, make the key and trust it",
            ) from error
        except OSError as error:
            raise CannotRun(f"cannot be written: {error.strerror or error}", file=file) from error
        return _loaded(principal, file, text)

    def _refuse_open_folder(self) -> None:
        facts = self.folder.stat()
        if facts.st_mode & _OTHERS or facts.st_uid != os.geteuid():
            raise UnsafeKey(
                "others may look into the folder of private keys",
                file=self.folder,
                next_step=f"chmod 700 {self.folder}",
            )


def own_signing_keys(environment: Mapping[str, str] = os.environ) -> SigningKeys:
    """The keys of this user: `$XDG_CONFIG_HOME/alloy/keys`, by default `~/.config/alloy/keys`."""
    named = Path(environment.get("XDG_CONFIG_HOME", ""))
    home = environment.get("HOME")
    base = named if named.is_absolute() else (Path(home) if home else Path.home()) / ".config"
    return SigningKeys(base / "alloy" / "keys")


def _new_private_key() -> bytes:
    try:
        from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

        text: bytes = CryptoSigner.generate_ed25519().private_bytes
    except ImportError as error:
        raise _unavailable(error) from error
    return text


def _loaded(principal: str, file: Path, text: bytes) -> SigningKey:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            PublicFormat,
            load_pem_private_key,
        )
        from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]
    except ImportError as error:
        raise _unavailable(error) from error
    step = f"move {file.name} away and run `alloynb key new`"
    try:
        private = load_pem_private_key(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = (
            "has a passphrase, which is not supported" if isinstance(error, TypeError) else "is no PEM key"
        )
        raise UnsafeKey(f"the private key {reason}", file=file, next_step=step) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise UnsafeKey("the private key is no Ed25519 key", file=file, next_step=step)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    keyid = key_id(public)
    signer = CryptoSigner(private, SSlibKey(keyid, "ed25519", "ed25519", {"public": public}))
    return SigningKey(principal, file, keyid, public, signer)


def _unavailable(error: ImportError) -> SigningUnavailable:
    return SigningUnavailable(f"nothing can be signed: {error}", next_step="install the `signing` extra")
