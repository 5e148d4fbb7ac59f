"""Which folders hold what people agreed on, so that no run rewrites them unasked (spec 3.8, 4.5).

What the files there mean is none of our business: a folder is protected by its path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

AGREEMENTS = (".alloy",)
"""Protected in every repository, whatever a formation says."""

PROPOSALS = (".alloy/hypotheses",)
"""Where something new binds nobody: a run may add files there, and neither change nor remove what stands."""

_WORTH_NOTHING = frozenset({".gitkeep"})


@dataclass(frozen=True)
class Protected:
    """Folders by their path; each also counts further down, as a repository may hold several projects.

    Attributes:
        folders: what is in them is protected.
        proposals: folders of those to which may be added.
    """

    folders: tuple[str, ...] = AGREEMENTS
    proposals: tuple[str, ...] = PROPOSALS

    @classmethod
    def beyond(cls, folders: Iterable[str]) -> Protected:
        """The folders that are always protected, and some more."""
        further = (each.strip("/") for each in folders)
        return cls(tuple(dict.fromkeys((*AGREEMENTS, *(each for each in further if each)))))

    def covers(self, path: str) -> bool:
        """Whether a path is protected, or would stand in the place of a protected folder."""
        says_something = path.rpartition("/")[2] not in _WORTH_NOTHING
        return says_something and any(_lies_in(path, each) for each in self.folders)

    def takes_proposals(self, path: str) -> bool:
        """Whether a new file may appear at a path."""
        return any(_lies_in(path, each) and not _ends_with(path, each) for each in self.proposals)


def _lies_in(path: str, folder: str) -> bool:
    """Whether the path is the folder or lies below it, at any depth; some file systems know no large letters."""
    return f"/{folder.casefold()}/" in f"/{path.casefold()}/"


def _ends_with(path: str, folder: str) -> bool:
    return f"/{path.casefold()}".endswith(f"/{folder.casefold()}")
