"""Addresses that may be asked for intent: https, or http on this machine; without a user, a query or a fragment."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class WebAddress:
    """One origin and a path below it."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> WebAddress:
        """Take an address apart that `why_unsafe` has nothing against."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, (parts.hostname or "").lower(), port, parts.path or "/")

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a redirect may not leave."""
        return self.scheme, self.host, self.port

    def below(self, ref: str) -> str:
        """Path of a reference."""
        return f"{self.path.rstrip('/')}/{quote(ref)}"


def why_unsafe(url: str) -> str:
    """Say why an address is not asked; empty if it may be."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"not an address: {error}"
    if not parts.hostname or port == 0 or any(ord(character) <= 32 for character in url):
        return "not an address"
    if parts.username is not None or parts.password is not None:
        return "a user or password in an address is read by others; name a token_variable instead"
    if parts.query or parts.fragment:
        return "an address has no query and no fragment here"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname.lower() in LOOPBACK):
        return ""
    return "only https is asked, or http on this machine"
