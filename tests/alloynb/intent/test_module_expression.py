from __future__ import annotations

import pytest

from alloynb.intent.module_expression import covering_depth, deepest_cover, matches_exactly


@pytest.mark.parametrize(
    ("expression", "module", "depth"),
    [
        ("a", "a", 1),
        ("a", "a.b.c", 1),
        ("a", "ab", 0),
        ("a.b", "a", 0),
        ("a.*", "a", 0),
        ("a.*", "a.b.c", 2),
        ("a.**", "a", 0),
        ("a.**", "a.b.c", 2),
        ("*.b", "a.b.c", 2),
        ("*.b", "a.x.b", 0),
        ("**.b", "a.x.b.c", 3),
        ("a.**.z", "a.z", 0),
        ("a.**.z", "a.x.y.z.k", 4),
        ("*", "click", 1),
    ],
)
def test_a_name_covers_itself_and_its_descendants(expression: str, module: str, depth: int) -> None:
    assert covering_depth(expression, module) == depth


def test_an_exact_match_leaves_descendants_out() -> None:
    assert matches_exactly("a.b", "a.b")
    assert not matches_exactly("a.b", "a.b.c")
    assert matches_exactly("a.**", "a.b.c")
    assert not matches_exactly("a.*", "a.b.c")


def test_the_most_specific_expression_wins() -> None:
    assert deepest_cover(("a", "a.b", "a.*"), "a.b.c") == (2, "a.b")
    assert deepest_cover(("x",), "a") == (0, "")
