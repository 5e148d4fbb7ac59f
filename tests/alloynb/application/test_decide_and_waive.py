"""What humans allow for a while: findings and evidence, by whom, until when, seen by everybody, and over one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alloynb.application.check_evidence import UnknownEvidence
from alloynb.application.contradictions import look_for_contradictions
from alloynb.application.decide_finding import (
    DecidedFinding,
    DecideFinding,
    Decision,
    NotForThisAnswer,
    UnknownFinding,
    decide_finding,
)
from alloynb.application.decide_intent import DecideIntent, decide_intent
from alloynb.application.leniencies import UnknownLeniency
from alloynb.application.look_for_drift import LookForDrift, SeenDrift, look_for_drift
from alloynb.application.waive_evidence import (
    KnownWaiver,
    NotValidNow,
    WaiveEvidence,
    WithdrawWaiver,
    list_waivers,
    waive_evidence,
    withdraw_waiver,
)
from alloynb.intent.authority import Principal
from alloynb.intent.errors import BrokenFiles, MissingAuthority
from alloynb.intent.leniency import NoReason, NotAnEnd
from tests.fakes.alloy_shop import BOUNDARY, CART
from tests.fakes.alloy_workspace import Governed, governed_shop
from tests.fakes.evidence_store import TickingClock

EVIDENCE = f"{BOUNDARY}#imports"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    """A shop in which checkout imports the vendor, as the last look saw it."""
    here = governed_shop(tmp_path / "shop", "vendor-boundary", "totals-are-right")
    here.shop.plant()
    look(here)
    return here


def look(governed: Governed) -> SeenDrift:
    return look_for_drift(governed.workspace, LookForDrift())


def answer(
    governed: Governed, decision: Decision, until: str | None = None, path: str | None = None
) -> DecidedFinding:
    (finding,) = look(governed).findings
    return decide_finding(
        governed.workspace, DecideFinding(finding.finding_id, decision, "for a reason", until, path)
    )


def waived(governed: Governed, until: str = "30d") -> KnownWaiver:
    return waive_evidence(governed.workspace, WaiveEvidence(EVIDENCE, until, "the port is being built"))


def pass_time(governed: Governed, **by: float) -> None:
    clock = governed.workspace.clock
    assert isinstance(clock, TickingClock)
    clock.advance(timedelta(**by))


def told(governed: Governed, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in governed.workspace.warehouse.query(sql).rows]


# ---- exceptions


def test_an_exception_holds_until_its_end_and_then_the_finding_shows(governed: Governed) -> None:
    decided = answer(governed, "exception", "30d")
    seen = look(governed)
    assert seen.open_findings == ()
    (finding,) = seen.allowed_findings
    assert finding.status == "exception"
    assert seen.allowed[finding.finding_id] == decided.exception

    pass_time(governed, days=29)
    assert look(governed).open_findings == ()
    pass_time(governed, days=1)
    assert [each.status for each in look(governed).open_findings] == ["known"]


def test_an_exception_is_a_file_that_a_colleague_gets_by_git(governed: Governed, tmp_path: Path) -> None:
    decided = answer(governed, "exception", "30d")
    assert decided.file is not None
    governed.shop.commit("Allow it for a month")
    colleague = tmp_path / "colleague"
    governed.shop.git("clone", "--quiet", ".", str(colleague))
    text = (colleague / decided.file.relative_to(governed.shop.root)).read_text(encoding="utf-8")
    for said in ("who: ada", "why: for a reason", "until: 2026-04-01T", EVIDENCE):
        assert said in text
    theirs = replace(governed.workspace, root=colleague)
    assert look_for_drift(theirs, LookForDrift()).open_findings == ()


def test_an_exception_over_a_path_covers_what_lies_in_it(governed: Governed) -> None:
    answer(governed, "exception", "30d", "shop/checkout/**")
    governed.shop.write("shop/checkout/refund.py", "from shop.payments.vendor import acme\n")
    governed.shop.write("shop/checkout/__init__.py", "")
    assert look(governed).open_findings == ()
    assert {each.path for each in look(governed).allowed_findings} == {CART, "shop/checkout/refund.py"}


def test_an_exception_over_a_path_has_to_cover_its_finding(governed: Governed) -> None:
    with pytest.raises(NotForThisAnswer, match="does not cover"):
        answer(governed, "exception", "30d", "shop/payments/**")


def test_calling_it_drift_ends_the_exception(governed: Governed) -> None:
    made = answer(governed, "exception", "30d").exception
    decided = answer(governed, "drift")
    assert made is not None
    assert decided.withdrawn == (made.id,)
    assert len(look(governed).open_findings) == 1
    assert told(governed, "SELECT status, active FROM exceptions") == [("withdrawn", False)]
    assert told(governed, "SELECT decision, principal FROM finding_decisions ORDER BY decided_at") == [
        ("exception", "ada"),
        ("drift", "ada"),
    ]


@pytest.mark.parametrize(
    "until", [None, "soon", "0d", "2026-13-01", "2026-01-01", "367d", "9999d", "2099-01-01"]
)
def test_an_exception_has_an_end_within_a_year(governed: Governed, until: str | None) -> None:
    with pytest.raises(NotAnEnd):
        answer(governed, "exception", until)
    assert look(governed).allowed_findings == ()


def test_an_answer_without_an_end_takes_none(governed: Governed) -> None:
    with pytest.raises(NotForThisAnswer):
        answer(governed, "drift", "30d")


def test_a_file_that_allows_for_longer_than_a_year_allows_nothing(governed: Governed) -> None:
    file = answer(governed, "exception", "30d").file
    assert file is not None
    file.write_text(file.read_text(encoding="utf-8").replace("until: 2026", "until: 2036"), encoding="utf-8")
    with pytest.raises(BrokenFiles, match="366 days"):
        look(governed)


# ---- which finding, and who


def test_a_finding_is_named_by_the_beginning_of_its_id(governed: Governed) -> None:
    (finding,) = look(governed).findings
    short = finding.finding_id.removeprefix("finding_")[:8]
    decided = decide_finding(governed.workspace, DecideFinding(short, "drift", "not meant"))
    assert decided.finding.finding_id == finding.finding_id
    for wrong in ("", "finding_nothing"):
        with pytest.raises(UnknownFinding):
            decide_finding(governed.workspace, DecideFinding(wrong, "drift", "not meant"))


def test_a_resolved_finding_needs_no_answer(governed: Governed) -> None:
    governed.shop.weed()
    with pytest.raises(UnknownFinding, match="resolved"):
        answer(governed, "drift")


def test_a_reason_is_given(governed: Governed) -> None:
    (finding,) = look(governed).findings
    with pytest.raises(NoReason):
        decide_finding(governed.workspace, DecideFinding(finding.finding_id, "exception", " ", "30d"))
    with pytest.raises(NoReason):
        waive_evidence(governed.workspace, WaiveEvidence(EVIDENCE, "30d", ""))


@pytest.mark.parametrize("kind", ["machine", "assistant"])
def test_no_machine_allows_anything(governed: Governed, kind: str) -> None:
    bot = replace(governed.workspace, principal=Principal("bot", kind))  # type: ignore[arg-type]
    (finding,) = look(governed).findings
    with pytest.raises(MissingAuthority):
        decide_finding(bot, DecideFinding(finding.finding_id, "exception", "handy", "30d"))
    with pytest.raises(MissingAuthority):
        waive_evidence(bot, WaiveEvidence(EVIDENCE, "30d", "handy"))
    waiver = waived(governed).waiver
    with pytest.raises(MissingAuthority):
        withdraw_waiver(bot, WithdrawWaiver(waiver.id, "handy"))


# ---- obsolete


def test_obsolete_asks_about_the_record_and_changes_nothing(governed: Governed) -> None:
    before = governed.workspace.intent.get(BOUNDARY)
    decided = answer(governed, "obsolete")
    assert f"alloynb intent contradict {BOUNDARY}" in decided.next_step
    assert governed.workspace.intent.get(BOUNDARY) == before
    (question,) = look_for_contradictions(governed.workspace).open
    assert question.record_ids == (BOUNDARY,)
    assert "ada: for a reason" in question.evidence
    assert told(governed, "SELECT reason FROM contradictions WHERE answer IS NULL") == [("obsolete_intent",)]
    assert len(look(governed).open_findings) == 1, "the answer hides nothing"


def test_the_question_is_gone_once_the_record_is_contradicted(governed: Governed) -> None:
    answer(governed, "obsolete")
    decide_intent(governed.workspace, DecideIntent(BOUNDARY, "contradicted", "one vendor is enough"))
    assert look_for_contradictions(governed.workspace).open == ()
    assert len(look(governed).resolved_now) == 1, "nothing deviates from intent that was let go"


def test_the_question_is_gone_once_somebody_calls_it_drift(governed: Governed) -> None:
    answer(governed, "obsolete")
    answer(governed, "drift")
    assert look_for_contradictions(governed.workspace).open == ()


# ---- waivers


def test_a_waiver_lets_findings_of_its_evidence_pass_for_a_while(governed: Governed) -> None:
    waiver = waived(governed)
    seen = look(governed)
    assert seen.open_findings == ()
    assert [each.status for each in seen.allowed_findings] == ["new"], "it stays what it is"
    assert [each.state for each in list_waivers(governed.workspace)] == ["valid"]
    assert told(governed, "SELECT principal, status FROM waivers") == [("ada", "granted")]

    pass_time(governed, days=30)
    assert len(look(governed).open_findings) == 1
    assert [each.state for each in list_waivers(governed.workspace)] == ["expired"]
    with pytest.raises(NotValidNow):
        withdraw_waiver(governed.workspace, WithdrawWaiver(waiver.waiver.id, "too late"))


def test_a_withdrawn_waiver_stays_and_counts_no_more(governed: Governed) -> None:
    waiver = waived(governed).waiver
    withdrawn = withdraw_waiver(governed.workspace, WithdrawWaiver(waiver.id[:20], "the port is there"))
    assert withdrawn.waiver.withdrawn is not None
    assert withdrawn.waiver.withdrawn.by == "ada"
    assert [each.state for each in list_waivers(governed.workspace)] == ["withdrawn"]
    assert len(look(governed).open_findings) == 1
    assert told(governed, "SELECT status, active FROM waivers") == [("withdrawn", False)]
    with pytest.raises(NotValidNow):
        withdraw_waiver(governed.workspace, WithdrawWaiver(waiver.id, "again"))
    with pytest.raises(UnknownLeniency):
        withdraw_waiver(governed.workspace, WithdrawWaiver("waiver_nothing", "why not"))


def test_only_evidence_of_a_record_that_guides_runs_is_waived(governed: Governed) -> None:
    with pytest.raises(UnknownEvidence, match=r"near it: shop\.intent.vendor-boundary#imports"):
        waive_evidence(governed.workspace, WaiveEvidence("vendor-boundary#importz", "30d", "typing"))
    decide_intent(governed.workspace, DecideIntent(BOUNDARY, "deprecated", "over"))
    with pytest.raises(UnknownEvidence):
        waived(governed)
    assert list_waivers(governed.workspace) == ()


def test_reading_files_again_keeps_no_new_fact(governed: Governed) -> None:
    waived(governed)
    answer(governed, "exception", "30d")
    look(governed)
    count = "SELECT count(*) FROM facts"
    before = told(governed, count)
    look(governed)
    assert told(governed, count) == before
