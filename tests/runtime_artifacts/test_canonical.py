"""Canonical JSON: one form for one value, one name for one form; hostile text gets a typed error."""

from __future__ import annotations

import io
import json
import math
import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from runtime_artifacts.canonical import (
    MAX_DEPTH,
    MAX_DOCUMENT_BYTES,
    MAX_VALUES,
    canonical_bytes,
    digest_of,
    is_digest,
    parse_json,
    replace_odd_characters,
)
from runtime_artifacts.errors import InvalidContent, MalformedDocument
from tests.runtime_artifacts.generated import JSON, OBJECTS, TEXT


def oracle(value: Any) -> str:
    """RFC 8785 by another hand, for values without numbers that need care."""
    if isinstance(value, dict):
        inside = sorted(value.items(), key=lambda each: each[0].encode("utf-16-be"))
        return "{" + ",".join(f"{oracle(name)}:{oracle(child)}" for name, child in inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(oracle(child) for child in value) + "]"
    if isinstance(value, float):
        assert value.is_integer()
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def shuffled(value: Any, by: random.Random) -> Any:
    """The same value with its keys in another order, at every depth."""
    if isinstance(value, dict):
        names = list(value)
        by.shuffle(names)
        return {name: shuffled(value[name], by) for name in names}
    return [shuffled(child, by) for child in value] if isinstance(value, list) else value


SIMPLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | TEXT
    | st.integers(-999, 999).map(float),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(SIMPLE)
@example({"\U0001f600": 1, "\ufb33": 2, "\r": 3, "1": 4, "\u0080": 5, "\u00f6": 6, "\u20ac": 7})
def test_the_canonical_form_is_that_of_an_independent_writer(value: Any) -> None:
    assert canonical_bytes(value) == oracle(value).encode()


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (1e21, "1e+21"),
        (999999999999999900000.0, "999999999999999900000"),
        (1e-7, "1e-7"),
        (0.000001, "0.000001"),
        (333333333.33333329, "333333333.3333333"),
        (4.50, "4.5"),
        (2e-3, "0.002"),
    ],
)
def test_numbers_are_written_as_the_rfc_writes_them(number: float, written: str) -> None:
    assert canonical_bytes(number).decode() == written


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_so_that_it_reads_as_itself(number: float) -> None:
    assert float(canonical_bytes(number)) == number


@given(JSON, st.randoms(use_true_random=False))
def test_the_order_of_keys_never_changes_the_digest(value: Any, by: random.Random) -> None:
    assert digest_of(shuffled(value, by)) == digest_of(value)
    assert is_digest(digest_of(value))


@given(JSON, JSON)
def test_other_values_have_other_digests(one: Any, other: Any) -> None:
    assert (digest_of(one) == digest_of(other)) == (canonical_bytes(one) == canonical_bytes(other))


@given(JSON, st.sampled_from([None, 1, 3]))
def test_a_round_trip_through_json_keeps_the_digest(value: Any, indent: int | None) -> None:
    for text in (
        json.dumps(value, indent=indent),
        json.dumps(value, ensure_ascii=False),
        canonical_bytes(value),
    ):
        parsed = parse_json(text if isinstance(text, bytes) else text.encode())
        assert digest_of(parsed) == digest_of(value)


# Written for people, YAML breaks lines at these; it is never what is digested.
YAML_TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"),
    max_size=20,
)
YAML_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
    | YAML_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(YAML_TEXT.filter(bool), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(["a", "b", "yes", "1", "~"]), YAML_JSON, max_size=4))
@example({"a": "2026-01-01", "b": "no", "yes": "0x10", "1": "1_000", "~": "null"})
@example({"a": "1e3", "b": 1.0, "yes": [True, None, {}], "1": [], "~": "- x: y"})
def test_a_round_trip_through_yaml_keeps_the_digest(value: dict[str, Any]) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    out = io.StringIO()
    yaml.dump(value, out)

    assert digest_of(yaml.load(out.getvalue())) == digest_of(value)


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b'{"a":1,"a":2}')
@example(b"[" * 100_000)
@example(b"1" * 5_000)
@example(b"1e999")
@example(b'"\\ud800"')
@example(b"\xff")
@example(b"-Infinity")
@example(b'{"a":{"b":1,"b":"}"}')
def test_arbitrary_bytes_parse_or_meet_a_typed_error(text: bytes) -> None:
    try:
        value = parse_json(text)
    except MalformedDocument:
        return
    assert digest_of(parse_json(canonical_bytes(value))) == digest_of(value)


@given(OBJECTS, st.data())
def test_a_document_with_one_changed_byte_never_passes_for_the_same_content(
    value: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=False).encode()
    at = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != text[at]))
    try:
        changed = parse_json(text[:at] + bytes([byte]) + text[at + 1 :])
    except MalformedDocument:
        return
    assert (digest_of(changed) == digest_of(value)) == (canonical_bytes(changed) == canonical_bytes(value))


def test_too_large_documents_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(MalformedDocument, match=f"more than {MAX_DOCUMENT_BYTES} bytes"):
        parse_json(b" " * (MAX_DOCUMENT_BYTES + 1))


def test_too_many_values_are_refused() -> None:
    with pytest.raises(MalformedDocument, match=f"at /{MAX_VALUES - 1}: more than {MAX_VALUES} values"):
        parse_json(b"[" + b"0," * MAX_VALUES + b"0]")


def test_the_deepest_document_that_is_read_has_the_deepest_allowed_nesting() -> None:
    parse_json(b"[" * MAX_DEPTH + b"0" + b"]" * MAX_DEPTH)
    with pytest.raises(MalformedDocument, match="nested deeper"):
        parse_json(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"a": 1,\n "a": 2}', 2, 2),
        ('{"x": {"id": 1}, "y":\n {"id": 2, "c": "{,\\"",\n  "id": 3}}', 3, 3),
        ('[{"ä": 1, "\\u00e4": 2}]', 1, 11),
        ('{"a": {"b": 1}, "b": "a", "c": ["b", "b"], "a": 0}', 1, 44),
    ],
)
def test_a_duplicate_key_is_found_where_it_stands(text: str, line: int, column: int) -> None:
    with pytest.raises(MalformedDocument, match="duplicate key") as caught:
        parse_json(text.encode())

    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == (line, column)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 2**53, {1: 2}, {"a": object()}, "\ud800", {"\ud800": 1}]
)
def test_what_canonical_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(InvalidContent, match="not canonical JSON"):
        digest_of(value)


@given(st.text())
def test_a_text_without_odd_characters_can_be_an_artifacts_text(text: str) -> None:
    cleaned = replace_odd_characters(text)

    assert parse_json(json.dumps(cleaned).encode()) == cleaned
    assert len(cleaned) == len(text)
