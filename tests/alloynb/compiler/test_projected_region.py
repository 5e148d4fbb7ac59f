"""What is ours in a file is told by its mark, and all else stays as it is, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alloynb.compiler.projected_region import DamagedMark, find_region, framed, put_into, state_of
from alloynb.compiler.projection import Projection

NOTES = Projection("notes", "for a test", "NOTES.md", "<!--", True, lambda _intent: "")
OTHER = Projection("other", "for a test", "NOTES.md", "<!--", True, lambda _intent: "")
OLD, NEW = framed(NOTES, "# Old\n"), framed(NOTES, "# New\n\ntext\n")


def test_a_file_is_absent_current_stale_edited_or_foreign() -> None:
    assert state_of(NOTES, None, NEW) == "absent"
    assert state_of(NOTES, b"\n \n", NEW) == "absent"
    assert state_of(NOTES, NEW, NEW) == "current"
    assert state_of(NOTES, OLD, NEW) == "stale"
    assert state_of(NOTES, NEW.replace(b"text", b"test"), NEW) == "edited"
    assert state_of(NOTES, b"# Mine\n", NEW) == "foreign"


def test_a_checkout_that_ends_its_lines_otherwise_is_no_edit() -> None:
    assert state_of(NOTES, NEW.replace(b"\n", b"\r\n"), NEW) == "current"
    assert state_of(NOTES, OLD.replace(b"\n", b"\r\n"), NEW) == "stale"


def test_a_body_that_is_edited_to_what_is_wanted_with_an_old_mark_is_still_an_edit() -> None:
    mark = OLD.split(b"\n", 1)[0]
    assert state_of(NOTES, mark + b"\n" + NEW.split(b"\n", 1)[1], NEW) == "edited"


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_what_stands_around_the_marks_stays_whatever_it_is(before: bytes, after: bytes) -> None:
    before = before.replace(b"\r", b"")
    after = after.replace(b"\r", b"")
    head = before + b"\n" if before else b""
    done = put_into(NOTES, head + OLD + after, NEW)
    assert done == head + NEW + after
    assert state_of(NOTES, done, NEW) == "current"


@given(st.binary(min_size=1, max_size=80))
@example(b"\x00\r")
def test_joining_a_file_keeps_all_of_it_and_can_be_repeated(content: bytes) -> None:
    joined = put_into(NOTES, content, OLD)
    assert joined.startswith(content) or not content.strip()
    assert put_into(NOTES, joined, OLD) == joined
    again = put_into(NOTES, joined, NEW)
    assert state_of(NOTES, again, NEW) == "current"


def test_two_projections_share_a_file() -> None:
    both = put_into(OTHER, put_into(NOTES, b"# Mine\n", OLD), framed(OTHER, "x\n"))
    changed = put_into(NOTES, both, NEW)
    assert state_of(OTHER, changed, framed(OTHER, "x\n")) == "current"
    assert changed.startswith(b"# Mine\n")


@pytest.mark.parametrize(
    "content",
    [OLD + NEW, OLD.rsplit(b"<!--", 1)[0], OLD.split(b"\n", 1)[1]],
    ids=["twice", "no end", "no begin"],
)
def test_marks_that_do_not_fit_together_are_an_error_and_no_guess(content: bytes) -> None:
    with pytest.raises(DamagedMark, match="do not fit together"):
        find_region(NOTES, content)
    with pytest.raises(DamagedMark):
        put_into(NOTES, content, NEW)
