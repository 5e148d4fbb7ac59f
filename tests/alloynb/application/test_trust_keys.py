"""A project trusts the keys that somebody with the authority for it wrote down, for no more than their holder may."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.application.trust_keys import KeyOfAnother, TrustKey, known_keys, trust_key, trusted_keys
from alloynb.errors import AlloyError
from alloynb.intent.errors import MissingAuthority
from tests.fakes.governed import Governed, govern_here
from tests.fakes.signers import EVERY_SCOPE, Signer

BEN = Signer("ben", 2)
AUTHORITY = """principals:
  ada: ["*"]
  ben: [approve_dry_run, approve_commit]
  bot: ["*"]
  eve: [view_intent]
machines: [bot]
"""


@pytest.fixture
def here(tmp_path: Path) -> Governed:
    return govern_here(tmp_path)


def test_ones_own_key_is_made_and_trusted_in_one_step(here: Governed) -> None:
    assert not known_keys(here.workspace, here.keys).own_is_trusted

    done = trust_key(here.workspace, TrustKey(), here.keys)

    assert done.made == here.keys.file_of("ada")
    assert done.file == here.workspace.alloy_dir / "trusted_keys" / f"{done.key.keyid}.json"
    assert done.key.scopes == EVERY_SCOPE
    assert trusted_keys(here.workspace) == (done.key,)
    assert known_keys(here.workspace, here.keys).own_is_trusted
    assert trust_key(here.workspace, TrustKey(), here.keys).made is None


def test_the_file_is_one_that_git_takes(here: Governed) -> None:
    trust_key(here.workspace, TrustKey(), here.keys)

    assert ".alloy/trusted_keys/" in here.git("status", "--porcelain")


def test_a_key_is_trusted_for_what_its_holder_may_approve(here: Governed) -> None:
    here.grant(AUTHORITY)

    done = trust_key(here.seen_by("ada"), TrustKey("ben", BEN.public_key), here.keys)

    assert (done.key.keyid, done.key.scopes, done.key.added_by) == (BEN.keyid, ("dry_run", "commit"), "ada")


def test_it_may_be_trusted_for_less_and_never_for_more(here: Governed) -> None:
    here.grant(AUTHORITY)
    ada = here.seen_by("ada")

    assert trust_key(ada, TrustKey("ben", BEN.public_key, ("commit",))).key.scopes == ("commit",)
    with pytest.raises(MissingAuthority, match="ben lacks the authority approve_mutation"):
        trust_key(ada, TrustKey("ben", BEN.public_key, ("commit", "gate_weakening")))


@pytest.mark.parametrize("name", ["ben", "eve", "bot"])
def test_only_who_manages_secrets_trusts(here: Governed, name: str) -> None:
    here.grant(AUTHORITY)

    with pytest.raises(MissingAuthority):
        trust_key(here.seen_by(name), TrustKey(), here.keys)
    assert not trusted_keys(here.workspace)
    assert here.keys.find(name) is None


@pytest.mark.parametrize("name", ["eve", "bot"])
def test_who_may_approve_nothing_is_not_trusted(here: Governed, name: str) -> None:
    here.grant(AUTHORITY)

    with pytest.raises(MissingAuthority, match=f"{name} may approve nothing"):
        trust_key(here.seen_by("ada"), TrustKey(name, BEN.public_key))


def test_a_key_belongs_to_one(here: Governed) -> None:
    trust_key(here.workspace, TrustKey("ben", BEN.public_key))

    with pytest.raises(KeyOfAnother, match="trusted as that of ben"):
        trust_key(here.workspace, TrustKey("ana", BEN.public_key))


@pytest.mark.parametrize("text", ["", "ab", "A" * 64, "g" * 64, "a" * 63 + "\n"])
def test_what_is_no_public_key_is_refused(here: Governed, text: str) -> None:
    with pytest.raises(AlloyError, match="64 hex digits"):
        trust_key(here.workspace, TrustKey("ben", text))


def test_the_key_of_another_has_to_be_given(here: Governed) -> None:
    with pytest.raises(AlloyError, match="the public key of ben is needed"):
        trust_key(here.workspace, TrustKey("ben"), here.keys)
