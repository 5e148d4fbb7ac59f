"""The runners of a shared Alloy: let in by a person, known by a key, shut out for good (spec 5.3, 5.6).

Below `.alloy/mailbox/runners/`, which is local to the machine that serves:

    <runner id>.json            who it is and the digest of its key; created once
    <runner id>.revoked.json    who shut it out; created once
    <runner id>.manifest.json   what it supports, as it last said
    <runner id>.seen.json       when and from where it was last heard
    names/<name>                which runner has the name; created once

A key is 256 random bits, so its SHA-256 tells nobody anything, and needs no salt.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from alloynb.application.workspace import Workspace
from alloynb.application.wrong_keys import TooManyWrongKeys, WrongKeys, worth_telling
from alloynb.errors import AlloyError, Refused
from alloynb.evidence.dispatch_facts import RunnerStep, runner_fact
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST, CapabilityManifest
from runtime_artifacts.envelope import Artifact, format_timestamp, parse_timestamp
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.identity import is_id, new_id
from runtime_artifacts.kinds import read_as, read_file
from runtime_artifacts.runner_protocol import RegisteredRunner, RunnerRegistration
from runtime_artifacts.untrusted_file import read_untrusted
from runtime_artifacts.write_once import create_once, replace_whole

ALL_PROJECTS = "*"
_KEY_PREFIX = "alloyrunner_"
_KEY_BYTES = 32
_LONGEST_KEY = 200


class UnknownRunner(AlloyError):
    """There is no runner of this name or id."""


class RunnerNameTaken(AlloyError):
    """Another runner has this name."""


class WrongKey(Refused):
    """Nobody is known by this key."""


class RunnerRevoked(Refused):
    """The runner was shut out."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Registration(_Kept):
    runner_id: str
    name: str
    projects: tuple[str, ...]
    trusted_for_mutation: bool
    key_digest: str
    registered_at: str
    registered_by: str


class Revocation(_Kept):
    """Who shut a runner out."""

    at: str
    by: str
    why: str


class Seen(_Kept):
    """When a runner was last heard, and what it said of itself."""

    at: str
    host: str = ""
    running: tuple[str, ...] = ()


@dataclass(frozen=True)
class Runner:
    """One registered runner.

    Attributes:
        projects: whose requests it may take; `*` for all.
        revoked: who shut it out; None while it may come.
    """

    runner_id: str
    name: str
    projects: tuple[str, ...]
    trusted_for_mutation: bool
    registered_at: str
    registered_by: str
    revoked: Revocation | None = None

    def serves(self, project: str) -> bool:
        """Say whether it may take requests of a project."""
        return ALL_PROJECTS in self.projects or project in self.projects


@dataclass(frozen=True)
class RegisterRunner:
    """Please let a runner in.

    Attributes:
        projects: whose requests it may take; empty for the workspace's own, `*` for all.
        trusted_for_mutation: whether it may take requests that change a repository for good.
    """

    name: str
    projects: tuple[str, ...] = ()
    trusted_for_mutation: bool = False


@dataclass(frozen=True)
class RevokeRunner:
    """Please shut a runner out, by its name or id."""

    runner: str
    why: str = ""


def register_runner(workspace: Workspace, command: RegisterRunner) -> RegisteredRunner:
    """Let a runner in. Its key is in the answer and nowhere else.

    Raises:
        MissingAuthority: the principal lacks `manage_runners`.
        AlloyError: the name cannot be one.
        RunnerNameTaken: another runner has the name, be it a revoked one.
    """
    workspace.authority.require(workspace.principal, "manage_runners", workspace.settings.project)
    projects = command.projects or (workspace.settings.project,)
    try:
        asked = RunnerRegistration(
            name=command.name, projects=projects, trusted_for_mutation=command.trusted_for_mutation
        )
    except ValidationError as error:
        raise AlloyError(
            f"{command.name[:80]!r} cannot be the name of a runner",
            next_step="letters, digits, dots and dashes, at most 63",
        ) from error
    folder, runner_id = _folder(workspace), new_id("runner")
    key = _KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    if not create_once(folder / "names" / asked.name, runner_id.encode()):
        raise RunnerNameTaken(f"a runner {asked.name} is registered", next_step="choose another name")
    kept = _Registration(
        runner_id=runner_id,
        name=asked.name,
        projects=asked.projects,
        trusted_for_mutation=asked.trusted_for_mutation,
        key_digest=_digest(key),
        registered_at=format_timestamp(workspace.clock()),
        registered_by=workspace.principal.name,
    )
    create_once(folder / f"{runner_id}.json", kept.model_dump_json(indent=2).encode())
    workspace.warehouse.record(
        [
            runner_fact(
                step="registered",
                runner_id=runner_id,
                at=kept.registered_at,
                key=f"registered/{runner_id}",
                principal=kept.registered_by,
                name=kept.name,
                projects=list(kept.projects),
                trusted_for_mutation=kept.trusted_for_mutation,
            )
        ]
    )
    return RegisteredRunner(runner_id=runner_id, key=key)


