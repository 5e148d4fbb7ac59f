"""The truism check: it catches what says nothing, and leaves alone what does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.elicitation.truisms import check_draft, slogan_in
from alloynb.intent.yaml_document import read_yaml
from tests.alloynb.elicitation.corpus import GOOD, TRUISMS

OWN_RECORDS = sorted((Path(__file__).parents[3] / ".alloy" / "intent").glob("*.yaml"))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("capability", "threat", "expectation", "strategy", "tradeoff", "evidence", "scope")


def told(fields: dict[str, Any]) -> list[str]:
    return [f"{each.field}: {each.told}" for each in check_draft(fields)]


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(GOOD) >= 25
    assert len(TRUISMS) >= 25


@pytest.mark.parametrize("name", GOOD)
def test_a_record_that_says_something_passes_clean(name: str) -> None:
    assert told(GOOD[name]) == []


@pytest.mark.parametrize("name", TRUISMS)
def test_a_truism_is_caught_where_it_stands_and_nothing_else_is(name: str) -> None:
    kind, field, fields = TRUISMS[name]
    found = check_draft(fields)
    assert [(each.kind, each.field) for each in found] == [(kind, field)]
    assert found[0].question.strip()
    assert found[0].question[-1] in "?.…”"


@pytest.mark.parametrize("file", OWN_RECORDS, ids=lambda file: file.stem)
def test_the_records_that_govern_this_project_pass(file: Path) -> None:
    assert told(read_yaml(file.read_bytes(), file).value) == []


def test_an_empty_draft_is_answered_with_one_question_for_each_field() -> None:
    assert [each.field for each in check_draft({})] == [
        "capability",
        "threat",
        "expectation",
        "strategy",
        "tradeoff",
        "evidence",
        "scope",
    ]


def test_a_concrete_word_saves_a_sentence_that_praises() -> None:
    assert slogan_in("Reliable and fast.")
    assert not slogan_in("Reliable delivery of parcels to islands.")
    assert not slogan_in("Fast: below 20 ms.")


@pytest.mark.parametrize(
    "text", ["注文は倉庫が止まっていても受け付けられる", "Заказ принимается без склада", "لا تضيع أي دفعة"]
)
def test_what_the_lists_cannot_judge_is_not_judged(text: str) -> None:
    assert slogan_in(text) == ""


def test_sentences_in_another_latin_language_pass() -> None:
    assert slogan_in("Der Verkauf läuft weiter, wenn die Leitung zum Lager ausfällt.") == ""


@given(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON))
def test_no_draft_whatever_its_form_stops_the_check(fields: dict[str, Any]) -> None:
    assert all(each.question for each in check_draft(fields))
