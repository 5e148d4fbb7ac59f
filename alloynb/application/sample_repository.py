"""A small real repository to try everything on: a shop whose checkout must not depend on its payment vendor."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from alloynb.errors import AlloyError, CannotRun, Refused

GIT_TIME_LIMIT_S = 60
_GITS_OWN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
)  # set inside a git hook, and meant for another repository

FILES = {
    ".gitignore": "__pycache__/\n",
    ".hone-gates.json": '{"gates": [{"name": "tests", "command": "python -m unittest -q"}]}\n',
    "checkout/__init__.py": '"""What a customer does: choose and pay."""\n',
    "checkout/basket.py": '''"""What a customer is about to pay."""


def total_cents(prices: list[int]) -> int:
    """Add up the basket."""
    return sum(prices)
''',
    "checkout/payment.py": '''"""How a customer pays; who moves the money does not matter here."""

from typing import Protocol

from checkout.basket import total_cents


class PaymentVendor(Protocol):
    """Whoever can move money."""

    def charge(self, cents: int) -> str:
        """Move the money; the answer is a receipt."""


def pay(vendor: PaymentVendor, prices: list[int]) -> str:
    """Let `vendor` charge for the basket."""
    return vendor.charge(total_cents(prices))
''',
    "acme/__init__.py": '"""Acme, our payment vendor of today."""\n',
    "acme/client.py": '''"""Speaks to Acme."""


class Acme:
    """Moves money through Acme."""

    def charge(self, cents: int) -> str:
        """Move the money; the answer is a receipt."""
        return f"acme-{cents}"
''',
    "tests/__init__.py": "",
    "tests/test_payment.py": '''"""What customers are promised."""

import unittest

from acme.client import Acme
from checkout.payment import pay


class Payment(unittest.TestCase):
    def test_a_customer_pays_the_total(self):
        self.assertEqual(pay(Acme(), [250, 150]), "acme-400")
''',
}


@dataclass(frozen=True)
class CreateSample:
    """Please lay the sample repository into `folder`, which is empty or does not exist yet."""

    folder: Path


@dataclass(frozen=True)
class CreatedSample:
    """The sample as it stands: one commit on the branch `main`.

    Attributes:
        root: folder of the repository, absolute.
        files: its paths relative to `root`, sorted.
    """

    root: Path
    files: tuple[str, ...]


def create_sample(command: CreateSample) -> CreatedSample:
    """Write a git repository of two packages, `checkout` and `acme`, with a test and a gate; nothing is governed yet.

    Its own git settings name an author, so that commits work on a machine where nobody has named one.

    Raises:
        Refused: something is there already.
        CannotRun: git is missing or refuses.
        OSError: the folder may not be written.
    """
    root = command.folder.resolve()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise Refused(f"{root} is not empty", next_step="name a folder that does not exist yet")
    for path, text in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    _git(root, "init", "--quiet", "--initial-branch=main")
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("commit.gpgSign", "false")):
        _git(root, "config", name, value)
    commit(root, "Sell things")
    return CreatedSample(root, tuple(sorted(FILES)))


def commit(root: Path, why: str) -> None:
    """Commit everything that is in the repository.

    Raises:
        AlloyError: there is nothing to commit, or git refuses.
    """
    _git(root, "add", "--all")
    _git(root, "commit", "--no-verify", "--quiet", "-m", why)


def _git(root: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _GITS_OWN}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=GIT_TIME_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(f"git does not answer: {error}", next_step="install git") from error
    if done.returncode:
        raise AlloyError(f"git {arguments[0]}: {(done.stderr or done.stdout).strip()}")
