"""Three small governed repositories for changes that nobody tuned anything on: Python, TypeScript and Go.

Each has a record of one owner, several hands, and a history of more than a year before anything is planted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.workspace import open_workspace
from alloynb.intent.authority import Principal
from tests.fakes.planted_changes import Project

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = "Mary Shaw"
HANDS = ("Radia Perlman", "Ken Thompson", "Frances Allen")


def govern(root: Path, name: str, files: Mapping[str, str], evidence: list[dict[str, Any]]) -> Project:
    """Write files as one history, and one accepted record over them."""
    root.mkdir(parents=True)
    project = Project(root)
    project.git("init", "--quiet", "--initial-branch=main")
    for number, (path, text) in enumerate(files.items()):
        project.write(path, text)
        month, hand = 1 + number % 12, HANDS[number % len(HANDS)]
        project.commit(f"Add {Path(path).stem}", hand, f"2024-{month:02d}-05T10:00:00Z")
    initialize_workspace(InitializeWorkspace(root, name))
    workspace = open_workspace(root, principal=Principal("mary"), clock=lambda: NOW)
    names = ("capability", "threat", "expectation", "strategy", "tradeoff")
    texts = dict.fromkeys(names, "Each part can be replaced without touching the others.")
    sources = [{"source_type": "human", "ref": "mary"}]
    fields = {"title": "Parts stay apart", "evidence": evidence, "owner": OWNER, "sources": sources, **texts}
    draft_intent(workspace, DraftIntent("parts", fields, "as we work"))
    decide_intent(workspace, DecideIntent("parts", "accepted", "as we work"))
    project.commit("Say what we rely on", OWNER, "2025-01-10T10:00:00Z")
    return project


# A ledger in Python --------------------------------------------------------------------------------------------------

DOMAIN = ("money", "invoice", "tax", "account", "entry", "period", "customer", "rounding", "currency")
CLOCK = '(call function: (attribute attribute: (identifier) @name (#any-of? @name "now" "today"))) @place'
LEDGER_EVIDENCE: list[dict[str, Any]] = [
    {
        "id": "domain-alone",
        "kind": "import_boundary",
        "description": "The domain knows no vendor and no web.",
        "rule": {
            "type": "forbidden",
            "packages": ["ledger"],
            "source_roots": ["src"],
            "sources": ["ledger.domain"],
            "targets": ["ledger.adapters", "ledger.web"],
            "ignore_imports": ["ledger.domain.currency -> ledger.adapters.rates"],
        },
    },
    {
        "id": "layers",
        "kind": "import_boundary",
        "description": "Web above jobs above domain above shared.",
        "rule": {
            "type": "layers",
            "packages": ["ledger"],
            "source_roots": ["src"],
            "layers": ["ledger.web", "ledger.jobs", "ledger.domain", "ledger.shared"],
        },
    },
    {
        "id": "no-clock",
        "kind": "pattern",
        "description": "The domain is told the time; it never asks.",
        "pattern": {
            "language": "python",
            "must": "not_occur",
            "query": CLOCK,
            "paths": ["src/ledger/domain/**"],
        },
    },
    {
        "id": "money-tested",
        "kind": "test",
        "description": "Sums of money are tested.",
        "test": {"tests": ["tests/test_money.py"]},
    },
    {
        "id": "light",
        "kind": "dependency",
        "description": "No table library in a ledger.",
        "dependency": {"forbidden": ["pandas", "numpy"], "where": ["pyproject.toml"]},
    },
]
MONEY_TESTS = """from ledger.domain.money import Money


def test_sums_are_exact():
    total = Money(10) + Money(20)
    assert total == Money(30)
    assert total.cents == 30


def test_nothing_is_lost_in_parts():
    parts = Money(100).split(3)
    assert len(parts) == 3
    assert sum(part.cents for part in parts) == 100
    assert max(part.cents for part in parts) - min(part.cents for part in parts) <= 1


def test_negative_sums_are_refused():
    assert Money(0).cents == 0
    assert not Money(0)
