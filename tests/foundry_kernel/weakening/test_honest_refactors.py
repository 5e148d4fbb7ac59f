"""Work that proves as much as before is never called a weakening."""

from __future__ import annotations

import json

import pytest

from tests.foundry_kernel.weakening.test_planted_in_tests import CART, GO, JAVA, PATH, RUST, TYPESCRIPT
from tests.foundry_kernel.weakening.trees import Files, found, gate

TOTAL = CART[CART.index("def test_total") : CART.index("@pytest")].rstrip() + "\n"
ADDING = """\
def test_one():
    cart = Cart()
    cart.add(1, price=2)
    assert cart.total() == 2


def test_two():
    cart = Cart()
    cart.add(2, price=2)
    assert cart.total() == 4
"""
ADDING_AS_ONE = """\
@pytest.mark.parametrize(("count", "total"), [(1, 2), (2, 4)])
def test_adding(count, total):
    cart = Cart()
    cart.add(count, price=2)
    assert cart.total() == total
"""
UNITTEST = """\
class TestSum(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(total(1, 2), 3)
        self.assertTrue(total(0))
"""
AS_FUNCTION = """\
def test_adds():
    assert total(1, 2) == 3
    assert total(0)
"""
MYPY = "[tool.mypy]\nstrict = true\nexclude = ['docs']\n"
RUFF = "[tool.ruff.lint]\nselect = ['E', 'F']\nignore = ['E501']\n"


def cart(*changes: tuple[str, str]) -> Files:
    text = CART
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return {PATH: text}


