"""Secrets stay with the runner: what was handed to a command by name never stands in a trace or log (spec 5.6)."""

from __future__ import annotations

from collections.abc import Mapping

MIN_SECRET_CHARACTERS = 4
"""Shorter values are not replaced: they would tear holes into ordinary words, and are no secrets."""


class Redactor:
    """Replaces the values of named variables by `***NAME***`. One per run; it learns names as they are handed out."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._longest_first: tuple[str, ...] = ()

    def learn(self, secrets: Mapping[str, str]) -> None:
        """Remember values, by the name of their variable; every line of a value with several lines counts."""
        for name, value in secrets.items():
            for part in {value, *value.splitlines()}:
                if len(part.strip()) >= MIN_SECRET_CHARACTERS:
                    self._names[part] = name
        self._longest_first = tuple(sorted(self._names, key=lambda value: (-len(value), value)))

    def __call__(self, text: str) -> str:
        """Return `text` without the values."""
        for value in self._longest_first:
            if value in text:
                text = text.replace(value, f"***{self._names[value]}***")
        return text

    def stream(self) -> StreamRedactor:
        """Make a redactor for bytes that come in pieces."""
        pairs = tuple(
            (value.encode(), f"***{self._names[value]}***".encode()) for value in self._longest_first
        )
        return StreamRedactor(pairs)


class StreamRedactor:
    """Replaces values in a stream of bytes, also where a value is split between two pieces."""

    def __init__(self, pairs: tuple[tuple[bytes, bytes], ...]) -> None:
        self._pairs = pairs
        self._overlap = max((len(value) for value, _ in pairs), default=1) - 1
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece; return what can be passed on. The last bytes are held, see `end`."""
        if not self._overlap:
            return piece
        text = self._replaced(self._held + piece)
        keep = self._start_of_a_value(text)
        self._held = text[keep:]
        return text[:keep]

    def end(self) -> bytes:
        """Return what was held."""
        rest, self._held = self._held, b""
        return rest

    def _replaced(self, text: bytes) -> bytes:
        for value, name in self._pairs:
            text = text.replace(value, name)
        return text

    def _start_of_a_value(self, text: bytes) -> int:
        """Where the end of `text` could be the beginning of a value; its length if nowhere."""
        for start in range(max(0, len(text) - self._overlap), len(text)):
            end = text[start:]
            if any(value.startswith(end) for value, _ in self._pairs):
                return start
        return len(text)
