"""The six interviews, each held as a person would; every one ends in a record that stands on its own."""

from __future__ import annotations

import pytest

from alloynb.elicitation.interview import Question, collect_interviews
from alloynb.elicitation.truisms import check_draft
from tests.alloynb.elicitation.talking import BARE, SHOP, hold, interview, record_of

MODES = tuple(collect_interviews())

WHY = {
    "capability": "We can switch the payment provider within two weeks, as we did in 2024.",
    "threat": "A newcomer catches stripe.CardError in checkout, because the ticket is due on Friday.",
    "expectation": "Fees are renegotiated every year, and twice so far we threatened to leave.",
    "strategy": "Only shop.payments imports stripe; everything else sees PaymentDeclined.",
    "tradeoff": "Each new Stripe feature takes a day longer, because it needs a port first.",
    "evidence": "yes",
}
REJECT = {
    "threat": "A view in shop/web imports the price tables and adds up a basket itself.",
    "reaches": "shop.pricing",
    "capability": "Finance could not replay last December with new discounts any more.",
    "expectation": "Marketing invents about four discounts each quarter, and the page is always late.",
    "strategy": "Ask the basket endpoint; it returns totals that are already rounded.",
    "tradeoff": "One more request for each page view, about 30 ms.",
    "evidence": "tests/test_totals.py::test_the_page_shows_what_the_invoice_says",
}
SCAR = {
    "incident": "In March the import ran twice after a restart, and 412 customers were charged twice.",
    "threat": "The charge was sent before shop/payments wrote down that it had been sent.",
    "capability": "A restarted import never charges a card twice, whatever line it stopped at.",
    "expectation": "The import machine is restarted without warning a few times a month.",
    "strategy": "Every charge carries the order number as its idempotency key, written down first.",
    "tradeoff": "One more write for each of two million lines.",
    "evidence": "`pytest tests/test_restart.py` kills it at a random line",
}
CHOICE = {
    "capability": "It stores cards, so that auditors never ask to see our own disks.",
    "expectation": "We believed that its fee stays below 2 % until we pass a million orders.",
    "threat": "Its exceptions reach shop.checkout, and every handler speaks Stripe.",
    "strategy": "Only shop.payments may import stripe.",
    "tradeoff": "About six hours a month for its webhooks, and no SEPA refunds.",
    "let_go": "On 2027-06-01, if the fee is above 2 % by then.",
    "evidence": "Compare the fee on the latest invoice with the one that was agreed",
}
PRINCIPLE = {
    "principle": "Functional core, imperative shell",
    "capability": "Finance replayed last year's orders in a spreadsheet, since prices need no database.",
    "core": "shop.pricing",
    "shell": "shop.web",
    "threat": "`price(order, request.user)`: a discount that reads the session.",
    "expectation": "Marketing will ask for personal discounts before the summer sale.",
    "strategy": "Pass the customer's group as a value; the page looks it up.",
    "tradeoff": "Callers gather eleven arguments, which looks clumsy.",
    "evidence": "yes",
}
DRIFT = {
    "verdict": "drift, plainly",
    "threat": "Refunds had no port yet, and the release was the same evening.",
    "strategy_back": "Give shop.payments a refund port that checkout calls with an amount.",
    "tradeoff": "Half a day for the port.",
    "evidence": "tests/test_refund.py",
}


@pytest.mark.parametrize(
    ("mode", "answers", "kinds"),
    [
        ("why_is_this_here", WHY, ["import_boundary"]),
        ("what_would_you_reject", REJECT, ["import_boundary", "test"]),
        ("scar_tissue", SCAR, ["test", "gate"]),
        ("technology_choice", CHOICE, ["import_boundary", "human_review", "human_review"]),
        ("principle_expansion", PRINCIPLE, ["import_boundary"]),
        ("contradiction", DRIFT, ["test"]),
    ],
)
def test_an_interview_ends_in_a_record_that_says_something(
    mode: str, answers: dict[str, str], kinds: list[str]
) -> None:
    draft, asked = hold(mode, answers)

    record = record_of(draft)
    assert not draft.missing
    assert [each.kind for each in record.evidence] == kinds
    assert not record.scope.is_empty
    assert [f"{each.field}: {each.told}" for each in check_draft(draft.fields)] == []
    assert not [question.id for question in asked if question.follow_up]
    assert len(asked) <= 9


def test_every_mode_of_the_specification_is_there_and_is_one_file() -> None:
    assert set(MODES) == {
        "why_is_this_here",
        "what_would_you_reject",
        "scar_tissue",
        "technology_choice",
        "principle_expansion",
        "contradiction",
    }
    assert all(found.origin.endswith(f"{name}.py") for name, found in collect_interviews().items())


