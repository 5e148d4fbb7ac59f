"""A person answers a finding, waives evidence, is shown both in every report, and is reminded when they are over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fakes.alloy_shop import BOUNDARY, CART, TOTALS, Said, Shop, govern, open_shop

pytestmark = pytest.mark.slow

EVIDENCE = f"{BOUNDARY}#imports"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return govern(
        open_shop(tmp_path_factory.mktemp("decide") / "shop"), "vendor-boundary", "totals-are-right"
    )


@pytest.fixture
def shop(pristine: Shop, tmp_path: Path) -> Shop:
    return pristine.copy_to(tmp_path / "shop")


def end_now(file: Path) -> None:
    """Let a waiver or exception have ended long ago."""
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"granted_at: \S+", "granted_at: 2020-01-01T00:00:00Z", text)
    file.write_text(re.sub(r"until: \S+", "until: 2020-02-01T00:00:00Z", text), encoding="utf-8")


def verdicts(said: Said) -> dict[str, str]:
    return {each["record_id"]: each["verdict"] for each in said.data["records"]}


def page_of(said: Said) -> str:
    return Path(said.data["places"]["html"]).read_text(encoding="utf-8")


def test_drift_is_allowed_for_a_while_and_shows_again_afterwards(shop: Shop) -> None:
    shop.plant()
    shop.commit("Pay faster")
    ran = shop.alloynb("run", "--json")
    assert ran.exit_code == 1, ran
    (finding,) = ran.data["findings"]

    decided = shop.alloynb(
        "decide",
        finding["finding_id"][:20],
        "exception",
        "--until",
        "90d",
        "--why",
        "they leave in spring",
        "--json",
    )
    assert decided.exit_code == 0, decided
    file = Path(decided.data["file"])
    assert ".alloy/exceptions/" in shop.git("status", "--porcelain"), "to be committed"

    looked = shop.alloynb("drift")
    assert looked.exit_code == 0, looked
    for said in (CART, "ada until", "they leave in spring"):
        assert said in looked.out, said
    allowed = shop.alloynb("run", "--json")
    assert allowed.exit_code == 0, allowed
    assert [(each["status"], each["place"]) for each in allowed.data["findings"]] == [
        ("exception", f"{CART}:1")
    ]
    assert "they leave in spring" in allowed.data["findings"][0]["allowed"]
    assert "they leave in spring" in page_of(allowed)
    text = shop.alloynb("report")
    assert text.exit_code == 0
    assert "1 deviation is allowed for now" in text.out
    assert "they leave in spring" in text.out

    end_now(file)
    over = shop.alloynb("drift", "--json")
    assert over.exit_code == 1
    assert [each["status"] for each in over.data["findings"]] == ["known"]
    assert shop.alloynb("run").exit_code == 1


def test_waived_evidence_is_told_as_waived_and_never_as_satisfied(shop: Shop) -> None:
    shop.write("tests/test_cart.py", "def test_the_total_is_charged():\n    assert 1 == 2\n")
    shop.commit("Break the test")
    assert shop.alloynb("run", "--json").exit_code == 1
    waived = shop.alloynb(
        "waive", "totals-are-right#totals", "--until", "60d", "--why", "prices are rebuilt", "--json"
    )
    assert waived.exit_code == 0, waived

    ran = shop.alloynb("run", "--json")
    assert ran.exit_code == 0, ran
    assert verdicts(ran) == {TOTALS: "waived", BOUNDARY: "satisfied"}
    (line,) = ran.data["allowed"]
    assert "ada until" in line
    assert "prices are rebuilt" in page_of(ran)
    text = shop.alloynb("report")
    assert "nothing else drifted; 1 deviation is allowed for now; 1 is waived, not proved" in text.out
    assert "not held against the run" in text.out
    assert "valid" in shop.alloynb("waive").out

    (known,) = shop.alloynb("waive", "--json").data
    end_now(Path(known["file"]))
    over = shop.alloynb("run", "--json")
    assert over.exit_code == 1
    assert verdicts(over)[TOTALS] == "unsatisfied"
    assert "expired on 2020-02-01" in str(over.data["records"])
    assert shop.alloynb("waive", "--json").data[0]["state"] == "expired"


def test_a_withdrawn_waiver_is_demanded_again(shop: Shop) -> None:
    shop.plant()
    made = shop.alloynb("waive", EVIDENCE, "--until", "60d", "--why", "soon", "--json")
    assert shop.alloynb("drift").exit_code == 0
    taken = shop.alloynb("waive", "--withdraw", made.data[0]["id"], "--why", "now", "--json")
    assert taken.exit_code == 0, taken
    assert shop.alloynb("drift").exit_code == 1
    assert "withdrawn by ada" in shop.alloynb("waive").out


def test_obsolete_intent_is_a_question_for_a_human(shop: Shop) -> None:
    shop.plant()
    (finding,) = shop.alloynb("drift", "--json").data["findings"]
    said = shop.alloynb("decide", finding["finding_id"], "obsolete", "--why", "one vendor is enough")
    assert said.exit_code == 0, said
    assert f"alloynb intent contradict {BOUNDARY}" in said.out
    asked = shop.alloynb("contradictions")
    assert asked.exit_code == 1
    assert "one vendor is enough" in asked.out
    assert shop.alloynb("intent", "contradict", BOUNDARY, "--why", "one vendor is enough").exit_code == 0
    assert shop.alloynb("contradictions").exit_code == 0
    assert shop.alloynb("drift").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("decide", "finding_no", "drift", "--why", "x"), 2),
        (("waive", "nothing#here", "--until", "30d", "--why", "x"), 2),
        (("waive", EVIDENCE, "--until", "tomorrow", "--why", "x"), 2),
        (("waive", EVIDENCE), 2),
        (("waive", "--until", "30d"), 2),
        (("waive", "--withdraw", "waiver_x", "--why", "x"), 2),
    ],
)
def test_what_cannot_be_meant_is_bad_input(shop: Shop, arguments: tuple[str, ...], exit_code: int) -> None:
    said = shop.alloynb(*arguments)
    assert said.exit_code == exit_code, said
    assert not (shop.alloy / "waivers").exists()
    assert "Traceback" not in said.err


def test_somebody_who_may_not_is_refused(shop: Shop) -> None:
    shop.write(".alloy/authority.yaml", 'principals:\n  ada: [view_intent]\n  ben: ["*"]\n')
    assert shop.alloynb("waive", EVIDENCE, "--until", "30d", "--why", "x").exit_code == 3