REFACTORS: dict[str, tuple[Files, Files]] = {
    "a file is moved": ({PATH: CART}, {"tests/shop/test_cart.py": CART}),
    "a file is moved and edited": (
        {PATH: CART},
        {"tests/shop/test_basket.py": CART.replace("cart", "basket").replace("Cart", "Basket")},
    ),
    "a function is renamed": (cart(), cart(("test_total", "test_total_of_three"))),
    "a function is renamed and edited": (
        cart(),
        cart(("test_total", "test_sum_of_all"), ("add(3, price=2)", "add(3, price=2, colour='red')")),
    ),
    "a class is renamed": (cart(), cart(("TestDiscount", "TestDiscounts"))),
    "functions are put into a class": (
        {PATH: TOTAL},
        {PATH: "class TestCart:\n    " + TOTAL.replace("()", "(self)", 1).replace("\n    ", "\n        ")},
    ),
    "a file is split": (
        {PATH: CART},
        {
            PATH: CART[: CART.index("class TestDiscount")],
            "tests/test_discount.py": "import pytest\n\n\n" + CART[CART.index("class TestDiscount") :],
        },
    ),
    "two files are merged": (
        {PATH: TOTAL, "tests/test_more.py": ADDING},
        {PATH: TOTAL + "\n\n" + ADDING},
    ),
    "parameters are reordered": (cart(), cart(("[1, 2, 3]", "[3, 1, 2]"))),
    "parameters are named": (
        cart(),
        cart(("[1, 2, 3])", "PRICES)"), ("import pytest\n", "import pytest\nPRICES = (1, 2, 3)\n")),
    ),
    "parameters are added and one is replaced": (cart(), cart(("[1, 2, 3]", "[1, 2, 4, 5]"))),
    "parameters become a loop": (
        cart(),
        cart(
            ('@pytest.mark.parametrize("price", [1, 2, 3])\ndef test_price(price):\n', "def test_price():\n"),
            ("    assert Cart().add(1", "    for price in (1, 2, 3):\n        assert Cart().add(1"),
        ),
    ),
    "tests are merged into one with parameters": ({PATH: ADDING}, {PATH: ADDING_AS_ONE}),
    "two tests become one": (
        {PATH: ADDING},
        {PATH: ADDING.replace("\n\n\ndef test_two():\n", "\n").replace("test_one", "test_one_and_two")},
    ),
    "one test becomes two": (
        {PATH: TOTAL},
        {
            PATH: TOTAL.replace("    assert cart.count() == 3\n", "")
            + "\n\n"
            + TOTAL.replace("    assert cart.total() == 6\n", "").replace("test_total", "test_count")
        },
    ),
    "assertions move into a helper of the file": (
        {PATH: TOTAL},
        {
            PATH: "def hold(cart):\n    assert cart.total() == 6\n    assert cart.count() == 3\n\n\n"
            + TOTAL[: TOTAL.index("    assert")]
            + "    hold(cart)\n"
        },
    ),
    "assertions move into a helper of another file": (
        {PATH: TOTAL},
        {
            "tests/holding.py": "def hold(cart):\n    assert cart.total() == 6\n    assert cart.count() == 3\n",
            PATH: "from tests.holding import hold\n\n\n"
            + TOTAL[: TOTAL.index("    assert")]
            + "    hold(cart)\n",
        },
    ),
    "assertions move into a helper of a module that is imported": (
        {PATH: TOTAL},
        {
            "tests/holding.py": "def hold(cart):\n    assert cart.total() == 6\n    assert cart.count() == 3\n",
            PATH: "from tests import holding\n\n\n"
            + TOTAL[: TOTAL.index("    assert")]
            + "    holding.hold(cart)\n",
        },
    ),
    "assertions move into a method of the class": (
        {PATH: UNITTEST},
        {
            PATH: "class TestSum(unittest.TestCase):\n    def hold(self):\n        self.assertEqual(total(1, 2), 3)\n"
            "        self.assertTrue(total(0))\n\n    def test_adds(self):\n        self.hold()\n"
        },
    ),
    "a helper gives its assertion back to the tests": (
        {
            "tests/holding.py": "def hold(cart):\n    assert cart.total() == 6\n",
            PATH: "from tests.holding import hold\n\n\ndef test_total():\n    hold(make())\n",
        },
        {
            "tests/holding.py": "def hold(cart):\n    return cart.total() == 6\n",
            PATH: "from tests.holding import hold\n\n\ndef test_total():\n    assert hold(make())\n",
        },
    ),
    "set-up moves into a fixture": (
        {PATH: TOTAL},
        {
            PATH: "@pytest.fixture\ndef cart():\n    cart = Cart()\n    cart.add(3, price=2)\n    return cart\n\n\n"
            "def test_total(cart):\n    assert cart.total() == 6\n    assert cart.count() == 3\n"
        },
    ),
    "a fixture moves to a conftest": (
        {PATH: "@pytest.fixture\ndef one():\n    return 1\n\n\ndef test_one(one):\n    assert one == 1\n"},
        {
            "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef one():\n    return 1\n",
            PATH: "def test_one(one):\n    assert one == 1\n",
        },
    ),
    "a fixture gives out a check": (
        {PATH: "def test_one():\n    assert one() == 1\n"},
        {
            PATH: "@pytest.fixture\ndef holds():\n    def one(it):\n        assert it == 1\n\n    return one\n\n\n"
            "def test_one(holds):\n    holds(one())\n"
        },
    ),
    "unittest becomes plain functions": ({PATH: UNITTEST}, {PATH: AS_FUNCTION}),
    "a skip moves into a fixture": (
        {
            PATH: "def test_one(shop):\n    if not shop:\n        pytest.skip('no shop')\n    assert shop.one == 1\n"
        },
        {
            PATH: "@pytest.fixture\ndef shop():\n    if not found():\n        pytest.skip('no')\n    return 1\n\n\n"
            "def test_one(shop):\n    assert shop.one == 1\n"
        },
    ),
    "a skip is explained better": (
        {PATH: "@pytest.mark.skip(reason='x')\ndef test_one():\n    assert one() == 1\n"},
        {PATH: "@pytest.mark.skip(reason='the shop is closed')\ndef test_one():\n    assert one() == 1\n"},
    ),
    "a skip is taken away": (
        {PATH: "@pytest.mark.skip\ndef test_one():\n    assert one() == 1\n"},
        {PATH: "def test_one():\n    assert one() == 1\n"},
    ),
    "a skipped test is added": (
        {PATH: TOTAL},
        {PATH: f"{TOTAL}\n\n@pytest.mark.skip\ndef test_later():\n    assert 0\n"},
    ),
    "documentation and layout change": (
        cart(),
        cart(
            ("def test_total():\n", 'def test_total():\n    """Three of two are six."""\n    # add them\n\n')
        ),
    ),
    "mypy moves to its own file": (
        {"pyproject.toml": MYPY},
        {"pyproject.toml": "", "mypy.ini": "[mypy]\nstrict = True\nexclude = docs\n"},
    ),
    "ruff moves to its own file": (
        {"pyproject.toml": RUFF},
        {"pyproject.toml": "", "ruff.toml": "lint.select = ['F', 'E']\nlint.ignore = ['E501']\n"},
    ),
    "ruff looks for more": ({"pyproject.toml": RUFF}, {"pyproject.toml": RUFF.replace("'F'", "'F', 'B'")}),
    "ruff passes over less": ({"pyproject.toml": RUFF}, {"pyproject.toml": RUFF.replace("['E501']", "[]")}),
    "all of ruff takes the place of some": (
        {"pyproject.toml": RUFF},
        {"pyproject.toml": RUFF.replace("['E', 'F']", "['ALL']")},
    ),
    "mypy flags become strict": (
        {"mypy.ini": "[mypy]\ndisallow_untyped_defs = True\nwarn_return_any = True\n"},
        {"mypy.ini": "[mypy]\nstrict = True\n"},
    ),
    "thresholds are raised": (
        {".coveragerc": "[report]\nfail_under = 80\n", "jest.config.js": "module.exports = {lines: 80}"},
        {".coveragerc": "[report]\nfail_under = 85\n", "jest.config.js": "module.exports = {lines: 85}"},
    ),
    "testpaths name the one folder of tests": (
        {"pytest.ini": "[pytest]\n", PATH: CART},
        {"pytest.ini": "[pytest]\ntestpaths = tests\n", PATH: CART},
    ),
    "a suppression moves with its line": (
        {"a.py": "import os  # noqa\n", "b.py": ""},
        {"a.py": "", "b.py": "\n\nimport os  # noqa\n"},
    ),
    "a suppressed line is edited": ({"a.py": "import os  # noqa\n"}, {"a.py": "import sys  # noqa\n"}),
    "a text speaks of suppressions": (
        {"a.py": ""},
        {"a.py": 'SAID = "never write # noqa or # type: ignore"\n'},
    ),
    "a layer is added to a contract": (
        {
            ".importlinter": "[importlinter]\nroot_package = a\n[importlinter:contract:x]\ntype = layers\n"
            "layers =\n  b\n  c\n"
        },
        {
            ".importlinter": "[importlinter]\nroot_package = a\n[importlinter:contract:x]\ntype = layers\n"
            "layers =\n  b\n  d | e\n  (c)\n"
        },
    ),
    "a contract is renamed": (
        {
            ".importlinter": "[importlinter]\nroot_package = a\n[importlinter:contract:x]\nname = X\ntype = layers\n"
        },
        {
            ".importlinter": "[importlinter]\nroot_package = a\n[importlinter:contract:y]\nname = Y\ntype = layers\n"
        },
    ),
    "a pipeline is moved": (
        {".github/workflows/a.yml": "jobs:\n  a:\n    steps: []\n"},
        {".github/workflows/b.yml": "jobs:\n  a:\n    steps: []\n"},
    ),
    "a pipeline gets a comment and a job": (
        {".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n      - run: make\n"},
        {
            ".github/workflows/a.yml": "jobs:  # never `|| true`\n  a:\n    steps:\n      - run: make\n"
            "  b:\n    steps:\n      - run: make docs\n"
        },
    ),
    "a TypeScript test is moved": ({"src/sum.test.ts": TYPESCRIPT}, {"src/math/sum.test.ts": TYPESCRIPT}),
    "a TypeScript block is renamed": (
        {"a.test.ts": TYPESCRIPT},
        {
            "a.test.ts": TYPESCRIPT.replace('describe("sum"', 'describe("the sum"').replace(
                '"adds"', '"adds two"'
            )
        },
    ),
    "a TypeScript assertion moves into a helper": (
        {"a.test.ts": TYPESCRIPT},
        {
            "a.test.ts": TYPESCRIPT.replace(
                'describe("sum"',
                'const holds = (sum: number) => {\n  expect(sum).toBe(3);\n};\n\ndescribe("sum"',
            ).replace("expect(sum(1, 2)).toBe(3)", "holds(sum(1, 2))")
        },
    ),
    "a Go test is renamed": ({"a_test.go": GO}, {"a_test.go": GO.replace("TestAdds", "TestAddsTwo")}),
    "a Go assertion moves into a helper": (
        {"a_test.go": GO},
        {
            "a_test.go": GO[: GO.index("func")]
            + "func holds(t *testing.T, sum int) {\n\tif sum != 3 {\n\t\tt.Fatal(sum)\n\t}\n}\n\n"
            + "func TestAdds(t *testing.T) {\n\tholds(t, sum(1, 2))\n}\n"
        },
    ),
    "Rust tests move to a file of their own": (
        {"src/lib.rs": RUST},
        {"src/lib.rs": RUST[: RUST.index("#[cfg(test)]")], "src/tests.rs": RUST[RUST.index("    #[test]") :]},
    ),
    "a Java test is renamed": (
        {"src/test/java/SumTest.java": JAVA},
        {"src/test/java/SumTest.java": JAVA.replace("adds", "adding")},
    ),
}


