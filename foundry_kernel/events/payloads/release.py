"""Releases, and what is installed from them (spec 4.6)."""

from __future__ import annotations

from typing import Literal

from foundry_kernel.events.payload import ClosingPayload, EntryPayload


class ReleaseRequested(EntryPayload):
    """A release should be cut; no version means the next patch."""

    version: str | None = None
    bump: Literal["major", "minor", "patch"] = "patch"


class ReleaseCompleted(ClosingPayload):
    """A release was cut, or why not.

    Attributes:
        new_tag: False when the commit had the tag already.
        pushed: whether the tag is on the remote; without that no pipeline of the code host knows of it.
    """

    version: str = ""
    tag: str = ""
    commit: str = ""
    new_tag: bool = True
    pushed: bool = False


class ReleasePipelineCompleted(ClosingPayload):
    """The pipeline of a release came to an end.

    Attributes:
        status: `passed`, `failed`, `none` (nothing ran), `running` (it was not waited for longer) or `unwatched`.
    """

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
    command: str = ""
    exit_code: int | None = None


EVENTS = (
    ReleaseRequested,
    ReleaseCompleted,
    ReleasePipelineCompleted,
    LocalInstallCompleted,
    LocalSkillInstallCompleted,
)