def revoke_runner(workspace: Workspace, command: RevokeRunner) -> Runner:
    """Shut a runner out from this moment on; what it holds runs out with its lease. Doing it again changes nothing.

    Raises:
        MissingAuthority: the principal lacks `manage_runners`.
        UnknownRunner: there is none of this name or id.
    """
    workspace.authority.require(workspace.principal, "manage_runners", workspace.settings.project)
    runner = find_runner(workspace, command.runner)
    revocation = Revocation(
        at=format_timestamp(workspace.clock()), by=workspace.principal.name, why=command.why
    )
    file = _folder(workspace) / f"{runner.runner_id}.revoked.json"
    if create_once(file, revocation.model_dump_json(indent=2).encode()):
        workspace.warehouse.record(
            [
                runner_fact(
                    step="revoked",
                    runner_id=runner.runner_id,
                    at=revocation.at,
                    key=f"revoked/{runner.runner_id}",
                    principal=revocation.by,
                    why=revocation.why,
                    name=runner.name,
                )
            ]
        )
    return find_runner(workspace, runner.runner_id)


def runners(workspace: Workspace) -> Iterator[Runner]:
    """Yield every runner, revoked ones too, oldest first.

    Raises:
        AlloyError: a file of one was damaged.
    """
    for file in sorted(_folder(workspace).glob("runner_*.json")):
        if is_id(file.stem, "runner"):
            yield _read(workspace, file.stem)[0]


def find_runner(workspace: Workspace, name_or_id: str) -> Runner:
    """Find a runner by its name or id.

    Raises:
        UnknownRunner: there is none.
    """
    if is_id(name_or_id, "runner"):
        return _read(workspace, name_or_id)[0]
    for runner in runners(workspace):
        if runner.name == name_or_id:
            return runner
    raise UnknownRunner(f"no runner {name_or_id[:80]!r}", next_step="`alloynb runner list` lists them")


def authenticate_runner(
    workspace: Workspace, runner_id: str, key: str, *, source: str, wrong_keys: WrongKeys
) -> Runner:
    """Make sure that who speaks is the runner that it says it is.

    It takes the same time for a wrong key and for a runner that does not exist. Who comes with wrong keys too often is
    not even looked at for a while; others from elsewhere are, and whoever came from there with the right key before.

    Args:
        source: where the caller comes from, such as its address.
        wrong_keys: what is remembered of those who guess; one for the serving process.

    Raises:
        TooManyWrongKeys: this source guessed too often; its key was not looked at.
        WrongKey: nobody is known by this key.
        RunnerRevoked: the runner was shut out.
    """
    shown = _digest(key[:_LONGEST_KEY])
    mark = _digest(f"{runner_id[:_LONGEST_KEY]} {shown}")
    wait_s = wrong_keys.wait_s(source)
    if wait_s and not wrong_keys.knows(source, mark):
        _tell_of_guess(workspace, "rate_limited", runner_id, source, wrong_keys.note(source, looked_at=False))
        raise TooManyWrongKeys("too many wrong keys came from there", retry_after_s=wait_s)
    try:
        runner, expected = _read(workspace, runner_id)
    except UnknownRunner:
        runner, expected = None, _digest("")
    right = hmac.compare_digest(shown, expected)
    if runner is None or not right:
        _tell_of_guess(workspace, "wrong_key", runner_id, source, wrong_keys.note(source))
        raise WrongKey("this is not the key of a runner that is registered here")
    wrong_keys.welcome(source, mark)
    if runner.revoked is not None:
        raise RunnerRevoked(
            f"runner {runner.name} was revoked by {runner.revoked.by} at {runner.revoked.at}",
            next_step="ask them, or register another",
        )
    return runner


