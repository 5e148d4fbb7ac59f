"""Names of packages as rules and manifests write them (spec 2.3)."""

from __future__ import annotations

import re


def python_name(name: str) -> str:
    """Write a Python package name so that equal names are equal text: lower case, runs of `-_.` as one hyphen."""
    return re.sub(r"[-_.]+", "-", name).lower()
