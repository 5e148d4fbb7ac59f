"""What a detector of weakened evidence is given: two trees, the gates of each, and what changed between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from foundry_kernel.events.payloads.validation import Gate
from foundry_kernel.gates.comparing.finding import Weakening
from foundry_kernel.gates.comparing.protected import Protected
from foundry_kernel.gates.comparing.tree import MAX_FILE_BYTES, Tree, is_plain_path


@dataclass(frozen=True)
class Side:
    """One of the two trees, read with a cap and each file once.

    Attributes:
        gates: gates as resolved from this tree; None when they could not be resolved.
    """

    tree: Tree
    gates: tuple[Gate, ...] | None
    _read: dict[str, bytes | None] = field(default_factory=dict, repr=False, compare=False)

    def bytes_of(self, path: str) -> bytes | None:
        """Bytes of a file; None when there is none."""
        if path not in self._read:
            self._read[path] = self.tree.read(path) if is_plain_path(path) else None
        return self._read[path]

    def text_of(self, path: str) -> str | None:
        """Text of a file; None when there is none, or it is too large. What is not UTF-8 is replaced."""
        found = self.bytes_of(path)
        if found is None or len(found) > MAX_FILE_BYTES:
            return None
        return found.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")

    def is_too_large(self, path: str) -> bool:
        """Whether a file is larger than what is judged."""
        found = self.bytes_of(path)
        return found is not None and len(found) > MAX_FILE_BYTES


@dataclass(frozen=True)
class Comparison:
    """Two trees side by side.

    Attributes:
        changed: paths that may differ, sorted; files that are too large on either side are left out.
        too_large: changed paths that were left out.
        protected: what no run may change unasked, wherever in the tree it lies.
    """

    before: Side
    after: Side
    changed: tuple[str, ...]
    too_large: tuple[str, ...] = ()
    protected: Protected = field(default_factory=Protected)

    def changed_named(self, *file_names: str) -> tuple[str, ...]:
        """Changed paths whose file name is one of these."""
        return tuple(path for path in self.changed if PurePosixPath(path).name in file_names)

    def changed_ending(self, *suffixes: str) -> tuple[str, ...]:
        """Changed paths that end in one of these."""
        return tuple(path for path in self.changed if path.endswith(suffixes))


Detector = Callable[[Comparison], Iterable[Weakening]]


@dataclass(frozen=True)
class WeakeningDetector:
    """A detector as its file offers it: a name, and the function that finds."""

    name: str
    find: Detector


def compare(
    before: Tree,
    after: Tree,
    gates_before: Iterable[Gate],
    gates_after: Iterable[Gate] | None,
    changed_paths: Iterable[str],
    protected: Protected | None = None,
) -> Comparison:
    """Put two trees side by side. Changed paths that are not plain relative paths are not read."""
    old = Side(before, tuple(gates_before))
    new = Side(after, None if gates_after is None else tuple(gates_after))
    paths = sorted({path for path in changed_paths if is_plain_path(path)})
    large = tuple(path for path in paths if old.is_too_large(path) or new.is_too_large(path))
    judged = tuple(path for path in paths if path not in set(large))
    return Comparison(old, new, judged, large, protected or Protected())
