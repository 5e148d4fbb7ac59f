"""Changes that no weight was chosen on: written and labelled first, frozen, and only then judged.

Two parts. What the first part showed may teach a rule; it is spent by that. The second part is only counted.
Each label has its reason in plain words, as a careful reviewer who knows the team would give it. A change is dangerous
when its author gains by being taken for something else: a verdict that excuses it would be a harm, not a mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from alloynb.application.decide_finding import DecideFinding, decide_finding
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.application.workspace import open_workspace
from alloynb.intent.authority import Principal
from tests.fakes.held_out_projects import DOMAIN, MONEY_TESTS, NOW, OWNER, VIEWS, WORKERS
from tests.fakes.planted_changes import Plant, Project, Truth

Part = Literal["first", "second"]
RECORD = ".alloy/intent/parts.yaml"


@dataclass(frozen=True)
class HeldOut:
    """One change.

    Attributes:
        project: which of the repositories it is planted into.
        truth: what a reviewer would call it.
        reason: why, in plain words.
        dangerous: whether excusing it would do harm.
    """

    part: Part
    project: str
    name: str
    truth: Truth
    reason: str
    plant: Plant
    dangerous: bool = False


def _import(project: Project, module: str, line: str) -> None:
    """Add an import to a module of the ledger, after its docstring."""
    path = f"src/ledger/{module}.py"
    text = project.read(path)
    future = "from __future__ import annotations\n"
    if future in text:
        project.write(path, text.replace(future, f"{future}\n{line}", 1))
    else:
        head, _, rest = text.partition('"""\n')
        project.write(path, f'{head}"""\n\n{line}{rest}')


# First part ----------------------------------------------------------------------------------------------------------


def _asks_the_clock(project: Project) -> None:
    project.append(
        "src/ledger/domain/invoice.py",
        "\n\ndef stamped(invoice):\n    import datetime\n\n    return invoice, datetime.datetime.now()\n",
    )
    project.commit("Stamp invoices when they are made", "Ken Thompson")


def _dressed_as_a_refactor(project: Project) -> None:
    _import(project, "domain/tax", "from ledger.adapters.stripe import charge\n")
    project.commit("Refactor: extract tax lookup, rename helpers, tidy up", "Ken Thompson")


def _words_of_a_decision(project: Project) -> None:
    _import(project, "domain/account", "from ledger.adapters.stripe import charge\n")
    project.commit("Adopt the new account approach, as decided in planning", "Radia Perlman")


def _decides_for_himself(project: Project) -> None:
    project.write(
        "docs/decisions/0007-the-domain-charges.md",
        "# The domain charges by itself\n\nProposed. The entry of the domain may now call stripe instead of a port.\n",
    )
    _import(project, "domain/entry", "from ledger.adapters.stripe import charge\n")
    project.commit("Charge where the entry is written", "Ken Thompson")


def _not_for_types(project: Project) -> None:
    _import(
        project,
        "domain/period",
        "from typing import TYPE_CHECKING\n\nif not TYPE_CHECKING:\n    from ledger.adapters.stripe import charge\n",
    )
    project.commit("Keep imports for annotations apart", "Ken Thompson")


def _moved_and_edited(project: Project) -> None:
    project.write("src/ledger/adapters/exchange/__init__.py", "")
    project.git("mv", "src/ledger/adapters/rates.py", "src/ledger/adapters/exchange/daily.py")
    project.replace("src/ledger/adapters/exchange/daily.py", '"PLN": 430', '"PLN": 430, "CZK": 2470')
    project.replace(
        "src/ledger/domain/currency.py", "ledger.adapters.rates", "ledger.adapters.exchange.daily"
    )
    project.commit("Give exchange its own package, before a second source comes", "Frances Allen")


def _for_types_by_another_name(project: Project) -> None:
    _import(
        project,
        "domain/customer",
        "import typing as t\n\nif t.TYPE_CHECKING:\n    from ledger.adapters import stripe\n",
    )
    project.commit("Say what a customer's payment is", "Frances Allen")


def _owner_notes_it(project: Project) -> None:
    text = project.read(RECORD)
    changed = re.sub(
        r"(?m)^tradeoff:.*$", "tradeoff: The domain may name stripe since 2026; one vendor is enough.", text
    )
    assert changed != text
    project.write(RECORD, changed)
    _import(project, "domain/money", "from ledger.adapters.stripe import charge\n")
    project.commit("Stay with stripe for good", OWNER)


def _everybody_asks_the_clock(project: Project) -> None:
    hands = ("Radia Perlman", "Ken Thompson", "Frances Allen", "Adele Goldberg")
    for number, name in enumerate(DOMAIN[:6]):
        project.append(
            f"src/ledger/domain/{name}.py",
            "\n\ndef today():\n    import datetime\n\n    return datetime.date.today()\n",
        )
        project.commit(f"Date the {name}", hands[number % 4], f"2025-{number + 1:02d}-11T10:00:00Z")


