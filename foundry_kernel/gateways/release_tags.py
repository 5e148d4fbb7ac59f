"""Tags that are releases: `v1.2.3` or `1.2.3`, and which comes next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from foundry_kernel.errors import FoundryError

Bump = Literal["major", "minor", "patch"]
_TAG = re.compile(r"(?P<prefix>v?)(?P<numbers>(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2})")


class BadVersion(FoundryError):
    """A version cannot be released: it is none, or the releases are past it."""

    failure_class = "validation"


@dataclass(frozen=True, order=True)
class Release:
    """One release; they are ordered by their numbers."""

    numbers: tuple[int, int, int]
    tag: str
    commit: str

    @property
    def version(self) -> str:
        """Numbers with dots."""
        return ".".join(map(str, self.numbers))


def releases_among(tags: Mapping[str, str]) -> tuple[Release, ...]:
    """Releases among tags, oldest version first; a candidate such as `v1.0.0-rc1` is none.

    Args:
        tags: commit by tag.
    """
    found = ((_TAG.fullmatch(tag), tag, commit) for tag, commit in tags.items())
    return tuple(
        sorted(Release(_numbers(match["numbers"]), tag, commit) for match, tag, commit in found if match)
    )


def latest_release(tags: Mapping[str, str]) -> Release | None:
    """Release of the highest version, None when there is none."""
    return next(reversed(releases_among(tags)), None)


def next_release(tags: Mapping[str, str], commit: str, *, version: str | None, bump: Bump) -> Release:
    """Say what a commit is released as.

    The first release is 0.1.0, or 1.0.0 for a major one. Its tag begins with `v`, unless the latest one does not. A
    commit that is the latest release already stays that one, unless another version is asked for.

    Args:
        version: asked for, with or without `v`; None for the next by `bump`.

    Raises:
        BadVersion: it is no version, stands at another commit, or is not above the latest release.
    """
    latest = latest_release(tags)
    prefix = latest.tag.removesuffix(latest.version) if latest else "v"
    if version is None:
        if latest is not None and latest.commit == commit:
            return latest
        numbers = _bumped(latest.numbers, bump) if latest else (1, 0, 0) if bump == "major" else (0, 1, 0)
    else:
        match = _TAG.fullmatch(version)
        if match is None:
            raise BadVersion(f"{version[:100]!r} is no version", next_step="three numbers, such as 1.2.3")
        numbers = _numbers(match["numbers"])
    wanted = Release(numbers, prefix + ".".join(map(str, numbers)), commit)
    for each in releases_among(tags):
        if each.numbers == numbers and each.commit == commit:
            return each
        if each.numbers == numbers:
            raise BadVersion(f"{each.tag} stands at {each.commit[:12]}: a release is never moved")
    if latest is not None and numbers < latest.numbers:
        raise BadVersion(f"{wanted.version} is not above the latest release {latest.tag}")
    return wanted


def _bumped(numbers: tuple[int, int, int], bump: Bump) -> tuple[int, int, int]:
    major, minor, patch = numbers
    if bump == "major":
        return major + 1, 0, 0
    return (major, minor + 1, 0) if bump == "minor" else (major, minor, patch + 1)


def _numbers(text: str) -> tuple[int, int, int]:
    major, minor, patch = map(int, text.split("."))
    return major, minor, patch
