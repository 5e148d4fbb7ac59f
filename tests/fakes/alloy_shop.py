"""A small real repository to govern: a shop whose checkout must not know its payment vendor.

Everything is done as a person would: git, and the console scripts of this environment as processes.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPTS = Path(sys.executable).parent
BOUNDARY = "shop.intent.vendor-boundary"
TOTALS = "shop.intent.totals-are-right"
DRY_RUNS = "shop.intent.dry-runs-are-safe"
CART = "shop/checkout/cart.py"
FORBIDDEN_IMPORT = "from shop.payments.vendor import acme"

FILES = {
    "README.md": "# A shop\n",
    ".gitignore": "__pycache__/\n.pytest_cache/\n",
    ".hone-gates.json": json.dumps({"gates": [{"name": "readme", "command": "test -s README.md"}]}),
    "shop/__init__.py": "",
    "shop/checkout/__init__.py": "",
    CART: "from shop.payments.port import Payments\n\n\n"
    "def pay(prices: list[int], payments: Payments) -> int:\n    return payments.charge(sum(prices))\n",
    "shop/payments/__init__.py": "",
    "shop/payments/port.py": "from typing import Protocol\n\n\n"
    "class Payments(Protocol):\n    def charge(self, cents: int) -> int: ...\n",
    "shop/payments/vendor/__init__.py": "",
    "shop/payments/vendor/acme.py": "class Acme:\n    def charge(self, cents: int) -> int:\n        return cents\n",
    "tests/test_cart.py": "from shop.checkout.cart import pay\n\n\nclass Free:\n"
    "    def charge(self, cents):\n        return cents\n\n\n"
    "def test_the_total_is_charged():\n    assert pay([1, 2], Free()) == 3\n",
}

_TEXTS = """title: {title}
capability: {title}, whatever else changes.
threat: Convenience erodes it.
expectation: Several people change this code.
strategy: Keep it apart, and check it.
tradeoff: A little more code.
severity: {severity}
"""
RECORDS = {
    "vendor-boundary": _TEXTS.format(title="The payment vendor can be replaced", severity="high")
    + """evidence:
  - id: imports
    kind: import_boundary
    description: Checkout never imports a vendor.
    rule: {type: forbidden, packages: [shop], sources: [shop.checkout], targets: [shop.payments.vendor]}
scope: {paths: ["shop/checkout/**"], modules: [shop.checkout]}
""",
    "totals-are-right": _TEXTS.format(title="Customers pay the right total", severity="medium")
    + """evidence:
  - id: totals
    kind: test
    description: The sum of all prices is charged.
    test: {tests: [tests/test_cart.py]}
scope: {paths: ["shop/**"]}
""",
    "dry-runs-are-safe": _TEXTS.format(title="Anyone may start a dry run", severity="low")
    + """evidence:
  - id: no-mutator
    kind: trace
    description: No mutator ran in a dry run.
    condition: no_mutator_ran_under_dry_run
