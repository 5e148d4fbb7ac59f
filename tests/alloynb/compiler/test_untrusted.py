from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from alloynb.compiler.untrusted import fence


@given(text=st.text(alphabet=st.one_of(st.characters(), st.sampled_from("`\n~|#\r\u2028\u202e\x1b"))))
def test_no_content_can_close_its_fence(text):
    first, *inside, last = fence(text).splitlines()
    assert first == f"{last} untrusted observed content"
    assert set(last) == {"`"}
    assert len(last) >= 3
    assert all(line.startswith("|") for line in inside)
    assert last not in "\n".join(inside)


@given(text=st.text(max_size=50))
def test_nothing_invisible_reaches_a_prompt(text):
    assert not {unicodedata.category(each) for each in fence(text).replace("\n", "").replace("\t", "")} & {
        "Cc",
        "Cf",
        "Cs",
        "Co",
    }


def test_what_is_cut_is_counted():
    quoted = fence("a" * 100, longest=60)
    assert "| " + "a" * 60 + "\n" in quoted
    assert "[40 more characters were cut]" in quoted


def test_plain_text_stays_readable():
    assert fence("x = 1\r\ny = 2\n") == "``` untrusted observed content\n| x = 1\n| y = 2\n```"
