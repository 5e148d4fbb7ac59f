"""Reading YAML strictly, with the line of every fault (spec 2.1)."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.intent.document_model import model_of
from alloynb.intent.errors import BrokenFiles, UnreadableYaml
from alloynb.intent.record import IntentRecord
from alloynb.intent.yaml_document import MAX_FILE_BYTES, read_yaml
from alloynb.intent.yaml_quickly import MAX_DEPTH
from alloynb.intent.yaml_writing import new_document
from tests.alloynb.intent.records import WRITTEN_BY_HAND, a_record

FILE = Path("intent/x.yaml")


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a'; it stands in line 1"),
        ("a: 1\nb: {c: 1, c: 2}\n", 2, "duplicate key 'c'"),
        ("a: 1\nb: &x 2\n", 2, "an anchor (&x)"),
        ("a: 1\nb: *x\n", 2, "alias"),
        ("a: 1\n<<: {b: 2}\n", 2, "a merge key"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "a tag"),
        ("a: !!str 1\n", 1, "a tag"),
        ("a: ! 1\n", 1, "a tag"),
        ("%YAML 1.1\n---\na: yes\n", 2, "directive"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("", 1, "empty"),
        ("# only a comment\n", 1, "empty"),
        ("? [a, b]\n: 1\n", 1, "not plain text"),
        ("? {a: b}\n: 1\n", 1, "not plain text"),
        ("a: 1\nb: .inf\n", 2, "not a finite number"),
        ("a: .NaN\n", 1, "not a finite number"),
        ("a: 1e999\n", 1, "not a finite number"),
        ("a: 9007199254740992\n", 1, "beyond 2**53"),
        (f"a: {'9' * 5000}\n", 1, "beyond 2**53"),
        ('a: 1\nb: "\\0"\n', 2, "U+0000"),
        ('"\\x07": 1\n', 1, "U+0007"),
        ("a: 1\nb: x\x07\n", 2, "U+0007"),
        ("a: 1\nb: x\u202e\n", 2, "U+202E"),
        ("a: 1\nb: x\u2028y\n", 2, "U+2028"),
        ("\ufeffa: 1\n", 1, "U+FEFF"),
        ('a: 1\nb: "\\U00110000"\n', 2, "not YAML"),
        ('a: "\\ud800"\n', 1, "U+D800"),
        ("a: b: c\n", 1, "not YAML"),
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ("a: 'open\n", 2, "not YAML"),
        ("a: [1\nb: 2\n", 2, "not YAML"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: str, line: int, told: str) -> None:
    with pytest.raises(UnreadableYaml) as refused:
        read_yaml(text.encode(), FILE)

    assert told in str(refused.value)
    assert str(refused.value).startswith(f"intent/x.yaml:{line}: ")
    assert refused.value.exit_code == 2


def test_text_that_is_not_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(UnreadableYaml, match=r"x\.yaml:2: not UTF-8"):
        read_yaml(b"a: 1\nb: \xff\n", FILE)


def test_a_file_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(UnreadableYaml, match="at most 1048576"):
        read_yaml(b" " * (MAX_FILE_BYTES + 1), FILE)


def test_nesting_is_cut_at_its_limit() -> None:
    assert read_yaml(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH).value

    for deep in (b"[" * 500_000, b"{a: " * 250_000, b"- " * 400, b"? " * 400):
        begun = time.monotonic()
        with pytest.raises(UnreadableYaml, match=r"deeper than 64|not plain text"):
            read_yaml(deep)
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("12", 12),
        ("-0x1f", "-0x1f"),
        ("0x1f", 31),
        ("0o17", 15),
        ("017", 17),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ('"true"', "true"),
        ("=", "="),
    ],
)
def test_scalars_mean_what_the_core_schema_says(text: str, value: Any) -> None:
    found = read_yaml(f"a: {text}\n".encode()).value["a"]

    assert found == value
    assert type(found) is type(value)


@given(st.binary(max_size=300) | st.text("[]{}:,-?!&*|>'\"%#@` \n\tab01<\\xuU", max_size=60).map(str.encode))
def test_no_bytes_bring_the_reader_down(content: bytes) -> None:
    with suppress(UnreadableYaml):
        json.dumps(read_yaml(content, FILE).value, allow_nan=False)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=80),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=12,
)


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _present(child)
            for key, child in value.items()
            if child is not None and child not in ([], {})
        }
    return [_present(child) for child in value] if isinstance(value, list) else value


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), _JSON, min_size=1, max_size=5))
def test_what_is_written_is_read_again(value: dict[str, Any]) -> None:
    expected = _present(value)
    if expected:
        assert read_yaml(new_document(value)).value == expected


def test_every_fault_of_a_document_is_told_at_its_line_with_a_hint() -> None:
    text = WRITTEN_BY_HAND.decode()
    text = (
        text.replace("title:", "titel:").replace("kind: test", "kind: tets").replace("targets:", "tragets:")
    )
    text = text.replace("{source_type: human, ref: ana}", "{source_type: human, ref: 12}").replace(
        "high ", "big "
    )
    text = text.replace('{paths: ["shop/**"]}', "{path: [x]}")

    with pytest.raises(BrokenFiles) as broken:
        model_of(read_yaml(text.encode(), FILE), IntentRecord)

    told = {(fault.line, fault.message) for fault in broken.value.faults}
    assert (4, "unknown field 'titel'; did you mean 'title'?") in told
    assert (2, "'title' is missing") in told
    assert (5, "severity: should be 'low', 'medium' or 'high'") in told
    assert (22, "unknown field 'evidence.0.rule.tragets'; did you mean 'targets'?") in told
    assert (21, "'evidence.0.rule.targets' is missing") in told
    assert (29, "unknown field 'scope.path'; did you mean 'paths'?") in told
    assert (32, "sources.0.ref: not text; write it in quotes if it is meant as text") in told
    assert any(
        line == 25 and message.startswith("evidence.1.kind: should be one of 'gate'")
        for line, message in told
    )
    assert len(told) == 8
    assert all(f"intent/x.yaml:{line}: " in str(broken.value) for line, _ in told)


def test_numbers_are_not_taken_for_text_nor_text_for_numbers() -> None:
    text = WRITTEN_BY_HAND + b'confidence: "1"\nversion: 1.5\nowner: 7\n'

    with pytest.raises(BrokenFiles) as broken:
        model_of(read_yaml(text, FILE), IntentRecord)

    assert [fault.message.split(":")[0] for fault in broken.value.faults] == [
        "confidence",
        "version",
        "owner",
    ]


def test_a_rule_of_the_record_is_told_where_the_status_stands() -> None:
    text = WRITTEN_BY_HAND.replace(b"tradeoff: A new feature of a provider needs a mapping first.\n", b"")

    with pytest.raises(BrokenFiles, match=r"x\.yaml:29: status: a record that is proposed needs: tradeoff"):
        model_of(read_yaml(text, FILE), IntentRecord)


def test_a_written_record_means_the_same_when_it_is_read() -> None:
    record = a_record(
        capability="It " + "holds " * 40 + "on.",
        threat="First.\n\n  * second\n  * third",
        sources=[
            {"source_type": "document", "ref": "12", "excerpt": "yes", "created_at": "2026-01-01T00:00:00.5Z"}
        ],
        review_triggers=[{"date": "2027-06-01"}],
    )

    text = new_document(record.model_dump(mode="json"))

    assert model_of(read_yaml(text), IntentRecord) == record
    assert b"capability: >-\n" in text
    assert b"threat: |-\n" in text
    assert b"created_at: 2026-03-01T12:00:00Z\n" in text
