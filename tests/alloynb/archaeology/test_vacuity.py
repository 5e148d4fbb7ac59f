from __future__ import annotations

import pytest

from alloynb.archaeology.contracts import Contract
from alloynb.archaeology.module_map import ModuleMap
from alloynb.archaeology.vacuity import faults_of

TREE = ModuleMap(
    "python",
    {name: f"{name.replace('.', '/')}.py" for name in ("shop.cli.main", "shop.core.a", "shop.store.b")},
    (),
    frozenset({"click"}),
    ("shop",),
)


def contract(name: str, *, ignored: tuple[str, ...] = (), **rule: object) -> Contract:
    return Contract(
        "import-linter", name, str(rule["type"]), ({"packages": ["shop"], **rule},), ignored, "x", 1
    )


def test_a_rule_about_what_exists_is_sound() -> None:
    assert not faults_of(
        contract("Core", type="forbidden", sources=["shop.core"], targets=["click"]), TREE, ()
    )


@pytest.mark.parametrize("targets", [["shop.web"], ["klick"]])
def test_a_rule_that_cannot_be_broken_is_vacuous(targets: list[str]) -> None:
    (fault,) = faults_of(contract("Core", type="forbidden", sources=["shop.core"], targets=targets), TREE, ())

    assert fault.startswith("vacuous")
    assert targets[0] in fault


def test_a_module_that_is_gone_is_named() -> None:
    rule = contract("Core", type="forbidden", sources=["shop.core", "shop.old"], targets=["click"])

    assert faults_of(rule, TREE, ()) == ("names nothing: shop.old",)


def test_a_library_that_is_not_used_yet_may_be_forbidden() -> None:
    assert not faults_of(
        contract("Core", type="forbidden", sources=["shop.core"], targets=["click", "rich"]), TREE, ()
    )


@pytest.mark.parametrize("name", ["Core and store know no click", "CLI > Extras > Core"])
def test_words_that_the_rule_does_not_keep_are_a_broken_promise(name: str) -> None:
    layers = contract(name, type="layers", layers=["shop.cli", "shop.core"])

    assert "misses what its words promise" in faults_of(layers, TREE, ())[0]


def test_exceptions_for_what_is_not_forbidden_are_named() -> None:
    ignored = ("shop.store.b -> shop.core.a",)
    rule = contract("Core", type="forbidden", sources=["shop.core"], targets=["shop.cli"], ignored=ignored)

    assert faults_of(rule, TREE, ()) == (f"excepts imports that it does not forbid: {ignored[0]}",)
