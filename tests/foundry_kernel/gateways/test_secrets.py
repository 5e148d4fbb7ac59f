"""Secrets are replaced, also where a stream splits them (spec 5.6)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.gateways.secrets import Redactor


def test_values_are_replaced_by_the_names_of_their_variables() -> None:
    redactor = Redactor()
    redactor.learn({"TOKEN": "abcd-1234", "KEY": "first line\nsecond line"})
    assert redactor("abcd-1234, second line") == "***TOKEN***, ***KEY***"


def test_a_value_that_holds_another_is_replaced_whole() -> None:
    redactor = Redactor()
    redactor.learn({"SHORT": "secret", "LONG": "secret-and-more"})
    assert redactor("secret-and-more secret") == "***LONG*** ***SHORT***"


def test_short_values_do_not_tear_holes_into_words() -> None:
    redactor = Redactor()
    redactor.learn({"DEBUG": "1", "EMPTY": "", "BLANK": "      "})
    assert redactor("1 of 11      ") == "1 of 11      "


@given(
    st.lists(st.sampled_from([b"secret", b"sec", b"ret", b"x", b"secretsecret", b" "]), max_size=20),
    st.data(),
)
def test_a_stream_is_redacted_like_the_whole_text_however_it_is_cut(
    parts: list[bytes], data: st.DataObject
) -> None:
    redactor = Redactor()
    redactor.learn({"S": "secret"})
    text = b"".join(parts)
    stream = redactor.stream()
    out = b""
    while text:
        size = data.draw(st.integers(1, len(text)))
        out += stream.feed(text[:size])
        text = text[size:]
    out += stream.end()
    assert out == redactor(b"".join(parts).decode()).encode()
