"""Finding the one object that an agent answers with."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.agents.answers import (
    AgentAnswer,
    TriageAnswer,
    find_object,
    form_of,
    judge_triage,
    parse_answer,
)
from foundry_kernel.agents.errors import AgentFailed, AgentTimedOut, AnswerUnusable

plain_text = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z", "S")))
without_objects = plain_text.map(lambda text: text.replace("{", "(").replace("`", "'").replace("~", "-"))
half_objects = st.text(alphabet="{}[]:, ab1\n").filter(lambda text: '"' not in text)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | plain_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain_text, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(plain_text, values, min_size=1, max_size=4)


class Plan(AgentAnswer):
    """A form for tests."""

    steps: list[str]
    risk: int = 0


@given(st.text())
def test_any_text_gives_an_object_or_the_one_error(text: str) -> None:
    with contextlib.suppress(AnswerUnusable):
        assert isinstance(find_object(text), dict)


@given(st.text(alphabet='{}[]"\\:,`~ \njson1ae.-'))
def test_text_made_of_json_and_fences_gives_an_object_or_the_one_error(text: str) -> None:
    with contextlib.suppress(AnswerUnusable):
        assert isinstance(find_object(text), dict)


@given(without_objects, objects, without_objects)
def test_a_bare_object_is_found_in_any_prose(before: str, value: dict[str, Any], after: str) -> None:
    assert find_object(before + json.dumps(value) + after) == value


@given(half_objects, objects, st.sampled_from([None, 1]))
def test_braces_that_are_no_objects_do_not_hide_it(
    before: str, value: dict[str, Any], indent: int | None
) -> None:
    assert find_object(f"{before}\n {json.dumps(value, indent=indent, ensure_ascii=False)}") == value


@given(without_objects, objects, without_objects, st.sampled_from(["```", "~~~~", "`````"]))
def test_a_fenced_object_is_found(before: str, value: dict[str, Any], after: str, fence: str) -> None:
    text = f"{before}\n{fence}json\n{json.dumps(value, indent=2)}\n{fence}\n{after}"

    assert find_object(text) == value


@given(objects, objects)
def test_the_last_object_wins(first: dict[str, Any], last: dict[str, Any]) -> None:
    assert find_object(f"For example {json.dumps(first)}.\n\n```json\n{json.dumps(last)}\n```") == last
    assert find_object(f"```json\n{json.dumps(first)}\n```\nNo, rather:\n{json.dumps(last)}") == last


@given(objects)
def test_an_object_that_is_cut_off_is_never_half_an_answer(value: dict[str, Any]) -> None:
    text = json.dumps({"outer": value, "end": 1})

    for cut in range(len('{"'), len(text)):
        with pytest.raises(AnswerUnusable):
            find_object(text[:cut])


def test_code_in_other_languages_holds_no_answer() -> None:
    python, diff = '{"accepted": False, "y": {"a": 1}}', '+{"accepted": false}'
    text = f'{{"accepted": true}}\n```python\nx = {python}\n```\n```diff\n{diff}\n```'

    assert find_object(text) == {"accepted": True}


def test_a_fence_that_is_never_closed_is_prose() -> None:
    assert find_object('```json\n{"a": 1}') == {"a": 1}
    assert find_object('```python\n{"a": 1}') == {"a": 1}


def test_empty_braces_in_prose_are_passed_over_unless_there_is_nothing_else() -> None:
    assert find_object('{"a": 1} and then `{}` is printed') == {"a": 1}
    assert find_object("{}") == {}
    assert find_object('{"a": 1}\n```json\n{}\n```') == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('{"a": 1', "cut off"),
        ('Here: {"a": "1', "cut off"),
        ('{"good": 1} {"a": {"b": 2}, ', "cut off"),
        ('{"a": true, "a": false, "b": {"a": 1}}', "duplicate key 'a'"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 90071992547409931}', "number"),
        ('{"a": "two\nlines"}', "control character"),
        ('{"a": "\\ud800"}', "/a"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested"),
        ('{"a": ' + "9" * 10_000 + "}", "nested|number"),
    ],
)
def test_what_cannot_be_used_is_said_in_words(text: str, reason: str) -> None:
    with pytest.raises(AnswerUnusable, match=reason):
        find_object(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[' * 500 + "x" * 500_000,
        '{"a":[' * 300_000 + "x",
        "{" * 2_000_000,
        '{"' * 1_000_000,
        "```json\n" * 300_000,
        '{"a":1,' * 300_000,
        "{}" * 1_000_000,
    ],
)
def test_hostile_text_does_not_hold_up_the_run(text: str) -> None:
    began = time.process_time()
    with contextlib.suppress(AnswerUnusable):
        find_object(text)

    assert time.process_time() - began < 10


def test_an_answer_is_checked_against_its_form() -> None:
    assert parse_answer('{"steps": ["one"], "unknown": 1}', Plan) == Plan(steps=["one"])
    with pytest.raises(AnswerUnusable, match=r"steps: Field required; risk: .*integer"):
        parse_answer('{"risk": "high"}', Plan)


def test_the_form_is_told_and_not_taken_for_an_answer() -> None:
    told = form_of(Plan)

    assert '"steps"' in told
    with pytest.raises(AnswerUnusable, match="no JSON object"):
        find_object(told)


@pytest.mark.parametrize(
    "error", [AgentFailed("it fell over"), AgentTimedOut("too slow"), AnswerUnusable("no object")]
)
def test_triage_that_gives_no_answer_counts_as_accepted(error: AgentFailed) -> None:
    judged = judge_triage(error)

    assert judged.accepted
    assert not judged.escalate
    assert error.message in judged.reason


def test_triage_that_answers_is_taken_at_its_word() -> None:
    assert judge_triage(TriageAnswer(accepted=False, reason="cosmetic")).reason == "cosmetic"
    assert not judge_triage(TriageAnswer(accepted=False)).accepted