@pytest.mark.parametrize("mode", MODES)
def test_an_interview_in_which_all_is_skipped_still_drafts_a_hypothesis(mode: str) -> None:
    for context in (SHOP, BARE):
        draft, _ = hold(mode, {}, context)
        assert record_of(draft, "hypothesized").evidence


@pytest.mark.parametrize("mode", MODES)
def test_a_question_says_why_it_is_asked_and_is_short_enough_to_be_read(mode: str) -> None:
    _, asked = hold(mode, {})
    for question in asked:
        assert question.why
        assert len(question.text) < 420
        assert "{" not in question.text


def test_questions_name_real_places() -> None:
    opening = interview("what_would_you_reject").next_question(interview("what_would_you_reject").begin(SHOP))
    assert isinstance(opening, Question)
    assert "`shop/checkout`" in opening.text
    seen = interview("why_is_this_here").next_question(interview("why_is_this_here").begin(SHOP))
    assert isinstance(seen, Question)
    assert "shop/payments/cards.py:3" in seen.text


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("not sure", "which change was easy last year"),
        ("Clean, maintainable code.", "What have you really done"),
        ("Upgrades.", "Who does that"),
    ],
)
def test_a_vague_answer_is_asked_about_once_more_in_words_that_fit(said: str, wanted: str) -> None:
    talk = interview("why_is_this_here")
    state = talk.answer(talk.begin(SHOP), said)
    again = talk.next_question(state)
    assert isinstance(again, Question)
    assert (again.id, again.follow_up) == ("capability?", True)
    assert wanted in again.text
    further = talk.next_question(talk.answer(state, said))
    assert isinstance(further, Question)
    assert further.id == "threat"  # nobody likes to be asked three times


def test_a_place_that_is_not_there_is_asked_about_with_places_that_are() -> None:
    _, asked = hold("principle_expansion", {"principle": "Boring core", "core": "the accounting engine"})
    again = next(question for question in asked if question.id == "core?")
    assert "I cannot find that" in again.text
    assert "`shop/checkout`" in again.text


def test_a_better_second_answer_takes_the_place_of_a_slogan_and_completes_a_short_one() -> None:
    said = {"capability": "Clean code.", "capability?": "Prices are replayed without a database."}
    draft, _ = hold("why_is_this_here", said)
    assert draft.fields["capability"] == "Prices are replayed without a database."
    said = {"capability": "Quick replays.", "capability?": "Finance does it each January."}
    draft, _ = hold("why_is_this_here", said)
    assert draft.fields["capability"] == "Quick replays. Finance does it each January."


def test_a_shrug_is_never_written_into_a_record() -> None:
    draft, _ = hold("scar_tissue", {"tradeoff": "no idea", "incident": SCAR["incident"]})
    assert "tradeoff" not in draft.fields


def test_a_library_that_may_live_in_more_places_is_forbidden_in_fewer() -> None:
    draft, _ = hold(
        "technology_choice", {**CHOICE, "strategy": "shop.payments and shop.web may import stripe."}
    )
    rule = draft.fields["evidence"][0]["rule"]
    assert rule["sources"] == ["shop.checkout", "shop.pricing"]
    assert rule["targets"] == ["stripe"]
    assert draft.fields["review_triggers"] == [{"date": "2027-06-01", "why": CHOICE["let_go"]}]


@pytest.mark.parametrize(
    ("verdict", "further", "asked_for"),
    [
        (
            "exception",
            {"reason": "Refunds need the raw receipt until the audit.", "until": "2027-03-01"},
            "until",
        ),
        (
            "it is too broad",
            {"where": "shop.pricing", "strategy_narrow": "Pricing never imports shop.payments."},
            "where",
        ),
        ("drift", {}, "strategy_back"),
    ],
)
def test_a_contradiction_leads_to_one_of_three(verdict: str, further: dict[str, str], asked_for: str) -> None:
    draft, asked = hold("contradiction", {"verdict": verdict, **further})
    assert asked_for in [question.id for question in asked]
    record = record_of(draft)
    if verdict == "exception":
        assert record.relationships[0].type == "refines"
        assert "alloynb decide finding_01 exception" in draft.next_steps[0]
        assert str(draft.fields["review_triggers"][0]["date"]) == "2027-03-01"
        assert record.scope.paths == ("shop/checkout/refund.py",)
    elif verdict == "drift":
        assert record.relationships[0].type == "supports"
    else:
        assert record.supersedes == "shop.intent.vendor-boundary"
        assert record.scope.modules == ("shop.pricing",)
        assert record.strategy == "Pricing never imports shop.payments."


def test_a_contradiction_needs_one_of_the_three_words() -> None:
    talk = interview("contradiction")
    again = talk.next_question(talk.answer(talk.begin(SHOP), "well, both have a point"))
    assert isinstance(again, Question)
    assert "I need one of the three" in again.text
