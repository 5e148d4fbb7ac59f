"""The sample shop a year later: packages, a decision record, house rules; and archaeology finds something in it."""

from __future__ import annotations

from pathlib import Path

from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.sample_repository import CreateSample, commit, create_sample
from alloynb.application.workspace import Workspace, open_workspace

GROWN_FILES = {
    "CONTRIBUTING.md": """# Contributing

- `stock` must never import `web`.
- Only `stock/store.py` may import sqlite3.
- Never compute a total outside `checkout/basket.py`.
""",
    "docs/adr/0001-vendors-are-replaceable.md": """# 1. Vendors are replaceable

Status: accepted

## Context

The last change of the payment vendor took a year, because every module knew it.

## Decision

`checkout` must not import `acme`. It says what it needs of a vendor; whoever starts the shop hands one in.

## Consequences

One more interface.
""",
    "checkout/discounts.py": '"""What is taken off, and why."""\n\nfrom checkout.basket import total_cents\n',
    "checkout/errors.py": '''"""What a checkout can refuse."""


class CheckoutError(Exception):
    """Root of all refusals."""


class EmptyBasket(CheckoutError):
    """Nothing to pay."""


class VendorDown(CheckoutError):
    """The vendor does not answer."""
''',
    "stock/__init__.py": '"""What lies in the warehouse."""\n',
    "stock/store.py": '"""Where stock is kept."""\n\nimport sqlite3\n',
    "stock/counting.py": '"""How much is left."""\n\nfrom stock import store\n',
    "stock/orders.py": '"""What was ordered."""\n\nfrom stock import counting, store\n',
    "web/__init__.py": '"""What a browser is told."""\n',
    "web/pages.py": '"""The pages."""\n\nfrom checkout import basket, payment\nfrom stock import counting\n',
    "web/basket_page.py": '"""The basket."""\n\nfrom checkout import basket, discounts\n',
    "web/admin.py": '"""For the staff."""\n\nfrom checkout import errors\nfrom stock import orders\n',
}


def grow_sample(root: Path) -> tuple[str, ...]:
    """Let a sample repository grow by one commit; the answer is the paths that came.

    Raises:
        AlloyError, CannotRun: git refuses.
    """
    for path, text in GROWN_FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    commit(root, "Decouple checkout from Acme: hand the vendor in")
    return tuple(sorted(GROWN_FILES))


def govern_sample(folder: Path, *, grown: bool = False) -> Workspace:
    """Lay the sample into `folder` and begin to govern it: something to try every notebook on.

    Raises:
        Refused: something is there already.
        CannotRun: git is missing or refuses.
    """
    root = create_sample(CreateSample(folder)).root
    if grown:
        grow_sample(root)
    initialize_workspace(InitializeWorkspace(root, title="A small shop"))
    return open_workspace(root)
