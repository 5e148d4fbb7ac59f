"""Which intent governs this place, and which records speak of this (spec 2.7)."""

from __future__ import annotations

from typing import Any

import pytest

from alloynb.intent.record import IntentRecord
from alloynb.intent.search import GoverningIndex, find, module_of_path, suggest
from tests.alloynb.intent.records import a_record

GATE = {"id": "g", "kind": "gate", "description": "d", "gate": {"name": "g", "command": ["make"]}}


def scoped(
    slug: str = "one", status: str = "active", evidence: list[dict[str, Any]] | None = None, **scope: Any
) -> IntentRecord:
    fields = {} if evidence is None else {"evidence": evidence}
    return a_record(slug, status=status, scope=scope, **fields)


def because(record: IntentRecord, path: str, **options: Any) -> str:
    found = GoverningIndex([record], **options).of_path(path)
    return found[0].because if found else ""


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (["shop/**"], "shop/domain/order.py", "paths: shop/**"),
        (["shop/"], "shop/domain/order.py", "paths: shop/"),
        (["*.sql"], "db/views/x.sql", "paths: *.sql"),
        (["/setup.py"], "setup.py", "paths: /setup.py"),
        (["/setup.py"], "tools/setup.py", ""),
        (["shop/**", "!shop/legacy/**"], "shop/legacy/x.py", ""),
        (["shop/**", "!shop/legacy/**"], "shop/new/x.py", "paths: shop/**"),
        (
            ["shop/**", "!shop/legacy/**", "shop/legacy/core.py"],
            "shop/legacy/core.py",
            "paths: shop/legacy/core.py",
        ),
        (["docs/**"], "shop/x.py", ""),
    ],
)
def test_paths_are_matched_as_in_gitignore_and_the_match_says_why(
    patterns: list[str], path: str, expected: str
) -> None:
    assert because(scoped(paths=patterns), path) == expected


@pytest.mark.parametrize(
    ("modules", "path", "expected"),
    [
        (["shop.domain"], "shop/domain/order.py", "modules: shop.domain"),
        (["shop.domain"], "shop/domain/__init__.py", "modules: shop.domain"),
        (["shop.domain"], "shop/domain_events.py", ""),
        (["shop.*.port"], "shop/payments/port.py", "modules: shop.*.port"),
        (["shop.*.port"], "shop/a/b/port.py", ""),
        (["shop.**.port"], "shop/a/b/port.py", "modules: shop.**.port"),
        (["shop"], "src/shop/x.py", "modules: shop"),
        (["shop"], "notes/shop.txt", ""),
    ],
)
def test_a_module_governs_its_files_and_its_descendants(modules: list[str], path: str, expected: str) -> None:
    assert because(scoped(modules=modules), path, source_roots=(".", "src")) == expected


def test_a_record_about_the_whole_project_governs_every_path() -> None:
    assert because(scoped(project="shop"), "anything.txt") == "project: shop"


@pytest.mark.parametrize("scope", [{}, {"technology": ["postgres"]}, {"interactions": ["checkout"]}])
def test_a_record_that_names_no_place_governs_none(scope: dict[str, Any]) -> None:
    assert because(scoped(**scope), "shop/x.py") == ""


def test_only_guiding_records_govern_unless_others_are_asked_for() -> None:
    records = [
        scoped(status, status=status, paths=["**"])
        for status in ("proposed", "accepted", "active", "deprecated")
    ]

    assert [found.record.status for found in GoverningIndex(records).of_path("x")] == ["accepted", "active"]
    asked = GoverningIndex(records, statuses={"proposed"}).of_path("x")
    assert [found.record.status for found in asked] == ["proposed"]


def test_a_module_is_governed_by_scopes_of_modules_and_of_paths() -> None:
    records = [
        scoped("by-module", modules=["shop.domain"]),
        scoped("by-path", paths=["src/shop/domain/*.py"]),
        scoped("by-project", project="shop"),
        scoped("other", modules=["shop.web"], evidence=[GATE]),
        scoped("by-rule", modules=["shop.web"]),
    ]

    found = GoverningIndex(records, source_roots=["src"]).of_module("shop.domain.order")

    assert [governing.record.slug for governing in found] == ["by-module", "by-path", "by-project", "by-rule"]
    assert found[0].through == ("modules: shop.domain", "rule imports: shop.domain is a source")
    assert found[3].because == "rule imports: shop.domain is a source"


def test_a_place_that_evidence_names_is_governed_too() -> None:
    evidence = [
        {
            "id": "no-print",
            "kind": "pattern",
            "description": "d",
            "pattern": {"language": "python", "must": "not_occur", "query": "(x)", "paths": ["lib/**"]},
        },
        {"id": "t", "kind": "test", "description": "d", "test": {"tests": ["tests/test_a.py::test_b"]}},
        {
            "id": "slim",
            "kind": "dependency",
            "description": "d",
            "dependency": {"forbidden": ["acme"], "where": ["pyproject.toml"]},
        },
    ]
    record = scoped("kept", technology=["python"], evidence=evidence)
    assert because(record, "lib/a.py") == "pattern no-print: lib/**"
    assert because(record, "tests/test_a.py") == "tests t: tests/test_a.py::test_b"
    assert because(record, "pyproject.toml") == "dependencies slim: pyproject.toml"
    assert because(record, "sub/pyproject.toml") == because(record, "shop/a.py") == ""


def test_a_path_is_a_module_only_below_its_source_root() -> None:
    assert module_of_path("shop/domain/order.py") == "shop.domain.order"
    assert module_of_path("src/shop/__init__.py", "src") == "shop"
    assert module_of_path("shop/x.py", "src") == ""
    assert module_of_path("not-a-package/x.py") == ""


def test_records_are_found_by_what_they_have() -> None:
    records = [
        a_record("a", status="accepted", severity="high", owner="ana", scope={"interactions": ["checkout"]}),
        a_record(
            "b",
            evidence=[{"id": "t", "kind": "trace", "description": "d", "condition": "c"}],
            strategy_ref="shop.strategy.port",
        ),
        a_record("c", scope={"technology": ["postgres"], "product_area": "billing"}),
    ]

    def slugs(**wanted: Any) -> str:
        return "".join(record.slug for record in find(records, **wanted))

    assert slugs() == "abc"
    assert slugs(statuses=["accepted"]) == "a"
    assert slugs(severities=["high"]) == "a"
    assert slugs(evidence_kinds=["trace"]) == "b"
    assert slugs(evidence_kinds=["trace", "import_boundary"]) == "abc"
    assert slugs(interaction="checkout") == "a"
    assert slugs(technology="postgres") == slugs(product_area="billing") == "c"
    assert slugs(owner="ana", severities=["low"]) == ""
    assert slugs(strategy_ref="shop.strategy.port") == "b"
    assert slugs(project="bank") == ""


def test_words_suggest_records_and_the_title_weighs_most() -> None:
    records = [
        a_record("a", title="Search stays quick", tradeoff="Less memory for payment."),
        a_record("b", title="PAYMENT stays replaceable"),
        a_record(
            "c",
            title="Other",
            capability="x",
            threat="x",
            expectation="x",
            strategy="x",
            tradeoff="x",
            scope={},
        ),
    ]

    assert [found.record.slug for found in suggest(records, "payment")] == ["b", "a"]
    assert [found.record.slug for found in suggest(records, "Payment QUICK")] == ["a"]
    assert suggest(records, "  ") == suggest(records, "nowhere") == ()
    assert len(suggest(records, "s", limit=1)) == 1
