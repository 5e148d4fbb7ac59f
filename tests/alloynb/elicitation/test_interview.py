"""The machine under the interviews: any answers, in any order, back and forth, through JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alloynb.elicitation.interview import (
    LONGEST_ANSWER,
    Draft,
    Question,
    check_interview,
    collect_interviews,
    state_of,
)
from alloynb.elicitation.places import places_in, scope_of
from alloynb.elicitation.proposing import evidence_in, slug_of_title, title_of
from tests.alloynb.elicitation.talking import BARE, PLACES, SHOP, hold, interview, record_of

MODES = tuple(collect_interviews())
HOSTILE = [
    "\x1b[2J\x1b[1;1Howned\x07",
    "id: evil\nstatus: accepted\nevidence: [{kind: gate, gate: {command: [rm, -rf, /]}}]",
    "!!python/object/apply:os.system ['true']",
    "- &a [*a, *a]",
    "’ \u202e\u2066 \ufeff \ud800 \udfff",
    "`" * 3000,
    "{{ 7*7 }} ${HOME} $(reboot) `rm -rf /`",
    "../../etc/passwd /etc/shadow .git/hooks/**",
    "shop -> shop; shop.web imports shop.web",
    "null",
    "~",
    "a" * 1_000_000,
    "x/" * 500_000,
]
ANSWERS = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [*HOSTILE[:-2], "", "yes", "exception", "drift", "broad", "shop.web", "not sure", "Clean code."]
    ),
)


@pytest.mark.parametrize("mode", MODES)
@given(moves=st.lists(st.one_of(ANSWERS, st.none()), max_size=25), bare=st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_sequence_of_answers_breaks_an_interview(mode: str, moves: list[str | None], bare: bool) -> None:
    talk = interview(mode)
    state = talk.begin(BARE if bare else SHOP)
    for move in moves:
        state = state.back() if move is None else talk.answer(state, move)
        assert state_of(state.to_json()) == state
        assert talk.next_question(state_of(state.to_json())) == talk.next_question(state)
    draft = talk.draft(state)
    record_of(draft, "hypothesized" if draft.missing else "proposed")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_answer_stays_text(mode: str, text: str) -> None:
    talk = interview(mode)
    state = talk.begin(SHOP)
    while isinstance(talk.next_question(state), Question):
        state = talk.answer(state, text)
    assert all(len(said.text) <= LONGEST_ANSWER and said.text.isprintable() for said in state.said)
    draft = talk.draft(state)
    record = record_of(draft, "hypothesized" if draft.missing else "proposed")
    assert record.status != "accepted"
    for path in record.scope.paths:
        assert not path.startswith("/")
        assert ".." not in path.split("/")


def test_a_long_answer_says_how_much_was_cut() -> None:
    talk = interview("scar_tissue")
    state = talk.answer(talk.begin(SHOP), "word " * 10_000)
    assert state.said[0].cut == 50_000 - len(state.said[0].text)


def test_going_back_asks_the_same_question_again_and_stopping_keeps_what_was_said() -> None:
    talk = interview("scar_tissue")
    begun = talk.begin(SHOP)
    one = talk.answer(begun, "In March the import ran twice, and 412 customers were charged twice.")
    assert talk.next_question(one.back()) == talk.next_question(begun)
    assert begun.back() == begun
    assert "412 customers" in talk.draft(one).fields["sources"][0]["excerpt"]
    assert "threat" in talk.draft(one).missing


def test_a_state_is_one_json_document_that_another_process_can_read() -> None:
    state = interview("scar_tissue").answer(interview("scar_tissue").begin(SHOP), "Ein Fehler – 三")
    assert json.loads(state.to_json())["said"][0]["text"] == "Ein Fehler – 三"
    with pytest.raises(ValueError, match="mode"):
        state_of("{}")


def test_an_answer_after_the_end_changes_nothing() -> None:
    talk = interview("scar_tissue")
    state = talk.begin(SHOP)
    while isinstance(talk.next_question(state), Question):
        state = talk.answer(state, "")
    assert isinstance(talk.next_question(state), Draft)
    assert talk.answer(state, "more") == state


def test_what_is_no_interview_is_refused_with_a_reason() -> None:
    with pytest.raises(TypeError, match="next_question"):
        check_interview(object())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shop/payments", ["shop.payments"]),
        ("in shop.payments.", ["shop.payments"]),
        ("payments, and checkout", ["shop.payments", "shop.checkout"]),
        ("`shop/payments/cards.py`", []),
        ("everything in shop/ and `web`", ["shop.web"]),
        ("all of shop", ["shop"]),
        ("nowhere", []),
    ],
)
def test_a_place_is_found_by_the_names_that_people_use(text: str, found: list[str]) -> None:
    assert [each.name for each in places_in(text, PLACES)] == found


def test_a_plain_word_in_a_story_is_a_word_and_no_place() -> None:
    assert places_in("the checkout of a shop", PLACES, in_prose=True) == ()
    assert [each.name for each in places_in("the `checkout` of a shop", PLACES, in_prose=True)] == [
        "shop.checkout"
    ]
    assert [each.name for each in places_in("shop/web opens the checkout", PLACES)] == ["shop.web"]


def test_a_scope_may_be_written_out() -> None:
    assert scope_of("web/**/*.css and docs/", SHOP) == {"paths": ["web/**/*.css", "docs/"]}
    assert scope_of("/etc/** and ../other/**", SHOP) == {}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("tests/test_cart.py::test_total", "test"),
        ("run `make check`", "gate"),
        ("shop.checkout must never import shop.payments", "import_boundary"),
        ("shop.checkout -> stripe", "import_boundary"),
        ("make sure that nobody imports it", None),
        ("`rm -rf /`", None),
        ("look at the invoice", None),
    ],
)
def test_evidence_is_proposed_only_where_an_answer_names_it(text: str, kind: str | None) -> None:
    assert [each["kind"] for each in evidence_in(text, SHOP)] == ([kind] if kind else [])


def test_a_title_is_a_sentence_and_a_slug_is_made_of_its_telling_words() -> None:
    assert title_of("we can switch vendors. And more.", "x") == "We can switch vendors"
    assert len(title_of("word " * 100, "x")) <= 73
    assert slug_of_title("We can switch the payment provider", "x") == "switch-payment-provider"
    assert slug_of_title("三", "scar_tissue") == "scar-tissue"


def test_a_rule_is_never_proposed_over_what_it_could_not_see() -> None:
    _, asked = hold("principle_expansion", {"principle": "p", "core": "shop", "shell": "shop.web"})
    assert not next(question for question in asked if question.id == "evidence").suggestion
