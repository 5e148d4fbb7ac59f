"""Where the configuration of this runner lies: with its user, not in a repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def configuration_folder(environment: Mapping[str, str]) -> Path:
    """As the XDG base directory specification says: a relative path does not count."""
    named = Path(environment.get("XDG_CONFIG_HOME", ""))
    if named.is_absolute():
        return named
    home = environment.get("HOME")
    return (Path(home) if home else Path.home()) / ".config"