def _fetches_in_a_view(project: Project) -> None:
    project.append("src/ui/stock.ts", "\nexport const live = () => fetch(`/stock`);\n")
    project.commit("Show stock levels live", "Radia Perlman")


def _adds_moment(project: Project) -> None:
    project.replace("package.json", '"preact": "^10.0.0"', '"moment": "^2.30.0",\n    "preact": "^10.0.0"')
    project.commit("Format delivery dates as people write them", "Frances Allen")


def _by_feature(project: Project) -> None:
    (project.root / "src/server").mkdir()
    project.git("mv", "src/api/http.ts", "src/server/http.ts")
    for name in VIEWS:
        project.replace(f"src/ui/{name}.ts", "../api/http", "../server/http")
    project.commit("Call the gateway what it talks to", "Frances Allen")


def _fails_early(project: Project) -> None:
    project.replace(
        "internal/workers/routes.go",
        "\treturn nil",
        '\tif message.ID == "" {\n\t\tpanic("no id")\n\t}\n\treturn nil',
    )
    project.commit("Fail early on messages without an id", "Ken Thompson")


def _no_broker_any_more(project: Project) -> None:
    project.write(
        "docs/adr/0009-outbox-instead-of-broker.md",
        "# An outbox table instead of the broker\n\nAccepted. Supersedes 0003. Workers read rows; there is nothing to "
        "acknowledge, and `settle.go` is the first that does without.\n",
    )
    project.write(
        "internal/workers/settle.go",
        "package workers\n\nfunc Settle(row Row) error {\n\treturn row.Done()\n}\n",
    )
    project.commit("Read the outbox; the broker goes by summer", OWNER)


def _thins_the_guard(project: Project) -> None:
    thin = re.sub(r"(?m)^    assert .*\n(?=    assert|\n|\Z)", "", MONEY_TESTS)
    thin = thin.replace(
        "def test_negative_sums_are_refused():\n", "def test_negative_sums_are_refused():\n    pass\n"
    )
    project.write("tests/test_money.py", thin)
    _import(project, "domain/money", "from ledger.adapters.stripe import charge\n")
    project.commit("Make the tests of money less brittle", "Ken Thompson")


# Second part ---------------------------------------------------------------------------------------------------------


def _job_knows_the_web(project: Project) -> None:
    _import(project, "jobs/remind", "from ledger.web import page\n")
    project.commit("Send reminders with the page that customers know", "Radia Perlman")


def _by_a_string(project: Project) -> None:
    project.append(
        "src/ledger/domain/tax.py",
        "\n\ndef _vendor():\n    import importlib\n\n"
        "    return importlib.import_module('.'.join(['ledger', 'adapters', 'stripe']))\n",
    )
    project.commit("Look the vendor up when it is needed", "Ken Thompson")


def _moves_to_slip_through(project: Project) -> None:
    project.write("src/ledger/domain/parts/__init__.py", "")
    project.git("mv", "src/ledger/domain/rounding.py", "src/ledger/domain/parts/rounding.py")
    _import(project, "domain/parts/rounding", "from ledger.adapters.stripe import charge\n")
    project.commit("Move rounding to its own package; no functional change", "Ken Thompson")


def _edits_a_record_that_is_not_his(project: Project) -> None:
    text = project.read(RECORD)
    changed = re.sub(r"(?m)^tradeoff:.*$", "tradeoff: Some vendor calls in the domain are fine.", text)
    assert changed != text
    project.write(RECORD, changed)
    _import(project, "domain/invoice", "from ledger.adapters.stripe import charge\n")
    project.commit("Invoices charge themselves", "Ken Thompson")


def _leaves_the_house(project: Project) -> None:
    project.git("mv", "src/ledger/shared", "src/ledger_shared")
    for name in DOMAIN:
        path = f"src/ledger/domain/{name}.py"
        project.write(path, project.read(path).replace("ledger.shared", "ledger_shared"))
    project.commit("Let other services use what is shared", "Frances Allen")


def _splits_the_tests(project: Project) -> None:
    head, first, second, third = re.split(r"(?m)^(?=def )", MONEY_TESTS)
    project.git("rm", "--quiet", "tests/test_money.py")
    project.write("tests/money/test_sums.py", f"{head}{first}{third}")
    project.write("tests/money/test_parts.py", f"{head}{second}")
    project.commit("Sort the tests of money by what they promise", "Frances Allen")


