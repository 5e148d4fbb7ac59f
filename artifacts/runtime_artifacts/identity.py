"""Ids: a type prefix and a ULID (spec 3.1)."""

from __future__ import annotations

import re

ULID_PATTERN = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_DIGEST_HEX_DIGITS = 32


def new_id(prefix: str) -> str:
    """Make an id that sorts by time of making: `run_01J…`."""
    from ulid import ULID

    return f"{prefix}_{ULID()}"


def id_of_digest(prefix: str, digest: str) -> str:
    """Make the id of a compiled artifact from its digest, so that the same content has the same id everywhere.

    Args:
        digest: `sha256:` and 64 hex digits; its first 128 bits become the ULID.
    """
    from ulid import ULID

    return f"{prefix}_{ULID.from_hex(digest.removeprefix('sha256:')[:_DIGEST_HEX_DIGITS])}"


def is_id(text: str, prefix: str) -> bool:
    """Say whether `text` is `prefix`, an underscore and a ULID."""
    return re.fullmatch(rf"{re.escape(prefix)}_{ULID_PATTERN}", text) is not None
