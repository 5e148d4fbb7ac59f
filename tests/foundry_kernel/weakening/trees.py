"""Trees in memory and gates in few words, for promises about weakened evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from foundry_kernel.events.payloads.validation import Gate
from foundry_kernel.gates.weakening import Weakening, changed_between, find_weakenings

Files = Mapping[str, str | bytes]


class MemoryTree:
    """A tree of texts; remembers what was read."""

    def __init__(self, files: Files) -> None:
        self._files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.read_paths: list[str] = []

    def read(self, path: str) -> bytes | None:
        self.read_paths.append(path)
        return self._files.get(path)

    def paths(self) -> Iterable[str]:
        return sorted(self._files)


def gate(name: str = "tests", command: str | tuple[str, ...] = "pytest", **facts: Any) -> Gate:
    """A required gate of the repository."""
    said = {
        "required": True,
        "mode": "required_for_mutation",
        "source": "repository",
        "timeout_s": 60.0,
        **facts,
    }
    return Gate(name=name, command=command, **said)


def found(
    before: Files,
    after: Files,
    gates_before: Iterable[Gate] = (),
    gates_after: Iterable[Gate] | None = None,
) -> tuple[Weakening, ...]:
    """Weakenings between two trees; the gates stay the same unless others are given."""
    old, new = MemoryTree(before), MemoryTree(after)
    was = tuple(gates_before)
    now = was if gates_after is None else tuple(gates_after)
    return find_weakenings(old, new, was, now, changed_between(MemoryTree(before), MemoryTree(after)))


def said(weakenings: Iterable[Weakening]) -> list[tuple[str, str]]:
    """Kind and severity of each."""
    return [(each.kind, each.severity) for each in weakenings]