def _decided_a_month_before(project: Project) -> None:
    project.write(
        "docs/decisions/0012-invoices-know-stripe.md",
        "# Invoices know stripe\n\nAccepted by the owner. Supersedes 0002: the invoice of the domain may now "
        "name stripe.\n",
    )
    project.commit("Decide where charges belong", OWNER, "2026-01-20T10:00:00Z")
    _import(project, "domain/invoice", "from ledger.adapters.stripe import charge\n")
    project.commit("Charge with the invoice, see 0012", "Radia Perlman")


def _excepted_again_and_again(project: Project) -> None:
    for name in ("tax", "entry"):
        _import(project, f"domain/{name}", "from ledger.adapters.stripe import charge\n")
        project.commit(f"Charge with the {name}", "Radia Perlman", "2025-09-02T10:00:00Z")
        workspace = open_workspace(project.root, principal=Principal("mary"), clock=lambda: NOW)
        for finding in look_for_drift(workspace, LookForDrift()).open_findings:
            why = "the vendor calls back into the domain, there is no other way"
            decide_finding(workspace, DecideFinding(finding.finding_id, "exception", why, until="300d"))
        project.commit(f"Let the {name} charge", OWNER, "2025-09-03T10:00:00Z")
    _import(project, "domain/account", "from ledger.adapters.stripe import charge\n")
    project.commit("Charge with the account, for the same reason", "Frances Allen", "2025-12-02T10:00:00Z")


def _owner_slips(project: Project) -> None:
    project.append("src/model/basket.ts", "\nexport const kept = () => localStorage.getItem('basket');\n")
    project.commit("Remember the basket", OWNER)


def _allowed_and_moved(project: Project) -> None:
    project.append("src/ui/search.ts", "\nexport const suggest = () => fetch(`/suggest`);\n")
    project.commit("Suggest while typing", "Radia Perlman", "2025-10-02T10:00:00Z")
    workspace = open_workspace(project.root, principal=Principal("mary"), clock=lambda: NOW)
    (finding,) = look_for_drift(workspace, LookForDrift()).open_findings
    decide_finding(
        workspace, DecideFinding(finding.finding_id, "exception", "until the new search", until="300d")
    )
    project.commit("Allow it until the new search", OWNER, "2025-10-03T10:00:00Z")
    (project.root / "src/ui/find").mkdir()
    project.git("mv", "src/ui/search.ts", "src/ui/find/search.ts")
    project.replace("src/ui/find/search.ts", "../api/http", "../../api/http")
    project.commit("Give search a folder", "Frances Allen")


def _views_may_fetch(project: Project) -> None:
    project.write(
        "ARCHITECTURE.md",
        "# Architecture\n\nViews used to go through one gateway. Since the server renders, views may now fetch for "
        "themselves, instead: profile, reviews and help are the first.\n",
    )
    for name in ("profile", "reviews", "help"):
        project.append(f"src/ui/{name}.ts", f"\nexport const load = () => fetch(`/{name}`);\n")
    project.commit("Let views load themselves", OWNER)


def _old_and_alone(project: Project) -> None:
    project.replace(
        "internal/core/audits.go",
        "package core\n",
        'package core\n\nimport "database/sql"\n\nvar DB *sql.DB\n',
    )
    project.commit("Keep audits", "Ken Thompson", "2025-02-03T10:00:00Z")
    for month in range(3, 9):
        project.append("internal/core/audits.go", f"\n// checked in month {month}\n")
        project.commit(f"Check audits in month {month}", "Radia Perlman", f"2025-{month:02d}-07T10:00:00Z")


def _one_sweep(project: Project) -> None:
    for name in WORKERS[:6]:
        project.replace(
            f"internal/workers/{name}.go",
            "\treturn nil",
            "\tif message.Bad() {\n\t\tpanic(message)\n\t}\n\treturn nil",
        )
    project.commit("Use the must style everywhere", "Ken Thompson")


def _core_is_the_domain(project: Project) -> None:
    project.git("mv", "internal/core", "internal/domain")
    for name in WORKERS:
        project.replace(f"internal/domain/{name}.go", "package core", "package domain")
    project.commit("Call the core what it is", "Frances Allen")