"""
RATES = '''"""Rates of the vendor, as it publishes them each day."""

TABLE = {"EUR": 100, "USD": 108, "GBP": 85, "CHF": 94, "SEK": 1130, "NOK": 1150, "DKK": 746, "PLN": 430}


def rate(code):
    """Hundredths for one unit."""
    if code not in TABLE:
        raise KeyError(code)
    return TABLE[code]


def known():
    """Codes that have a rate."""
    return sorted(TABLE)
'''


def ledger(folder: Path) -> Project:
    """A ledger in Python, in a `src` layout."""
    files = {
        "pyproject.toml": '[project]\nname = "ledger"\nversion = "1"\ndependencies = [\n    "click>=8",\n]\n',
        "src/ledger/__init__.py": "",
        "src/ledger/shared/__init__.py": '"""What everybody needs."""\n\n\ndef same(value):\n    return value\n',
        "src/ledger/domain/__init__.py": "",
        **{
            f"src/ledger/domain/{name}.py": (
                f'"""The {name} of a ledger."""\n\nfrom __future__ import annotations\n\n'
                f"from ledger.shared import same\n\n\ndef {name}_of(value):\n    return same(value)\n"
            )
            for name in DOMAIN
        },
        "src/ledger/adapters/__init__.py": "",
        "src/ledger/adapters/stripe.py": '"""A vendor."""\n\n\ndef charge(cents):\n    return cents\n',
        "src/ledger/adapters/rates.py": RATES,
        "src/ledger/web/__init__.py": '"""Pages."""\n\n\ndef page():\n    return ""\n',
        "src/ledger/jobs/__init__.py": "",
        "src/ledger/jobs/remind.py": '"""Reminders."""\n\n\ndef remind():\n    return None\n',
        "tests/test_money.py": MONEY_TESTS,
    }
    files["src/ledger/domain/currency.py"] = (
        '"""Currencies."""\n\nfrom ledger.adapters.rates import rate\n\n\ndef convert(cents, code):\n'
        "    return cents * rate(code) // 100\n"
    )
    return govern(folder / "ledger", "ledger", files, LEDGER_EVIDENCE)


# A storefront in TypeScript ------------------------------------------------------------------------------------------

VIEWS = (
    "basket",
    "catalog",
    "checkout",
    "orders",
    "profile",
    "search",
    "stock",
    "wishlist",
    "reviews",
    "help",
)
STOREFRONT_EVIDENCE: list[dict[str, Any]] = [
    {
        "id": "one-gateway",
        "kind": "pattern",
        "description": "Only the gateway talks to the server.",
        "pattern": {
            "language": "typescript",
            "must": "not_occur",
            "query": '(call_expression function: (identifier) @name (#eq? @name "fetch")) @place',
            "paths": ["src/**", "!src/api/**"],
        },
    },
    {
        "id": "pure-model",
        "kind": "pattern",
        "description": "The model stores nothing by itself.",
        "pattern": {
            "language": "typescript",
            "must": "not_occur",
            "query": '((identifier) @place (#eq? @place "localStorage"))',
            "paths": ["src/model/**"],
        },
    },
    {
        "id": "small",
        "kind": "dependency",
        "description": "Nothing that makes the page heavy.",
        "dependency": {"forbidden": ["moment", "lodash"], "where": ["package.json"]},
    },
]
HTTP = """// The one place that talks to the server.
export async function ask(path: string): Promise<unknown> {
  const answer = await fetch(`/api/${path}`);
  if (!answer.ok) {
    throw new Error(`the server said ${answer.status}`);
  }
  return answer.json();
}
"""


def storefront(folder: Path) -> Project:
    """A storefront in TypeScript."""
    files = {
        "package.json": '{\n  "name": "storefront",\n  "dependencies": {\n    "preact": "^10.0.0"\n  }\n}\n',
        "src/api/http.ts": HTTP,
        **{
            f"src/model/{name}.ts": f"export interface {name.title()} {{\n  id: string;\n}}\n"
            for name in VIEWS
        },
        **{
            f"src/ui/{name}.ts": (
                f'import {{ ask }} from "../api/http";\n\nexport async function {name}(id: string) {{\n'
                f"  return ask(`{name}/${{id}}`);\n}}\n"
            )
            for name in VIEWS
        },
    }
    return govern(folder / "storefront", "storefront", files, STOREFRONT_EVIDENCE)


# A courier in Go -----------------------------------------------------------------------------------------------------

WORKERS = ("labels", "routes", "pickups", "returns", "invoices", "alerts", "sweeps", "audits")
COURIER_EVIDENCE: list[dict[str, Any]] = [
    {
        "id": "no-panic",
        "kind": "pattern",
        "description": "A worker reports errors; it never takes the process down.",
        "pattern": {
            "language": "go",
            "must": "not_occur",
            "query": '(call_expression function: (identifier) @name (#eq? @name "panic")) @place',
            "paths": ["internal/workers/**"],
        },
    },
    {
        "id": "core-alone",
        "kind": "pattern",
        "description": "The core knows no database.",
        "pattern": {
            "language": "go",
            "must": "not_occur",
            "query": '((import_spec path: (_) @place) (#match? @place "database/sql"))',
            "paths": ["internal/core/**"],
        },
    },
    {
        "id": "acknowledged",
        "kind": "pattern",
        "description": "Every worker acknowledges what it took from the broker.",
        "pattern": {
            "language": "go",
            "must": "occur",
            "query": "(call_expression function: (selector_expression field: (field_identifier) @name)"
            ' (#eq? @name "Ack")) @place',
            "paths": ["internal/workers/*.go"],
        },
    },
]


def courier(folder: Path) -> Project:
    """A courier service in Go."""
    files = {
        "go.mod": "module example.org/courier\n\ngo 1.22\n",
        **{
            f"internal/core/{name}.go": f"package core\n\ntype {name.title()} struct {{\n\tID string\n}}\n"
            for name in WORKERS
        },
        **{
            f"internal/workers/{name}.go": (
                "package workers\n\n"
                f"func {name.title()}(message Message) error {{\n\tdefer message.Ack()\n\treturn nil\n}}\n"
            )
            for name in WORKERS
        },
    }
    return govern(folder / "courier", "courier", files, COURIER_EVIDENCE)


PROJECTS: Mapping[str, Callable[[Path], Project]] = {
    "ledger": ledger,
    "storefront": storefront,
    "courier": courier,
}
