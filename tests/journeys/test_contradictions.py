"""Two records cannot be meant together, and one asks to be looked at again: a person answers, and is asked in time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.alloy_shop import BOUNDARY, TOTALS, Said, Shop, govern, open_shop

pytestmark = pytest.mark.slow

UPSIDE_DOWN = "shop.intent.payments-on-top"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = open_shop(tmp_path_factory.mktemp("contradictions") / "shop")
    return govern(shop, "vendor-boundary", "totals-are-right")


@pytest.fixture
def shop(pristine: Shop, tmp_path: Path) -> Shop:
    return pristine.copy_to(tmp_path / "shop")


def write_record(shop: Shop, slug: str, layers: str, more: str = "") -> None:
    texts = "".join(
        f"{name}: Of {slug}.\n" for name in ("capability", "threat", "expectation", "strategy", "tradeoff")
    )
    shop.write(
        f".alloy/intent/{slug}.yaml",
        f"id: shop.intent.{slug}\ntitle: About {slug}\n{texts}"
        "evidence:\n  - id: order\n    kind: import_boundary\n    description: Layers.\n"
        f"    rule: {{type: layers, packages: [shop], layers: [{layers}]}}\n{more}"
        "status: proposed\nsources: [{source_type: human, ref: ada}]\n"
        "created_at: 2026-01-01T00:00:00Z\nupdated_at: 2026-01-01T00:00:00Z\n",
    )
    accepted = shop.alloynb("intent", "accept", slug, "--why", "we said so")
    assert accepted.exit_code == 0, accepted


def end_now(file: Path) -> None:
    """Let an answer have ended long ago."""
    text = re.sub(r"granted_at: \S+", "granted_at: 2020-01-01T00:00:00Z", file.read_text(encoding="utf-8"))
    file.write_text(re.sub(r"until: \S+", "until: 2020-02-01T00:00:00Z", text), encoding="utf-8")


def open_question(shop: Shop) -> dict[str, Any]:
    said = shop.alloynb("contradictions", "--json")
    assert said.exit_code == 1, said
    (question,) = said.data["open"]
    assert isinstance(question, dict)
    return question


def answer(shop: Shop, *arguments: str) -> Said:
    question = open_question(shop)
    said = shop.alloynb(
        "contradictions", "answer", question["question_id"][:22], *arguments, "--why", "we looked", "--json"
    )
    assert said.exit_code == 0, said
    return said


def test_conflicting_records_are_refused_resolved_and_compiled(shop: Shop) -> None:
    write_record(shop, "checkout-on-top", "shop.checkout, shop.payments")
    write_record(shop, "payments-on-top", "shop.payments, shop.checkout")

    refused = shop.alloynb("brief", "compile")
    assert refused.exit_code == 2, refused
    for told in (
        "shop.checkout lies above shop.payments",
        f"{UPSIDE_DOWN}#order",
        ".alloy/intent/payments-on-top.yaml",
    ):
        assert told in refused.err, told
    assert "alloynb contradictions answer question_" in refused.err
    assert shop.alloynb("run").exit_code == 2

    done = answer(shop, "preserve")
    (file,) = done.data["files"]
    assert "resolution:" in Path(file).read_text(encoding="utf-8")
    assert shop.alloynb("contradictions").exit_code == 0
    compiled = shop.alloynb("brief", "compile")
    assert compiled.exit_code == 0, compiled
    assert "we looked" in compiled.out


def test_a_conflict_can_be_simplified_by_one_step(shop: Shop) -> None:
    write_record(shop, "checkout-on-top", "shop.checkout, shop.payments")
    write_record(shop, "payments-on-top", "shop.payments, shop.checkout")
    answer(shop, "simplify", "--deprecate", "payments-on-top")
    assert "deprecated" in shop.alloynb("intent", "show", "payments-on-top").out
    assert shop.alloynb("contradictions").exit_code == 0
    assert shop.alloynb("brief", "preview").exit_code == 0


def test_a_trigger_is_silent_while_preserved_and_asks_again_afterwards(shop: Shop) -> None:
    trigger = 'review_triggers: [{sql: "SELECT count(*) >= 1 FROM path_changes", why: it was touched}]\n'
    write_record(shop, "touched", "shop.checkout, shop.payments", trigger)
    shop.commit("Say what we rely on")
    ran = shop.alloynb("run", "--json")
    assert ran.exit_code == 1, ran
    assert len(ran.data["contradictions"]) == 1

    done = answer(shop, "preserve", "--until", "90d")
    (file,) = done.data["files"]
    assert ".alloy/answers/" in shop.git("status", "--porcelain"), "to be committed"
    assert shop.alloynb("contradictions").exit_code == 0
    silent = shop.alloynb("run", "--json")
    assert silent.exit_code == 0, silent
    assert silent.data["contradictions"] == []
    assert any("preserved by ada until" in each and "we looked" in each for each in silent.data["allowed"])
    assert "we looked" in shop.alloynb("contradictions", "--all").out
    shown = shop.alloynb("evidence", "sql", "SELECT status, answer FROM contradictions", "--json")
    assert shown.data["rows"] == [{"status": "answered", "answer": "preserve"}]

    end_now(Path(file))
    assert open_question(shop)["reason"] == "review_trigger"


def test_relationships_and_confirmations_have_commands(shop: Shop) -> None:
    related = shop.alloynb(
        "intent", "relate", BOUNDARY, "conflicts_with", TOTALS, "--notes", "price and freedom", "--json"
    )
    assert related.exit_code == 0, related
    assert related.data["relationships"][0]["target"] == TOTALS
    assert open_question(shop)["reason"] == "conflicting_records"
    assert shop.alloynb("brief", "preview").exit_code == 2
    assert (
        shop.alloynb("intent", "unrelate", BOUNDARY, "conflicts_with", TOTALS, "--why", "no").exit_code == 0
    )
    assert shop.alloynb("contradictions").exit_code == 0
    confirmed = shop.alloynb("intent", "confirm", "vendor-boundary", "totals-are-right", "--why", "read both")
    assert confirmed.exit_code == 0, confirmed
    assert "confirmed" in shop.alloynb("intent", "show", BOUNDARY).out


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("contradictions", "answer", "question_x", "preserve", "--why", "x"), 2),
        (("contradictions", "answer", "question_x", "perhaps", "--why", "x"), 2),
        (("contradictions", "answer", "question_x", "simplify", "--supersede", "a", "--why", "x"), 2),
        (("contradictions", "withdraw", "answer_x", "--why", "x"), 2),
        (("contradictions", "nonsense"), 2),
        (("intent", "relate", "vendor-boundary", "loves", "totals-are-right"), 2),
        (("intent", "relate", "vendor-boundary", "refines", "nowhere"), 2),
        (("intent", "confirm", "nowhere", "--why", "x"), 2),
        (("intent", "confirm", "vendor-boundary", "--why", " "), 2),
    ],
)
def test_what_cannot_be_meant_is_bad_input(shop: Shop, arguments: tuple[str, ...], exit_code: int) -> None:
    said = shop.alloynb(*arguments)
    assert said.exit_code == exit_code, said
    assert "Traceback" not in said.err