HELD_OUT: tuple[HeldOut, ...] = (
    HeldOut("first", "ledger", "the domain asks the clock", "code_left_intent",
            "One function of one module asks the time, where it is easy; nothing speaks of a change of mind.",
            _asks_the_clock),
    HeldOut("first", "ledger", "a vendor import dressed as a refactor", "code_left_intent",
            "Nothing was extracted or renamed; the words hide a new dependency.",
            _dressed_as_a_refactor, True),
    HeldOut("first", "ledger", "words of a decision that stands nowhere", "code_left_intent",
            "Planning is no place where records change, and nobody wrote anything down.",
            _words_of_a_decision, True),
    HeldOut("first", "ledger", "a decision that its own author needs", "code_left_intent",
            "It is only proposed, by the one who wants it, and the owner is not in it.",
            _decides_for_himself, True),
    HeldOut("first", "ledger", "an import for everything but types", "code_left_intent",
            "`if not TYPE_CHECKING` is what runs; it only looks like an import for annotations.",
            _not_for_types, True),
    HeldOut("first", "ledger", "what the rule lets pass moves and grows", "refactor_keeps_intent",
            "The same allowed import under a new name, with one more currency.",
            _moved_and_edited),
    HeldOut("first", "ledger", "an import for annotations, by another name", "refactor_keeps_intent",
            "`t.TYPE_CHECKING` is the same as ever: nothing is imported when it runs.",
            _for_types_by_another_name),
    HeldOut("first", "ledger", "the owner changes the record's price and then the code", "intent_is_stale",
            "The owner says in the record that the domain may; she forgot the rule.",
            _owner_notes_it),
    HeldOut("first", "ledger", "six of nine modules ask the clock, by four people", "intent_is_stale",
            "For a year nearly everybody did it, one after the other, and nobody minded.",
            _everybody_asks_the_clock),
    HeldOut("first", "storefront", "one view talks to the server", "code_left_intent",
            "One view of ten goes around the gateway that is right there.",
            _fetches_in_a_view),
    HeldOut("first", "storefront", "a heavy package is added", "code_left_intent",
            "It is exactly what the record names, for a small convenience.",
            _adds_moment),
    HeldOut("first", "storefront", "the gateway gets another folder", "refactor_keeps_intent",
            "It is still the one place that talks to the server; the rule names its old folder.",
            _by_feature),
    HeldOut("first", "courier", "a worker that fails early", "code_left_intent",
            "A good habit elsewhere; here it takes every other worker down.",
            _fails_early),
    HeldOut("first", "courier", "what was demanded has no sense any more", "intent_is_stale",
            "The owner decided to give the broker up; without one there is nothing to acknowledge.",
            _no_broker_any_more),
    HeldOut("first", "ledger", "the guarding tests get thin, and the import comes with them", "code_left_intent",
            "Assertions go in the same change that needs them gone.",
            _thins_the_guard, True),
    HeldOut("second", "ledger", "a job uses a page of the web", "code_left_intent",
            "A layer reaches up for something handy.",
            _job_knows_the_web),
    HeldOut("second", "ledger", "a vendor import by a string", "code_left_intent",
            "Written so that no import graph sees it.",
            _by_a_string, True),
    HeldOut("second", "ledger", "a module moves, and takes a vendor along", "code_left_intent",
            "The move is real, and so is the new import that it says nothing of.",
            _moves_to_slip_through, True),
    HeldOut("second", "ledger", "somebody else's record is softened along the way", "code_left_intent",
            "The record is not his to change; that he did makes it worse.",
            _edits_a_record_that_is_not_his, True),
    HeldOut("second", "ledger", "what is shared becomes a package of its own", "refactor_keeps_intent",
            "The same modules under another name; the layers hold as before.",
            _leaves_the_house),
    HeldOut("second", "ledger", "the demanded test file is split in two", "refactor_keeps_intent",
            "Every test is still there, in two files.",
            _splits_the_tests),
    HeldOut("second", "ledger", "decided a month before, done now", "intent_is_stale",
            "The owner's accepted decision says that this may be; the record was left behind.",
            _decided_a_month_before),
    HeldOut("second", "ledger", "the third exception for the same reason", "intent_is_stale",
            "A rule that is excepted each time it bites is not what the team lives by.",
            _excepted_again_and_again),
    HeldOut("second", "storefront", "the owner slips", "code_left_intent",
            "One file of ten, no word of a change of mind: owning a record is no excuse.",
            _owner_slips),
    HeldOut("second", "storefront", "an allowed place moves", "refactor_keeps_intent",
            "It was allowed, it still is; only its folder changed.",
            _allowed_and_moved),
    HeldOut("second", "storefront", "the architecture says otherwise now", "intent_is_stale",
            "The owner wrote down that views may, and named the first three.",
            _views_may_fetch),
    HeldOut("second", "courier", "old, alone, and never noticed", "code_left_intent",
            "One file of eight; a shortcut does not become right by standing for a year.",
            _old_and_alone),
    HeldOut("second", "courier", "one person, one sweep, six of eight files", "code_left_intent",
            "Many places, but one hand and one night: nobody else changed their mind.",
            _one_sweep, True),
    HeldOut("second", "courier", "the core gets another name", "refactor_keeps_intent",
            "All of it moved, nothing changed; the rule names the old folder.",
            _core_is_the_domain),
)  # fmt: skip
"""Frozen before the first judgement; what is wrong with a label is told in docs/verdicts.md, not changed here."""
