"""Every way to make tests prove less is named: the kind, the place, the test."""

from __future__ import annotations

import pytest

from tests.foundry_kernel.weakening.trees import found, said

CART = """\
import pytest
from shop import Cart


def test_total():
    cart = Cart()
    cart.add(3, price=2)
    assert cart.total() == 6
    assert cart.count() == 3


@pytest.mark.parametrize("price", [1, 2, 3])
def test_price(price):
    assert Cart().add(1, price=price).total() == price


class TestDiscount:
    def test_refused(self):
        with pytest.raises(ValueError):
            Cart().discount(-1)
"""
PATH = "tests/test_cart.py"
TOTAL_BODY = CART[CART.index("    cart = Cart()") : CART.index("\n\n@pytest")]


def swapped(old: str, new: str) -> str:
    assert old in CART
    return CART.replace(old, new)


# what was done → text after (None: deleted), kind, subject, line
PYTHON = {
    "file deleted": (None, "test_file_deleted", PATH, None),
    "function deleted": (
        CART[: CART.index("class TestDiscount")],
        "test_deleted",
        "TestDiscount::test_refused",
        18,
    ),
    "function no longer collected": (
        swapped("def test_total", "def _test_total"),
        "test_deleted",
        "test_total",
        5,
    ),
    "class no longer collected": (
        swapped("class TestDiscount", "class Discount"),
        "test_deleted",
        "TestDiscount::test_refused",
        18,
    ),
    "class given a constructor": (
        swapped("class TestDiscount:\n", "class TestDiscount:\n    def __init__(self):\n        pass\n\n"),
        "test_deleted",
        "TestDiscount::test_refused",
        18,
    ),
    "function in a dead branch": (
        swapped("class TestDiscount:", "if False:\n  class TestDiscount:"),
        "test_deleted",
        "TestDiscount::test_refused",
        18,
    ),
    "function overwritten by its name": (CART + "\n\ntest_total = None\n", "test_deleted", "test_total", 5),
    "class told not to be a test": (
        swapped("class TestDiscount:\n", "class TestDiscount:\n    __test__ = False\n\n"),
        "test_deleted",
        "TestDiscount::test_refused",
        18,
    ),
    "marked skip": (
        swapped("def test_total", "@pytest.mark.skip(reason='flaky')\ndef test_total"),
        "test_skipped",
        "test_total",
        6,
    ),
    "marked skipif": (
        swapped("def test_total", "@pytest.mark.skipif(True, reason='x')\ndef test_total"),
        "test_skipped",
        "test_total",
        6,
    ),
    "marked skip through a name": (
        swapped("def test_total", "slow = pytest.mark.skip('x')\n\n\n@slow\ndef test_total"),
        "test_skipped",
        "test_total",
        9,
    ),
    "class marked with unittest.skip": (
        swapped("class TestDiscount", "import unittest\n\n\n@unittest.skip('x')\nclass TestDiscount"),
        "test_skipped",
        "TestDiscount::test_refused",
        22,
    ),
    "skip called in the body": (
        swapped("    cart = Cart()\n", "    pytest.skip('later')\n    cart = Cart()\n"),
        "test_skipped",
        "test_total",
        5,
    ),
    "marked xfail": (
        swapped("def test_total", "@pytest.mark.xfail\ndef test_total"),
        "test_xfailed",
        "test_total",
        6,
    ),
    "expected failure": (
        swapped("    def test_refused", "    @unittest.expectedFailure\n    def test_refused"),
        "test_xfailed",
        "TestDiscount::test_refused",
        19,
    ),
    "body emptied": (swapped(TOTAL_BODY, "    pass\n"), "test_emptied", "test_total", 5),
    "assertions removed": (
        swapped("    assert cart.total() == 6\n    assert cart.count() == 3\n", ""),
        "test_emptied",
        "test_total",
        5,
    ),
    "assertions made trivial": (
        swapped("assert cart.total() == 6\n    assert cart.count() == 3", "assert True\n    assert 1 == 1"),
        "test_emptied",
        "test_total",
        5,
    ),
    "assertions that compare with themselves": (
        swapped("== 6\n    assert cart.count() == 3", "or True\n    assert cart == cart"),
        "test_emptied",
        "test_total",
        5,
    ),
    "assertions after a return": (
        swapped("    assert cart.total()", "    return\n    assert cart.total()"),
        "test_emptied",
        "test_total",
        5,
    ),
    "assertions in a function that nobody calls": (
        swapped(
            "    assert cart.total() == 6\n    assert cart.count() == 3\n",
            "    def later():\n        assert cart.total() == 6\n",
        ),
        "test_emptied",
        "test_total",
        5,
    ),
    "failures swallowed": (
        swapped(
            "    assert cart.total() == 6\n    assert cart.count() == 3\n",
            "    try:\n        assert cart.total() == 6\n    except AssertionError:\n        pass\n",
        ),
        "test_emptied",
        "test_total",
        5,
    ),
    "failures suppressed": (
        swapped("        with pytest.raises(ValueError):", "        with contextlib.suppress(Exception):"),
        "test_emptied",
        "TestDiscount::test_refused",
        18,
    ),
    "cases removed": (swapped("[1, 2, 3]", "[1]"), "test_cases_removed", "test_price", 13),
    "cases skipped": (
        swapped("[1, 2, 3]", "[1, 2, pytest.param(3, marks=pytest.mark.skip)]"),
        "test_cases_removed",
        "test_price",
        13,
    ),
    "no cases left": (swapped("[1, 2, 3]", "[]"), "test_cases_removed", "test_price", 13),
}


