"""Importing papermill without a grammar that nothing of a run asks for (spec 4.10).

Where Jupyter Server is installed, importing `jsonschema` builds the grammar of international web addresses: about three
quarters of the processor time that the process of a run spends on importing. Executing a notebook never checks such an
address, and `jsonschema` does without the grammar where it is not installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

ADDRESS_GRAMMAR = "rfc3987_syntax"


@contextmanager
def without_address_grammar() -> Iterator[None]:
    """While it lasts, the grammar is as if not installed. Nothing changes where it was imported before."""
    if ADDRESS_GRAMMAR in sys.modules:
        yield
        return
    sys.modules[ADDRESS_GRAMMAR] = None  # type: ignore[assignment]  # Python's own sign for "cannot be imported"
    try:
        yield
    finally:
        sys.modules.pop(ADDRESS_GRAMMAR, None)
