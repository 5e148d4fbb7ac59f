"""A directory as a provider: a shelf that lies elsewhere, on this machine or on a shared disk (spec 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foundry_kernel.runner.providers.provider import NotHeld, ProviderUnreachable, checked_name
from runtime_artifacts.untrusted_file import read_untrusted
from runtime_artifacts.write_once import create_once


@dataclass(frozen=True)
class Directory:
    """Files below one folder."""

    folder: Path
    resent: int = 0

    @property
    def shown(self) -> str:
        """The folder."""
        return str(self.folder)

    def fetch(self, name: str) -> bytes:
        """Read a regular file of bounded size, see `Provider.fetch`."""
        try:
            return read_untrusted(self.folder / checked_name(name))
        except FileNotFoundError as error:
            raise NotHeld(f"{self.folder} holds no {name}") from error

    def keep(self, name: str, text: bytes) -> bool:
        """Create a file, whole or not at all, see `Provider.keep`."""
        try:
            return create_once(self.folder / checked_name(name), text)
        except OSError as error:
            raise ProviderUnreachable(f"{self.folder} takes no {name}: {error.strerror or error}") from error
