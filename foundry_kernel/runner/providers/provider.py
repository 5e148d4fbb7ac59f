"""The port of all providers, and how a message is sent again when no answer came (spec 5.2, 5.4)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from foundry_kernel.errors import CannotDispatch, FoundryError, Unsafe
from runtime_artifacts.envelope import Artifact, Kind
from runtime_artifacts.errors import DigestMismatch
from runtime_artifacts.kinds import read_as

TIME_LIMIT_S = 20.0
MOST_SENDS = 4
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0
_NAME = re.compile(r"[a-z][a-z_]{0,62}/[0-9a-f]{64}\.json")

AnswerT = TypeVar("AnswerT")


class ProviderUnreachable(CannotDispatch):
    """The provider does not answer, or does not hold the artifact."""


class NoAnswer(ProviderUnreachable):
    """No answer came; the same message may be sent again."""


class NotHeld(ProviderUnreachable):
    """The provider has nothing under this name."""


class ProviderRefuses(Unsafe):
    """The provider knows us not, or does not let us do this."""


class BadPlace(FoundryError):
    """This names no place that artifacts could come from."""

    failure_class = "validation"


class Provider(Protocol):
    """A place that holds artifacts by name."""

    @property
    def shown(self) -> str:
        """The place, as it may be printed."""

    @property
    def resent(self) -> int:
        """How often a message was sent again because no answer came: transport retries, counted apart."""

    def fetch(self, name: str) -> bytes:
        """Take what stands under a name; bounded in size and time, and not verified yet.

        Raises:
            NotHeld: nothing does.
            ProviderUnreachable, ProviderRefuses: it cannot be had.
        """

    def keep(self, name: str, text: bytes) -> bool:
        """Put something under a name where nothing stands; what stands there is never replaced.

        Returns:
            True if this call put it there, False if something was there.

        Raises:
            ProviderUnreachable, ProviderRefuses: it cannot be put there.
            BadPlace: nothing can be put into this place.
        """


@dataclass
class Sending:
    """Sends a message until an answer comes, and counts.

    Attributes:
        most_sends: how often the same message is sent, 1 or more.
        resent: how often one was sent again.
    """

    most_sends: int = MOST_SENDS
    wait: Callable[[float], object] = time.sleep
    resent: int = 0

    def until_answered(self, send: Callable[[], AnswerT]) -> AnswerT:
        """Send; a refusal and a failure that would only repeat are answers too.

        Raises:
            NoAnswer: none came, however often it was asked.
        """
        for sends in range(1, self.most_sends):
            try:
                return send()
            except NoAnswer:
                self.wait(min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (sends - 1)))
                self.resent += 1
        return send()


def name_of(kind: Kind[Any], digest: str) -> str:
    """The name of an artifact in every provider: that of a file on a shelf."""
    return checked_name(f"{kind.folder}/{digest.removeprefix('sha256:')}.json")


def checked_name(name: str) -> str:
    """The name, if it is one.

    Raises:
        BadPlace: it is not; it could lead out of the place.
    """
    if not _NAME.fullmatch(name):
        raise BadPlace(f"{name[:100]!r} is no name of an artifact")
    return name


def fetch_artifact(kind: Kind[Any], digest: str, provider: Provider) -> Artifact[Any]:
    """Take an artifact, verified by its digest.

    Raises:
        ProviderUnreachable, ProviderRefuses: it cannot be had.
        ArtifactError: it is damaged, or another one.
    """
    found = read_as(kind, provider.fetch(name_of(kind, digest)))
    if found.digest != digest:
        raise DigestMismatch(f"{kind.folder}: expected {digest}, found {found.digest}")
    return found
