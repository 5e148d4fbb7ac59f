"""The quick reading and the careful one agree on every document: its meaning, and what is wrong with it (spec 2.1)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alloynb.errors import AlloyError
from alloynb.intent.document_model import model_of
from alloynb.intent.record import IntentRecord
from alloynb.intent.yaml_document import MAX_FILE_BYTES, YamlDocument, read_yaml, read_yaml_carefully
from alloynb.intent.yaml_quickly import UNSURE, libyaml, quick_value
from alloynb.intent.yaml_writing import new_document
from tests.alloynb.intent.records import WRITTEN_BY_HAND

FILE = Path("intent/x.yaml")
RECORD = WRITTEN_BY_HAND.decode()


def told(read: Callable[[bytes, Path], YamlDocument], content: bytes) -> str:
    """What a reading says of a document: its value as JSON, which tells 1 from 1.0 and True, or its refusal."""
    try:
        return json.dumps(read(content, FILE).value)
    except AlloyError as refused:
        return f"{type(refused).__name__}: {refused}"


def assert_both_say_the_same(content: bytes) -> None:
    assert told(read_yaml, content) == told(read_yaml_carefully, content)


HOSTILE = {
    "tabs": "a:\tb\nc: d\te\n\tf: g\n",
    "tab as indent": "a:\n\tb: 1\n",
    "byte order mark": "\ufeffa: 1\n",
    "line ends of another system": "a: 1\r\nb: |\r\n  c\r\n  d\r\n",
    "a lone return": "a: 1\rb: 2\r",
    "next line, as an escape": '{a: "x\\Ny"}\n',
    "anchors": "a: &x [1]\nb: *x\n",
    "laughs": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "merge key": "a: 1\n<<: {b: 2}\n",
    "merge key in quotes": "a: 1\n'<<': {b: 2}\n",
    "words of 1.1": "a: [yes, no, on, off, y, n, Yes, ON, true, False, TRUE, tRUE]\n",
    "octals": "a: [0o17, 017, 0o8, -0o7, 0x1F, 0xg, +1, -1, 1_000, 1:30]\n",
    "floats": "a: [1., .5, 1e3, 1E-3, +.5, ., -, 1.e1, 0., -0.0, 1e]\n",
    "infinity": "a: [1, .inf]\n",
    "minus infinity": "a: -.INF\n",
    "not a number": "a: .NaN\n",
    "a large exponent": "a: 1e999\n",
    "large integers": "a: 9007199254740991\nb: 9007199254740992\n",
    "dates": "a: [2026-01-01, 2026-01-01T00:00:00Z, 2026-01-01 00:00:00]\n",
    "nulls": "a: [~, null, Null, NULL, nULL, '']\nb:\nc: \n",
    "the value key": "=: 1\na: =\n",
    "duplicate keys": "a: 1\nb: {c: 1}\na: 2\n",
    "duplicate keys, one in quotes": "a: 1\n'a': 2\n",
    "deep": "[" * 64 + "]" * 64,
    "too deep": "[" * 65 + "]" * 65,
    "very deep": "{a: " * 100_000,
    "nul": "a: b\x00c\n",
    "nul, as an escape": 'a: "\\0"\n',
    "bell, as an escape in a key": '"\\a": 1\n',
    "a surrogate, as an escape": 'a: "\\ud800"\n',
    "a pair of surrogates, as escapes": 'a: "\\ud83d\\ude00"\n',
    "beyond Unicode": 'a: "\\U00110000"\n',
    "an unknown escape": 'a: "\\q"\n',
    "a slash, escaped": 'a: "\\/"\n',
    "direction of text": "a: x\u202ey\n",
    "a directive": "%YAML 1.1\n---\na: yes\n",
    "an unknown directive": "%FOO\n---\na: 1\n",
    "a tag": "a: !!int '1'\n",
    "the tag that is a mere mark": "a: ! 1\nb: !\n",
    "a tag in a list": "a: [!x 1,!y 2]\n",
    "no tag": "a: Never!\nb: '!x'\nc: Stop ! now\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "an end, and more": "a: 1\n...\nb: 2\n",
    "a beginning": "---\na: 1\n",
    "a late beginning": "# licence\n---\na: 1\n",
    "an end in a block": "a: |\n  b\n...\n",
    "no document": "# nothing\n",
    "a lone text": "just text\n",
    "a lone block": "|\n# no comment\n",
    "no text": "",
    "a comment at a block": "a: |#c\n  b\n",
    "a comment beside a block": "a: |  # c\n  b\n",
    "blanks before a block": "a: |\n     \n  b\n",
    "a block that keeps": "a: |+\n  b\n\n\nc: >-\n  d\n\n  e\n    f\n  g\n",
    "a block that says its indent": "a: |2\n    b\n  c\n",
    "a colon without a space": '{"a":1, b:2, "c": d:e}\n',
    "addresses": "a: [http://x, http://x:1/y#z]\nb: http://x #c\n",
    "marks in a list": "a: [-, -b, ?, ?c, :, :d, -1, --]\n",
    "a question mark": "? a\n: 1\n? b\n",
    "a question mark in a mapping": "{? a : 1, ? b}\n",
    "a key of many lines": "a\n b: 1\n",
    "a long key": f"{'k' * 1100}: 1\n",
    "a key that is a list": "? [a]\n: 1\n",
    "pairs in a list": "a: [b: 1, c : 2]\n",
    "an empty key": ": 1\n",
    "commas": "a: [1, , 2]\n",
    "a comma at the end": "a: [1, 2,]\nb: {c: 1,}\n",
    "less indent in quotes": "a:\n  'b\n c'\n",
    "less indent in a list": "a: [\n1,\n2\n]\n",
    "reserved": "a: @b\n",
    "reserved in quotes": "a: '@b'\n",
    "percent": "a: %b\n",
    "a percent at the beginning of a line": "a: b\n%c\n",
    "escaped ends of lines": 'a: "b\\\n  c \\\n  d"\n',
    "a text without end": "a: 'b\n",
    "ten million characters": f"a: {'x' * 10_000_000}\n",
    "a million characters": f"a: {'x ' * (MAX_FILE_BYTES // 2 - 10)}\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_both_readings_agree_on_what_is_hostile(text: str) -> None:
    assert_both_say_the_same(text.encode())


@pytest.mark.parametrize("content", [b"a: \xff\n", b"a: \xed\xa0\x80\n", b"\xff\xfea\x00", b"a: \xc0\x80\n"])
def test_both_readings_agree_on_what_is_not_utf_8(content: bytes) -> None:
    assert_both_say_the_same(content)


_WORD = st.sampled_from(
    [
        "a",
        "b c",
        "x:y",
        "http://e.org/a#b",
        "it's",
        "- d",
        "a - b",
        "a: b",
        "#h",
        "a #h",
        "a#h",
        "1",
        "007",
        "0o7",
        "0x1F",
        ".5",
        "1.",
        "~",
        "null",
        "yes",
        "True",
        "?",
        "? x",
        ":",
        "a:",
        "[",
        "]",
        "{a",
        "a,b",
        "a, b",
        "*",
        "&",
        "!",
        "%x",
        "@x",
        ">",
        "=",
        "<<",
        "...",
        "---",
        "\\",
        "\\n",
        "\\0",
        "\\/",
        "é",
        "😀",
        "\u3000",
        "x\xa0y",
        "2026-01-01",
        "1_000",
        ",",
        "-1",
        "-a",
        "''",
        '""',
    ]
)
_BREAK = st.sampled_from(["\n", "\n", "\n\n", "\r\n", "\n  ", "\n    ", "\n   ", "\n ", " \n", "\n# c\n"])
_SPLINTER = st.one_of(
    _WORD,
    _BREAK,
    st.sampled_from(
        [
            "a: ",
            "- ",
            "  - ",
            "k: ",
            "? ",
            ": ",
            "{",
            "}",
            "[",
            "]",
            ", ",
            "'",
            '"',
            " # c",
            "#c",
            ">-",
            ">+",
            ">2",
            "--- ",
            "'q': ",
            '"d":',
            "{a: 1}",
            "[a, b]",
            " ",
            " ",
        ]
    ),
    st.sampled_from(["|", "|-", "|+", "|2", "\t"]),
)


@st.composite
def _blocks(draw: st.DrawFn, indent: int = 0, depth: int = 3) -> str:
    """A mapping or list in block style, whose values are written in every style there is, some of them badly."""
    step = draw(st.sampled_from([0, 2, 2, 4])) if indent else 0
    pad = " " * (indent + step)
    mark = draw(st.sampled_from(["- ", "-", "k: ", "key two: "]))
    lines = []
    for number in range(draw(st.integers(1, 3))):
        opening = pad + (mark if mark.startswith("-") else f"{mark[0]}{number}{mark[1:]}")
        if depth and draw(st.booleans()):
            inside = draw(_blocks(indent + step + 1, depth - 1))
            lines.append(f"{opening.rstrip()}{draw(st.sampled_from(['', ' # c', ' ']))}\n{inside}")
        else:
            lines.append(f"{opening}{draw(_texts(indent + step + 2))}\n")
        lines.append(draw(st.sampled_from(["", "", "", "\n", "# c\n", f"{pad}  # c\n"])))
    return "".join(lines)


@st.composite
def _texts(draw: st.DrawFn, indent: int) -> str:
    words = draw(st.lists(_WORD, min_size=1, max_size=4))
    pads = [" " * max(0, indent + draw(st.sampled_from([0, 0, 0, 0, 1, 2, -1, -2]))) for _ in words]
    lines = "".join(
        f"\n{pad}{word}" + draw(st.sampled_from(["", "", "", " ", "\n"]))
        for pad, word in zip(pads, words, strict=True)
    )
    style = draw(st.sampled_from(["plain", "folded plain", "'", '"', "|", ">", "[", "{"]))
    comment = draw(st.sampled_from(["", "", "", " # c", "#c"]))
    if style in "|>":
        return f"{style}{draw(st.sampled_from(['', '', '-', '+', '2', '1-']))}{comment}{lines}"
    if style == "'":
        return f"'{lines.strip().replace(style, style * 2)}'{comment}"
    if style == '"':
        return f'"{lines.strip()}"{comment}'.replace('""', '\\"')
    if style == "[":
        return f"[{draw(st.sampled_from([', ', ',', ' , '])).join(words)}]{comment}"
    if style == "{":
        colon = draw(st.sampled_from([": ", ":", " : "]))
        return "{" + ", ".join(f"{word}{colon}{word}" for word in words) + "}" + comment
    return (words[0] if style == "plain" else lines.strip()) + comment


@settings(max_examples=400)
@given(_blocks())
def test_both_readings_agree_on_every_document_that_is_well_written_or_nearly(text: str) -> None:
    assert_both_say_the_same(text.encode())


@settings(max_examples=300)
@given(st.lists(_SPLINTER, max_size=12).map("".join))
def test_both_readings_agree_on_splinters(text: str) -> None:
    assert_both_say_the_same(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=150)
@given(st.data())
def test_both_readings_agree_on_a_record_with_a_slip(data: st.DataObject) -> None:
    text = RECORD
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 3))
        text = text[:place] + data.draw(_SPLINTER | st.just("")) + text[place + gone :]

    def as_record(content: bytes, read: Callable[[bytes, Path], YamlDocument]) -> str:
        try:
            return model_of(read(content, FILE), IntentRecord).model_dump_json()
        except AlloyError as refused:
            return f"{type(refused).__name__}: {refused}"

    content = text.encode()
    assert as_record(content, read_yaml) == as_record(content, read_yaml_carefully)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab_", min_size=1), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text("ab_", min_size=1), _JSON, min_size=1, max_size=4))
def test_both_readings_agree_on_what_we_write(value: dict[str, Any]) -> None:
    assert_both_say_the_same(new_document(value))


def test_what_people_write_is_read_quickly(repo_root: Path) -> None:
    records = [RECORD, *(file.read_text("utf-8") for file in (repo_root / ".alloy/intent").glob("*.yaml"))]

    assert len(records) > 5
    for text in records:
        assert quick_value(text, libyaml()) == read_yaml_carefully(text.encode()).value


def test_lines_are_known_of_what_was_read_quickly() -> None:
    assert quick_value(RECORD, libyaml()) is not UNSURE

    document = read_yaml(WRITTEN_BY_HAND, FILE)

    assert document.lines == read_yaml_carefully(WRITTEN_BY_HAND, FILE).lines
    assert document.lines.line_of(("evidence", 1, "kind")) == 25


@pytest.mark.parametrize("yaml", ["", "raise ImportError", "def _old(): return (0, 2, 2)"])
def test_without_libyaml_or_with_an_old_one_the_same_is_read(
    tmp_path: Path, repo_root: Path, yaml: str
) -> None:
    (tmp_path / "yaml").mkdir()
    (tmp_path / "yaml" / "__init__.py").write_text(yaml if yaml.startswith("raise") else "")
    if yaml.startswith("def"):
        (tmp_path / "yaml" / "_yaml.py").write_text(f"{yaml}\nget_version = _old\n")
    file = tmp_path / "x.yaml"
    file.write_bytes(WRITTEN_BY_HAND)
    code = (
        "import json, sys; from pathlib import Path; from alloynb.intent.yaml_document import read_yaml\n"
        "from alloynb.intent.yaml_quickly import libyaml; assert libyaml() is None\n"
        "print(json.dumps(read_yaml(Path(sys.argv[1]).read_bytes()).value))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        cwd=repo_root,
        env={"PYTHONPATH": f"{tmp_path}:.:artifacts"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.strip() == told(read_yaml, WRITTEN_BY_HAND)