""",
}


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    exit_code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The one JSON value on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        assert set(found) == {"success", "data", "error"}, found
        return found

    @property
    def data(self) -> Any:
        """What a program gets of a command that succeeded."""
        assert self.envelope["success"] is True, self
        return self.envelope["data"]

    @property
    def error(self) -> dict[str, Any]:
        """What a program gets of a command that failed."""
        assert self.envelope["success"] is False, self
        found: dict[str, Any] = self.envelope["error"]
        return found

    def __str__(self) -> str:
        return f"exit code {self.exit_code}\n{self.out}\n{self.err}"


@dataclass(frozen=True)
class Shop:
    """A repository, and a person before it.

    Attributes:
        root: folder of the repository.
        environment: variables beyond those of this process; None takes one away.
    """

    root: Path
    environment: Mapping[str, str | None] = field(default_factory=dict)

    def alloynb(self, *arguments: str, here: Path | None = None) -> Said:
        """Call `alloynb` in the repository, or in the folder `here`."""
        return self._call("alloynb", arguments, here)

    def foundry(self, *arguments: str, here: Path | None = None) -> Said:
        """Call `foundry-kernel` in the repository, or in the folder `here`."""
        return self._call("foundry-kernel", arguments, here)

    def begin(self, *arguments: str, script: str = "alloynb") -> subprocess.Popen[str]:
        """Start a command in a process group of its own, as a terminal does, and do not wait for it."""
        return subprocess.Popen(
            [str(SCRIPTS / script), *arguments],
            cwd=self.root,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def git(self, *arguments: str) -> str:
        """Call git in the repository."""
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Write a file of the repository."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def commit(self, why: str) -> str:
        """Commit everything; the answer is the revision."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", why)
        return self.git("rev-parse", "HEAD")

    def plant(self) -> None:
        """Let checkout import the vendor, on its first line."""
        self.write(CART, f"{FORBIDDEN_IMPORT}\n{FILES[CART]}")

    def weed(self) -> None:
        """Take the forbidden import out again."""
        self.write(CART, FILES[CART])

    def draft(self, slug: str, text: str) -> Said:
        """Write a new record in an editor: one that puts the text there."""
        prepared = self.root.parent / f"{slug}.draft.yaml"
        prepared.write_text(text, encoding="utf-8")
        editing = {**self.environment, "EDITOR": f"cp {shlex.quote(str(prepared))}"}
        return Shop(self.root, editing).alloynb("intent", "new", slug, "--json")

    def accept(self, *slugs: str) -> Said:
        """Accept records."""
        return self.alloynb("intent", "accept", *slugs, "--why", "we rely on it", "--json")

    @property
    def alloy(self) -> Path:
        """Its `.alloy` folder."""
        return self.root / ".alloy"

    @property
    def runs(self) -> list[Path]:
        """Folders of its runs, oldest first."""
        return sorted((self.alloy / "runs").glob("run_*"))

    def tree(self) -> dict[str, bytes]:
        """Every file below the repository, with its content; links as where they lead. Neither git's own nor caches."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if name.startswith((".git/", ".alloy/cache")):
                continue
            if path.is_symlink():
                found[name] = os.fsencode(path.readlink())
            elif path.is_file():
                found[name] = path.read_bytes()
            else:
                found[name] = b"(folder)"
        return found

    def copy_to(self, root: Path) -> Shop:
        """Make a copy of the whole repository, to do harm to."""
        shutil.copytree(self.root, root, symlinks=True)
        return Shop(root, self.environment)

    def _call(self, script: str, arguments: Sequence[str], here: Path | None) -> Said:
        done = subprocess.run(
            [str(SCRIPTS / script), *arguments],
            cwd=here or self.root,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def _variables(self) -> dict[str, str]:
        path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
        wanted = {**os.environ, "PATH": path, "ALLOY_PRINCIPAL": "ada", "NO_COLOR": "1", **self.environment}
        return {name: value for name, value in wanted.items() if value is not None}


def open_shop(root: Path, files: Mapping[str, str] | None = None) -> Shop:
    """Make a git repository of one commit that nobody governs yet.

    Args:
        files: instead of, or beyond, the shop's own.
    """
    root.mkdir(parents=True)
    shop = Shop(root)
    for path, text in {**FILES, **(files or {})}.items():
        shop.write(path, text)
    shop.git("init", "--quiet", "--initial-branch=main")
    shop.commit("Open the shop")
    return shop


def govern(shop: Shop, *slugs: str) -> Shop:
    """Begin to govern a shop: `.alloy/`, its records accepted, everything committed.

    Args:
        slugs: which of the records; all of them when none is named.
    """
    done = [shop.alloynb("init", "--project", "shop")]
    chosen = slugs or tuple(RECORDS)
    done += [shop.draft(slug, RECORDS[slug]) for slug in chosen]
    done.append(shop.accept(*chosen))
    assert all(each.exit_code == 0 for each in done), "\n".join(str(each) for each in done)
    shop.commit("Say what we rely on")
    return shop