@pytest.mark.parametrize("what", PYTHON)
def test_a_weakened_python_test_is_named(what: str) -> None:
    text, kind, subject, line = PYTHON[what]

    (only,) = found({PATH: CART}, {} if text is None else {PATH: text})

    assert (only.kind, only.severity, only.path, only.subject, only.line) == (
        kind,
        "weakening",
        PATH,
        subject,
        line,
    )


def test_a_module_skipped_at_its_top_loses_all_its_tests() -> None:
    after = CART.replace("\n\n\ndef", "\n\npytest.skip('not now', allow_module_level=True)\n\n\ndef", 1)

    assert {each.subject for each in found({PATH: CART}, {PATH: after})} == {
        "test_total",
        "test_price",
        "TestDiscount::test_refused",
    }


def test_a_module_marked_as_skipped_loses_all_its_tests() -> None:
    after = CART.replace("\n\n\ndef", "\n\npytestmark = [pytest.mark.skip]\n\n\ndef", 1)

    assert [each.kind for each in found({PATH: CART}, {PATH: after})] == ["test_skipped"] * 3


def test_a_test_moved_to_where_nobody_collects_is_deleted() -> None:
    settings = {"pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\n"}

    (only,) = found({PATH: CART, **settings}, {"attic/test_cart.py": CART, **settings})

    assert only.kind == "test_file_deleted"


def test_a_test_given_a_mark_that_every_run_leaves_out_is_skipped() -> None:
    settings = {"pytest.ini": "[pytest]\naddopts = -m 'not slow'\n"}
    after = swapped("def test_total", "@pytest.mark.slow\ndef test_total")

    (only,) = found({PATH: CART, **settings}, {PATH: after, **settings})

    assert (only.kind, only.subject) == ("test_skipped", "test_total")


def test_a_helper_that_stops_asserting_empties_the_tests_that_call_it() -> None:
    helper = "def holds(cart):\n    assert cart.total() == 6\n"
    test = "from tests.holding import holds\n\n\ndef test_total():\n    holds(make())\n"

    (only,) = found(
        {"tests/holding.py": helper, PATH: test},
        {"tests/holding.py": "def holds(cart):\n    cart.total()\n", PATH: test},
    )

    assert (only.kind, only.path, only.subject) == ("test_emptied", PATH, "test_total")


def test_a_fixture_that_starts_to_skip_is_named() -> None:
    conftest = "import pytest\n\n\n@pytest.fixture\ndef shop():\n    return 1\n"

    (only,) = found(
        {"tests/conftest.py": conftest},
        {"tests/conftest.py": conftest.replace("return 1", "pytest.skip('no shop')")},
    )

    assert (only.kind, only.subject, only.line) == ("test_skipped", "shop", 5)


SUM = """\
def test_sum():
    found = total(1, 2)
    assert found == 3
    assert found.currency == "EUR"
    assert found.rounded == 3
"""
OTHER_SUM = SUM.replace("test_sum", "test_file").replace(
    "found = total(1, 2)",
    "with opened(path, mode='r') as file:\n        found = list(read(file, twice=True))[0]",
)
SUSPICIOUS = {
    "assertions_dropped": SUM[: SUM.index("    assert found.currency")],
    "assertions_loosened": SUM.replace(" == 3", "").replace(' == "EUR"', ""),
    "test_replaced": OTHER_SUM.replace("3", "7"),
    "cannot_be_judged": "def test_sum(:\n",
}


@pytest.mark.parametrize("kind", SUSPICIOUS)
def test_what_may_be_honest_is_only_suspicious(kind: str) -> None:
    assert said(found({PATH: SUM}, {PATH: SUSPICIOUS[kind]})) == [(kind, "suspicious")]


