"""What holds for all trees: nothing comes of nothing, and neither names, nor order, nor lines matter."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.gates.weakening import find_weakenings
from tests.foundry_kernel.weakening.test_planted_in_settings import PYPROJECT
from tests.foundry_kernel.weakening.test_planted_in_tests import CART, GO, JAVA, PATH, RUST, TYPESCRIPT
from tests.foundry_kernel.weakening.trees import MemoryTree, found, gate

names = st.text("abcdefghij_", min_size=1, max_size=8)
numbers = st.integers(0, 99)


@st.composite
def functions(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Test functions with distinct names and bodies: name and body of each."""
    chosen = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    found_functions = []
    for at, name in enumerate(chosen):
        values = draw(st.lists(numbers, min_size=1, max_size=3))
        first = f"    value_{at} = work_{at}({draw(numbers)})"
        lines = [first, *(f"    assert value_{at} != {each}" for each in values)]
        found_functions.append((name, "\n".join(lines)))
    return found_functions


def written(tests: list[tuple[str, str]], gap: int = 2) -> str:
    return ("\n" * (gap + 1)).join(f"def test_{name}():\n{body}" for name, body in tests) + "\n"


ANY_FILE = {
    PATH: CART,
    "src/a.test.ts": TYPESCRIPT,
    "a_test.go": GO,
    "src/lib.rs": RUST,
    "src/test/java/SumTest.java": JAVA,
    "pyproject.toml": PYPROJECT,
}


@given(
    st.dictionaries(st.sampled_from([*ANY_FILE, "conftest.py", ".hone-gates.json"]), st.binary(max_size=200))
)
def test_the_same_tree_twice_yields_nothing(files: dict[str, bytes]) -> None:
    tree = MemoryTree({**ANY_FILE, **files})

    assert not find_weakenings(tree, tree, [gate()], [gate()], tree.paths())


@given(functions(), st.randoms(use_true_random=False))
def test_the_order_of_functions_does_not_matter(tests: list[tuple[str, str]], chance: random.Random) -> None:
    shuffled = list(tests)
    chance.shuffle(shuffled)

    assert not found({PATH: written(tests)}, {PATH: written(shuffled)})


@given(functions(), st.data())
def test_the_names_of_functions_do_not_matter(tests: list[tuple[str, str]], data: st.DataObject) -> None:
    others = data.draw(st.lists(names, min_size=len(tests), max_size=len(tests), unique=True))
    renamed = [(other, body) for other, (_, body) in zip(others, tests, strict=True)]

    assert not [
        each
        for each in found({PATH: written(tests)}, {PATH: written(renamed)})
        if each.severity == "weakening"
    ]


@given(functions(), st.integers(0, 6), st.text("# abc", max_size=20))
def test_lines_and_remarks_do_not_matter(tests: list[tuple[str, str]], gap: int, remark: str) -> None:
    assert not found({PATH: written(tests)}, {PATH: f"# {remark}\n" * gap + written(tests, gap)})


@given(functions(), st.integers(1, 5))
def test_the_place_of_files_does_not_matter(tests: list[tuple[str, str]], cut: int) -> None:
    halves = {"tests/test_one.py": written(tests[:cut]), "tests/two/test_two.py": written(tests[cut:])}

    assert not found({PATH: written(tests)}, halves)


@given(functions(), st.data())
def test_a_test_that_is_taken_away_is_always_missed(
    tests: list[tuple[str, str]], data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, len(tests) - 1))
    left = [each for at, each in enumerate(tests) if at != gone]

    (only,) = found({PATH: written(tests)}, {PATH: written(left)} if left else {PATH: "\n"})

    assert (only.kind, only.subject) == ("test_deleted", f"test_{tests[gone][0]}")


@given(st.integers(0, 40))
def test_the_name_of_a_finding_survives_a_shift_of_lines(gap: int) -> None:
    after = CART.replace("def test_total", "@pytest.mark.skip\ndef test_total")
    (first,) = found({PATH: CART}, {PATH: after})
    (second,) = found({PATH: CART}, {PATH: "\n" * gap + after})

    assert first.digest == second.digest
    assert (second.line or 0) - (first.line or 0) == gap


def test_only_what_changed_and_what_decides_about_it_is_read() -> None:
    others = {f"tests/test_{at}.py": CART.replace("cart", f"cart_{at}") for at in range(50)}
    before = MemoryTree({**others, PATH: CART, "pyproject.toml": PYPROJECT})
    after = MemoryTree({**others, PATH: CART.replace("== 6", "== 7"), "pyproject.toml": PYPROJECT})

    find_weakenings(before, after, [gate(command="pytest")], [gate(command="pytest")], [PATH])

    assert not set(others) & {*before.read_paths, *after.read_paths}
