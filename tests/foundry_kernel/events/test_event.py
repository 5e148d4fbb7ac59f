"""Ids follow from what an event says and where it stands (spec 4.1)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from foundry_kernel.events.event import (
    block_span_of,
    caused_event,
    columns_of,
    entry_event,
    event_id_of,
    event_of,
    event_span_of,
    trace_id_of,
)
from runtime_artifacts.errors import InvalidContent
from runtime_artifacts.journal import Fact

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=8,
)
PAYLOADS = st.dictionaries(st.text(max_size=5), JSON, max_size=4)


def an_entry(payload: dict[str, Any] | None = None, run_id: str = "run_1") -> Any:
    return entry_event(
        run_id, "greet_requested", "demo", throttle="full", payload=payload or {}, occurred_at=AT
    )


def test_the_id_is_pinned_to_these_bytes() -> None:
    found = event_id_of("greet_requested", "demo", "2026-01-31T12:00:00.000000Z", {"name": "Ada", "n": 1.0})
    assert found == "evt_df1091d2d3b55ff32402715f33753891b4583747b489d7a7855f113b77672de9"


@given(PAYLOADS)
def test_the_same_content_always_has_the_same_id_whatever_the_order_of_keys(payload: dict[str, Any]) -> None:
    turned = dict(reversed(list(payload.items())))
    assert event_id_of("a", "p", "t", payload) == event_id_of("a", "p", "t", turned)


@given(PAYLOADS, PAYLOADS)
def test_another_content_has_another_id(one: dict[str, Any], two: dict[str, Any]) -> None:
    same = event_id_of("a", "p", "t", one) == event_id_of("a", "p", "t", two)
    assert same == (json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True))


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), min_size=2, max_size=2, unique=True))
def test_type_and_project_are_part_of_the_id(pairs: list[tuple[str, str]]) -> None:
    (a, b), (c, d) = pairs
    assert event_id_of(a, b, "t", {}) != event_id_of(c, d, "t", {})


def test_a_payload_that_canonical_json_cannot_say_has_no_id() -> None:
    with pytest.raises(InvalidContent):
        event_id_of("a", "p", "t", {"n": float("nan")})


@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 500))
def test_trace_and_span_ids_have_the_form_of_w3c_trace_context(
    run_id: str, block: str, position: int
) -> None:
    event_span = event_span_of(run_id, None, position)
    assert re.fullmatch(r"[0-9a-f]{32}", trace_id_of(run_id))
    assert re.fullmatch(r"[0-9a-f]{16}", event_span)
    assert re.fullmatch(r"[0-9a-f]{16}", block_span_of(run_id, event_span, block, 1))


def test_two_events_of_the_same_content_stay_apart_by_their_place() -> None:
    entry = an_entry()
    span = block_span_of("run_1", entry.span_id, "compose", 1)
    one, two = (
        caused_event("run_1", entry, span, i, event_type="said", payload={}, occurred_at=entry.occurred_at)
        for i in range(2)
    )
    assert one.id == two.id
    assert one.span_id != two.span_id


def test_an_event_inherits_trace_throttle_and_project_and_names_its_cause() -> None:
    entry = an_entry()
    event = caused_event(
        "run_1", entry, "a" * 16, 0, event_type="said", payload={}, occurred_at=entry.occurred_at
    )
    assert (event.trace_id, event.throttle, event.project) == (entry.trace_id, entry.throttle, entry.project)
    assert event.caused_by is not None
    assert (event.caused_by.event_id, event.caused_by.span_id) == (entry.id, "a" * 16)


def test_an_event_is_read_back_from_its_journal_line_as_it_was() -> None:
    entry = an_entry({"name": "Ada"})
    event = caused_event(
        "run_1",
        entry,
        "a" * 16,
        0,
        event_type="said",
        payload={"x": [1]},
        occurred_at=entry.occurred_at,
        delivered=False,
    )
    for each in (entry, event):
        fact = Fact(fact_id="f", kind="event", seq=1, recorded_at=each.recorded_at, **columns_of(each))
        assert event_of(fact) == each


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        an_entry().project = "other"
