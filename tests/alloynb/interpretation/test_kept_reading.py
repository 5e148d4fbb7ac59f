"""Only what changed is read again; what was kept is never trusted further than its content goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from alloynb.archaeology.code_patterns import PatternSeen, find_pattern
from alloynb.interpretation.detection import Reading, plain_reading
from alloynb.interpretation.kept_reading import ReadCounts, keep_readings

Plant = Callable[[dict[str, str]], Path]
QUERY = '(call function: (identifier) @name (#eq? @name "eval")) @place'
FILES = {"a/__init__.py": "", "a/x.py": "import b\n", "b/__init__.py": "eval(1)\n"}
ASKED = (("a", "b"), (".",), True)


class Kept:
    """A tree, and a folder in which readings of it are kept."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.tree, self.folder = tree, folder

    def look(self, **other: object) -> tuple[Reading, ReadCounts]:
        counts = ReadCounts()
        plain = replace(plain_reading(self.tree), **other)  # type: ignore[arg-type]
        return keep_readings(plain, self.tree, self.folder, counts), counts

    def graph(self) -> tuple[object, int]:
        reading, counts = self.look()
        return reading.read_graph(*ASKED), counts.graphs_anew

    def pattern(self) -> tuple[tuple[PatternSeen, ...], int]:
        reading, counts = self.look()
        texts = [(path, (self.tree / path).read_text()) for path in FILES]
        return reading.find_pattern("python", QUERY, texts), counts.files_anew


@pytest.fixture
def kept(plant: Plant, tmp_path: Path) -> Kept:
    return Kept(plant(FILES), tmp_path / "cache")


def test_what_did_not_change_is_read_once_and_gives_the_same(kept: Kept) -> None:
    first, anew = kept.graph()
    assert (kept.graph(), anew) == ((first, 0), 1)
    places, anew = kept.pattern()
    assert (kept.pattern(), anew) == ((places, 0), 3)
    assert [len(each.places) for each in places] == [0, 0, 1]


def test_one_file_that_changed_is_read_alone(kept: Kept, plant: Plant) -> None:
    kept.pattern()
    kept.graph()
    plant({"a/x.py": "import b\neval(2)\n"})
    places, anew = kept.pattern()
    assert anew == 1
    assert [len(each.places) for each in places] == [0, 1, 1]
    assert kept.graph()[1] == 1
    plant({"a/x.py": "import b\n"})
    assert (kept.pattern()[1], kept.graph()[1]) == (0, 0), "what it was before is known still"


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"[]", b'{"body": 1, "checksum": "x"}', b"\xff", b"[" * 99_999]
)
def test_what_is_damaged_is_read_anew_and_written_anew(kept: Kept, damage: bytes) -> None:
    first, places = kept.graph()[0], kept.pattern()[0]
    for file in kept.folder.rglob("*.json"):
        file.write_bytes(damage)
    assert kept.graph() == (first, 1)
    assert kept.pattern() == (places, 3)
    assert (kept.graph()[1], kept.pattern()[1]) == (0, 0)


def test_an_answer_that_was_edited_is_not_believed(kept: Kept) -> None:
    places = kept.pattern()[0]
    (file,) = (kept.folder / "patterns").iterdir()
    body = json.loads(file.read_bytes())
    body["body"] = {content: [[], ""] for content in body["body"]}
    file.write_text(json.dumps(body))
    assert kept.pattern() == (places, 3)


def test_a_file_that_took_too_long_is_asked_again(kept: Kept) -> None:
    def slow(language: str, query: str, texts: Iterable[tuple[str, str]]) -> tuple[PatternSeen, ...]:
        return tuple(PatternSeen(path, (), "looking took longer than 5 s") for path, _ in texts)

    reading, _ = kept.look(find_pattern=slow)
    assert reading.find_pattern("python", QUERY, [("x.py", "eval(1)\n")])[0].doubt
    reading, counts = kept.look()
    assert reading.find_pattern("python", QUERY, [("x.py", "eval(1)\n")]) == find_pattern(
        "python", QUERY, [("x.py", "eval(1)\n")]
    )
    assert counts.files_anew == 1


def test_where_nothing_can_be_kept_everything_is_read(kept: Kept, tmp_path: Path) -> None:
    kept.folder = tmp_path / "file" / "cache"
    (tmp_path / "file").write_text("in the way")
    first = kept.graph()
    assert kept.graph() == first
    assert first[1] == 1
