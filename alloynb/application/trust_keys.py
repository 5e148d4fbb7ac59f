"""Whose keys a project trusts: public keys in `.alloy/trusted_keys/`, one file each, committed (spec 3.8).

To trust a key is to let its holder approve, so it needs the authority `manage_secrets`. What the holder may approve at
most is written into the key's file from `authority.yaml`, because a runner reads the one and not the other.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from alloynb.application.signing_keys import SigningKey, SigningKeys, own_signing_keys
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError, Refused
from alloynb.intent.authority import Action, Authority, Principal
from alloynb.intent.errors import MissingAuthority
from runtime_artifacts.approval import ApprovalScope
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.signing import TRUSTED_KEYS_FOLDER, TrustedKey, key_id, read_trusted_keys
from runtime_artifacts.write_once import replace_whole

SCOPES: tuple[ApprovalScope, ...] = get_args(ApprovalScope)
AUTHORITY_FOR: dict[ApprovalScope, Action] = {
    "dry_run": "approve_dry_run",
    "mutation": "approve_mutation",
    "commit": "approve_commit",
    "release": "approve_release",
    "gate_weakening": "approve_mutation",
    "test_deletion": "approve_mutation",
    "intent_rewrite": "approve_mutation",
}
_PUBLIC_KEY = re.compile(r"[0-9a-f]{64}")


class KeyOfAnother(Refused):
    """The key is trusted for somebody else already."""


@dataclass(frozen=True)
class TrustKey:
    """Please trust a key.

    Attributes:
        principal: whose it is; None for one's own.
        public_key: 64 hex digits; None for one's own, which is made when there is none.
        scopes: what is accepted from it; empty for all that `authority.yaml` lets the principal approve.
    """

    principal: str | None = None
    public_key: str | None = None
    scopes: tuple[ApprovalScope, ...] = ()


@dataclass(frozen=True)
class KeyTrusted:
    """The key as it is trusted now.

    Attributes:
        file: to be committed.
        made: the private key that was made for this, if one was.
    """

    key: TrustedKey
    file: Path
    made: Path | None = None


@dataclass(frozen=True)
class KnownKeys:
    """One's own key, and those that the project trusts.

    Attributes:
        own: None when there is none yet.
        own_file: where it lies, or would lie.
    """

    own: SigningKey | None
    own_file: Path
    trusted: tuple[TrustedKey, ...]

    @property
    def own_is_trusted(self) -> bool:
        """Whether the project trusts one's own key, in one's own name."""
        own = self.own
        return own is not None and any(
            (key.keyid, key.principal) == (own.keyid, own.principal) for key in self.trusted
        )


def trust_key(workspace: Workspace, command: TrustKey, keys: SigningKeys | None = None) -> KeyTrusted:
    """Write a public key down as trusted; trusting it again takes over what its holder may approve by now.

    Args:
        keys: private keys of this user; those in the user's configuration when None.

    Raises:
        MissingAuthority: the acting principal may not manage secrets, or the holder may not approve that.
        KeyOfAnother: the key is trusted for somebody else.
        AlloyError: the public key is not one.
        UnsafeKey, CannotRun, SigningUnavailable: one's own key cannot be read or made.
    """
    workspace.authority.require(workspace.principal, "manage_secrets", workspace.settings.project)
    principal = command.principal or workspace.principal.name
    scopes = _scopes_of(workspace, principal, command.scopes)
    made = None
    public = command.public_key
    if public is None:
        if principal != workspace.principal.name:
            raise AlloyError(
                f"the public key of {principal} is needed",
                next_step="`alloynb key show` tells it where they work",
            )
        own, is_new = (keys or own_signing_keys()).find_or_make(principal)
        public, made = own.public_key, own.file if is_new else None
    elif not _PUBLIC_KEY.fullmatch(public):
        raise AlloyError("a public key is 64 hex digits", next_step="`alloynb key show` tells it")
    key = TrustedKey(
        keyid=key_id(public),
        principal=principal,
        public_key=public,
        scopes=scopes,
        added_at=format_timestamp(workspace.clock()),
        added_by=workspace.principal.name,
    )
    for known in trusted_keys(workspace):
        if known.keyid == key.keyid and known.principal != principal:
            raise KeyOfAnother(f"key {key.keyid} is trusted as that of {known.principal}")
    file = trusted_folder(workspace) / f"{key.keyid}.json"
    text = json.dumps(key.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
    replace_whole(file, text.encode())
    return KeyTrusted(key, file, made)


def known_keys(workspace: Workspace, keys: SigningKeys | None = None) -> KnownKeys:
    """Tell one's own key and the trusted ones.

    Raises:
        UnsafeKey, CannotRun, SigningUnavailable: one's own key cannot be read.
        ArtifactError: the file of a trusted key is damaged.
    """
    own = keys or own_signing_keys()
    name = workspace.principal.name
    return KnownKeys(own.find(name), own.file_of(name), trusted_keys(workspace))


def trusted_folder(workspace: Workspace) -> Path:
    """Where the trusted keys of a project lie."""
    return workspace.alloy_dir / TRUSTED_KEYS_FOLDER


def trusted_keys(workspace: Workspace) -> tuple[TrustedKey, ...]:
    """Read the keys that the project trusts.

    Raises:
        ArtifactError: a file is damaged.
    """
    return read_trusted_keys(trusted_folder(workspace))


def _scopes_of(
    workspace: Workspace, principal: str, wanted: tuple[ApprovalScope, ...]
) -> tuple[ApprovalScope, ...]:
    authority, project = workspace.authority, workspace.settings.project
    holder = Principal(principal)
    allowed = [scope for scope in SCOPES if _may_approve(authority, holder, AUTHORITY_FOR[scope], project)]
    for scope in wanted:
        if scope not in allowed:
            authority.require(holder, AUTHORITY_FOR[scope], project)  # says why
            raise MissingAuthority(f"{principal} may not approve {scope}")
    if not allowed:
        raise MissingAuthority(
            f"{principal} may approve nothing in {project}",
            next_step=f"grant approve_mutation, for example, in {authority.file}",
        )
    return tuple(scope for scope in SCOPES if scope in (wanted or allowed))


def _may_approve(authority: Authority, holder: Principal, action: Action, project: str) -> bool:
    """Only a human approves, whatever a file grants to a machine."""
    try:
        return authority.require(holder, action, project).principal.kind == "human"
    except MissingAuthority:
        return False