@pytest.mark.parametrize("what", REFACTORS)
def test_an_honest_refactor_is_no_weakening(what: str) -> None:
    before, after = REFACTORS[what]

    assert [str(each) for each in found(before, after) if each.severity == "weakening"] == []


MAKEFILE = "test:\n\tpytest -q\n"
GATES = {
    "a gate is renamed": ([gate("tests")], [gate("unit-tests")]),
    "gates change places": ([gate("a", "x"), gate("b", "y")], [gate("b", "y"), gate("a", "x")]),
    "a gate is added": ([gate()], [gate(), gate("lint", "ruff check")]),
    "a gate becomes required": ([gate(required=False)], [gate(required=True)]),
    "a gate gets less time": ([gate(timeout_s=60)], [gate(timeout_s=30)]),
    "a command is laid out anew": ([gate(command="pytest  -q")], [gate(command="pytest -q")]),
}


@pytest.mark.parametrize("what", GATES)
def test_an_honest_change_of_gates_yields_nothing(what: str) -> None:
    assert not found({}, {}, *GATES[what])


def test_a_script_that_only_got_a_comment_yields_nothing() -> None:
    after = {"Makefile": "# the tests; never `|| true`\n" + MAKEFILE}

    assert not found({"Makefile": MAKEFILE}, after, [gate(command="make test")])


def test_a_package_file_that_got_a_dependency_yields_nothing() -> None:
    before = {"package.json": json.dumps({"scripts": {"test": "jest"}})}
    after = {"package.json": json.dumps({"scripts": {"test": "jest"}, "dependencies": {"left-pad": "1"}})}

    assert not found(before, after, [gate(command="npm test")])