TYPESCRIPT = """\
import { sum } from "./sum";

describe("sum", () => {
  it("adds", () => {
    const odd = /["']/; // it("is not a test", () => {})
    expect(sum(1, 2)).toBe(3);
  });
  test("refuses", () => {
    expect(() => sum("a")).toThrow();
  });
});
"""
GO = """\
package sum

import "testing"

func TestAdds(t *testing.T) {
	if sum(1, 2) != 3 {
		t.Fatalf("wrong {")
	}
}
"""
RUST = """\
pub fn sum(a: i32, b: i32) -> i32 { a + b }

#[cfg(test)]
mod tests {
    #[test]
    fn adds<'a>() {
        let quote = '"';
        assert_eq!(super::sum(1, 2), 3);
    }
}
"""
JAVA = """\
class SumTest {
    @Test
    void adds() {
        assertEquals(3, sum(1, 2));
    }
}
"""
ADDS = '  it("adds"'
TS, JV = "src/sum.test.ts", "src/test/java/SumTest.java"
OTHER_LANGUAGES = {
    "it.skip": (TS, TYPESCRIPT, ADDS, '  it.skip("adds"', "test_skipped"),
    "xit": (TS, TYPESCRIPT, ADDS, '  xit("adds"', "test_skipped"),
    "it.todo": (TS, TYPESCRIPT, ADDS, '  it.todo("adds"', "test_skipped"),
    "it.only": (TS, TYPESCRIPT, ADDS, '  it.only("adds"', "test_made_exclusive"),
    "fit": (TS, TYPESCRIPT, ADDS, '  fit("adds"', "test_made_exclusive"),
    "commented out": (TS, TYPESCRIPT, ADDS, '  // it("adds"', "test_deleted"),
    "expect gone": (TS, TYPESCRIPT, "    expect(sum(1, 2)).toBe(3);\n", "", "test_emptied"),
    "expect trivial": (
        TS,
        TYPESCRIPT,
        "expect(sum(1, 2)).toBe(3)",
        "expect(true).toBe(true)",
        "test_emptied",
    ),
    "t.Skip": ("sum_test.go", GO, "\tif sum", "\tt.Skip()\n\tif sum", "test_skipped"),
    "Go test renamed away": ("sum_test.go", GO, "func TestAdds", "func testAdds", "test_deleted"),
    "t.Fatalf gone": ("sum_test.go", GO, '\t\tt.Fatalf("wrong {")\n', "", "test_emptied"),
    "build tag": ("sum_test.go", GO, "package sum", "//go:build never\n\npackage sum", "test_skipped"),
    "#[ignore]": ("src/lib.rs", RUST, "    #[test]\n", "    #[test]\n    #[ignore]\n", "test_skipped"),
    "#[test] gone": ("src/lib.rs", RUST, "    #[test]\n", "", "test_deleted"),
    "assert_eq gone": ("src/lib.rs", RUST, "        assert_eq!(super::sum(1, 2), 3);\n", "", "test_emptied"),
    "@Disabled": (JV, JAVA, "    @Test\n", "    @Test\n    @Disabled\n", "test_skipped"),
    "class @Disabled": (JV, JAVA, "class SumTest", "@Disabled class SumTest", "test_skipped"),
    "@Test gone": (JV, JAVA, "    @Test\n", "", "test_deleted"),
    "assertEquals gone": (JV, JAVA, "        assertEquals(3, sum(1, 2));\n", "", "test_emptied"),
}


@pytest.mark.parametrize("what", OTHER_LANGUAGES)
def test_a_weakened_test_of_another_language_is_named(what: str) -> None:
    path, before, old, new, kind = OTHER_LANGUAGES[what]
    assert old in before

    (only,) = found({path: before}, {path: before.replace(old, new, 1)})

    assert (only.kind, only.severity, only.path) == (kind, "weakening", path)
    assert "adds" in only.subject.lower()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.test.ts", TYPESCRIPT),
        ("a_test.go", GO),
        ("src/lib.rs", RUST),
        ("src/test/java/SumTest.java", JAVA),
    ],
)
def test_a_deleted_test_file_of_another_language_is_named(path: str, text: str) -> None:
    (only,) = found({path: text}, {})

    assert (only.kind, only.path) == ("test_file_deleted", path)


def test_the_tests_of_a_skipped_describe_block_are_all_skipped() -> None:
    after = TYPESCRIPT.replace('describe("sum"', 'describe.skip("sum"')

    assert [each.subject for each in found({"a.test.ts": TYPESCRIPT}, {"a.test.ts": after})] == [
        "sum › adds",
        "sum › refuses",
    ]