def note_seen(workspace: Workspace, runner: Runner, *, host: str = "", running: tuple[str, ...] = ()) -> None:
    """Keep when a runner was heard, and what it said of itself."""
    seen = Seen(at=format_timestamp(workspace.clock()), host=host, running=running)
    replace_whole(_folder(workspace) / f"{runner.runner_id}.seen.json", seen.model_dump_json().encode())


def note_heard(workspace: Workspace, runner: Runner) -> None:
    """Keep when a runner was heard over a request that it holds; what it said of itself before still stands.

    One that is busy does not poll, and is alive all the same.
    """
    seen = last_seen(workspace, runner) or Seen(at=format_timestamp(workspace.clock()))
    note_seen(workspace, runner, host=seen.host, running=seen.running)


def last_seen(workspace: Workspace, runner: Runner) -> Seen | None:
    """When a runner was last heard; None for never."""
    file = _folder(workspace) / f"{runner.runner_id}.seen.json"
    try:
        seen = Seen.model_validate_json(read_untrusted(file))
        parse_timestamp(seen.at)
    except (FileNotFoundError, ArtifactError, ValidationError, ValueError):
        return None
    return seen


def seconds_since(seen: Seen | None, now: datetime) -> float | None:
    """How long ago that was; None for never."""
    return None if seen is None else max(0.0, (now - parse_timestamp(seen.at)).total_seconds())


def keep_manifest(workspace: Workspace, runner: Runner, document: bytes) -> Artifact[CapabilityManifest]:
    """Keep what a runner says it supports.

    Raises:
        ArtifactError: it is not a capability manifest.
    """
    manifest = read_as(CAPABILITY_MANIFEST, document)
    replace_whole(_folder(workspace) / f"{runner.runner_id}.manifest.json", manifest.to_bytes())
    return manifest


def manifest_of(workspace: Workspace, runner: Runner) -> Artifact[CapabilityManifest] | None:
    """What a runner last said it supports; None if it never did, or if that was damaged."""
    file = _folder(workspace) / f"{runner.runner_id}.manifest.json"
    try:
        return read_file(CAPABILITY_MANIFEST, file)
    except (FileNotFoundError, ArtifactError):
        return None


def _tell_of_guess(workspace: Workspace, step: RunnerStep, runner_id: str, source: str, times: int) -> None:
    if worth_telling(times):
        said = runner_fact(
            step=step,
            runner_id=visible_id(runner_id),
            at=workspace.clock(),
            principal=source[:200],
            why="a wrong key",
            source=source[:200],
            times=times,
        )
        workspace.warehouse.record([said])


def visible_id(runner_id: str) -> str:
    """An id as somebody unknown said it, fit to be shown."""
    return "".join(letter for letter in runner_id[:80] if letter.isprintable())


def _read(workspace: Workspace, runner_id: str) -> tuple[Runner, str]:
    """A runner, and the digest of its key."""
    file = _folder(workspace) / f"{runner_id}.json"
    if not is_id(runner_id, "runner") or not file.is_file():
        raise UnknownRunner(f"no runner {runner_id[:80]!r}", next_step="`alloynb runner list` lists them")
    try:
        kept = _Registration.model_validate_json(read_untrusted(file))
        revoked_file = file.with_suffix(".revoked.json")
        revoked = (
            Revocation.model_validate_json(read_untrusted(revoked_file)) if revoked_file.exists() else None
        )
    except ValidationError as error:
        raise AlloyError(
            "the file of a runner is damaged", file=file, next_step="register it anew"
        ) from error
    fields = kept.model_dump(exclude={"key_digest"})
    return Runner(**fields, revoked=revoked), kept.key_digest


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _folder(workspace: Workspace) -> Path:
    return workspace.mailbox.folder / "runners"
