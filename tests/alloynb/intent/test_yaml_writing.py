"""An edit touches only what it changes (spec 2.1)."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.intent.document_model import changed_model, model_of
from alloynb.intent.record import FIVE_TEXTS, IntentRecord
from alloynb.intent.yaml_document import read_yaml
from alloynb.intent.yaml_writing import edited_document
from tests.alloynb.intent.records import LATER, WRITTEN_BY_HAND

COMMENTS = [line.partition("#")[2] for line in WRITTEN_BY_HAND.decode().splitlines() if "#" in line]


def record_of(content: bytes) -> IntentRecord:
    return model_of(read_yaml(content), IntentRecord)


def edit(changes: dict[str, Any], original: bytes = WRITTEN_BY_HAND) -> bytes:
    record = record_of(original)
    changed = changed_model(record, changes)
    result = edited_document(
        original,
        record.model_dump(mode="json", exclude_defaults=True),
        changed.model_dump(mode="json", exclude_defaults=True),
    )
    assert record_of(result) == changed
    return result


def changed_lines(before: bytes, after: bytes) -> list[str]:
    diff = difflib.unified_diff(before.decode().splitlines(), after.decode().splitlines(), n=0)
    return [line for line in diff if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_an_edit_without_a_change_gives_the_same_bytes() -> None:
    assert edit({}) == WRITTEN_BY_HAND


def test_a_change_of_status_touches_one_line_and_keeps_its_comment() -> None:
    assert changed_lines(WRITTEN_BY_HAND, edit({"status": "accepted"})) == [
        "-status: proposed      # not yet",
        "+status: accepted      # not yet",
    ]


def test_a_new_field_is_added_and_a_default_is_not_spelt_out() -> None:
    lines = changed_lines(WRITTEN_BY_HAND, edit({"owner": "ana", "version": 2}))

    assert lines == ["+owner: ana", "+version: 2"]


def test_a_change_inside_evidence_keeps_the_comments_around_it() -> None:
    definitions = list(record_of(WRITTEN_BY_HAND).evidence)
    definitions[1] = definitions[1].model_copy(update={"description": "the contract holds"})

    after = edit({"evidence": definitions}).decode()

    assert "description: the contract holds" in after
    assert all(comment in after for comment in COMMENTS)


def test_a_new_evidence_definition_goes_behind_the_others() -> None:
    definitions: list[Any] = list(record_of(WRITTEN_BY_HAND).evidence)
    definitions.append({"id": "asked", "kind": "trace", "description": "d", "condition": "no_mutator_ran"})

    after = edit({"evidence": definitions}).decode()

    assert all(comment in after for comment in COMMENTS)
    assert (
        "    - id: asked\n      kind: trace\n      description: d\n      condition: no_mutator_ran\nscope:"
        in after
    )


def test_a_removed_evidence_definition_is_gone_and_the_other_stays() -> None:
    after = edit({"evidence": record_of(WRITTEN_BY_HAND).evidence[1:]}).decode()

    assert "import_boundary" not in after
    assert "# all of them" in after


def test_windows_line_ends_stay() -> None:
    original = WRITTEN_BY_HAND.replace(b"\n", b"\r\n")

    after = edit({"status": "accepted"}, original)

    assert after.count(b"\r\n") == after.count(b"\n") == original.count(b"\n")


def test_a_document_in_one_line_can_be_edited() -> None:
    record = record_of(WRITTEN_BY_HAND)
    original = record.model_dump_json().encode()

    assert record_of(edit({"title": "Other"}, original)).title == "Other"


def test_a_file_without_a_last_line_end_can_be_edited() -> None:
    assert b"owner: ana" in edit({"owner": "ana"}, WRITTEN_BY_HAND.removesuffix(b"# the end\n").rstrip())


_TEXT = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"], include_characters="\n"), min_size=1, max_size=300
).filter(str.strip)


@given(st.dictionaries(st.sampled_from(["title", *FIVE_TEXTS]), _TEXT, min_size=1))
def test_any_text_can_be_written_and_no_comment_elsewhere_is_lost(changes: dict[str, str]) -> None:
    after = edit(changes).decode()

    assert all(
        comment in after
        for comment in COMMENTS
        if comment.strip() != "the judgement" or "severity" not in changes
    )
    assert (
        record_of(after.encode()).content_digest()
        == changed_model(record_of(WRITTEN_BY_HAND), changes).content_digest()
    )


@given(
    st.permutations(
        [
            *WRITTEN_BY_HAND.decode().split("\ntitle", 1)[0].splitlines(),
            "owner: ana",
            "version: 3",
            "confidence: 0.5",
        ]
    )
)
def test_the_digest_does_not_depend_on_the_order_of_lines(lines: list[str]) -> None:
    tail = "title" + WRITTEN_BY_HAND.decode().split("\ntitle", 1)[1]
    shuffled = record_of(("\n".join(lines) + "\n" + tail).encode())
    ordered = changed_model(record_of(WRITTEN_BY_HAND), {"owner": "ana", "version": 3, "confidence": 0.5})

    assert shuffled.content_digest() == ordered.content_digest()


@pytest.mark.parametrize(
    "changes", [{"updated_at": LATER}, {"scope": {"paths": ["a", "b"], "modules": ["shop"]}}, {"sources": []}]
)
def test_keys_keep_their_order(changes: dict[str, Any]) -> None:
    before, after = read_yaml(WRITTEN_BY_HAND).value, read_yaml(edit(changes)).value

    assert [key for key in after if key in before] == [key for key in before if key in after]


def test_a_long_line_beside_the_change_is_not_broken() -> None:
    plain = "every adapter passes the contract"
    long_line = f"      description: {plain}, {'and another adapter passes it too, ' * 4}and that is all"
    original = WRITTEN_BY_HAND.replace(f"      description: {plain}".encode(), long_line.encode(), 1)
    record = record_of(original)
    first = record.evidence[0].model_copy(update={"required": False})

    result = edit({"evidence": (first, *record.evidence[1:])}, original)

    assert long_line in result.decode().splitlines()
