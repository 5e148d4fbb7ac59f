"""Releases, and what is installed from them (spec 4.6)."""

from __future__ import annotations

from typing import Literal

from foundry_kernel.events.payload import ClosingPayload, EntryPayload


class ReleaseRequested(EntryPayload):
    """A release should be cut; no version means the next patch."""

    version: str | None = None
    bump: Literal["major", "minor", "patch"] = "patch"


class ReleaseCompleted(ClosingPayload):
    """A release was cut, or why not."""

    version: str = ""
    tag: str = ""
    commit: str = ""
    new_tag: bool = True


class ReleasePipelineCompleted(ClosingPayload):
    """The pipeline of a release came to an end."""

    tag: str = ""
    status: str = ""
    address: str = ""


class LocalInstallCompleted(ClosingPayload):
    """The project's install command was run here."""

    command: str = ""
    version: str = ""
    exit_code: int | None = None


class LocalSkillInstallCompleted(ClosingPayload):
    """What the project offers to agents was installed here."""

    skill: str = ""
    path: str = ""


EVENTS = (
    ReleaseRequested,
    ReleaseCompleted,
    ReleasePipelineCompleted,
    LocalInstallCompleted,
    LocalSkillInstallCompleted,
)
