from __future__ import annotations

from alloynb.archaeology.signals.import_contracts import SIGNAL
from tests.alloynb.archaeology.signals.layered import layered

CONTRACT = """[importlinter]
root_package = shop
include_external_packages = True

[importlinter:contract:one]
name = Store knows no cli
type = forbidden
source_modules = shop.store
forbidden_modules = {target}
ignore_imports = {ignored}
"""


def test_a_contract_is_a_hypothesis_with_its_rule(look) -> None:
    (lead,) = look(SIGNAL, layered() | {".importlinter": CONTRACT.format(target="shop.cli", ignored="")})

    assert lead.subject.rule["targets"] == ["shop.cli"]
    assert lead.observations[0].ref == ".importlinter:6"
    assert not lead.warnings


def test_a_tach_module_is_a_hypothesis(look) -> None:
    tach = 'source_roots = ["."]\n\n[[modules]]\npath = "shop.store"\ndepends_on = ["shop.errors"]\n'
    (lead,) = look(SIGNAL, layered() | {"tach.toml": tach})

    assert lead.subject.rule["type"] == "allowed_only"


def test_a_project_without_contracts_says_nothing(look) -> None:
    assert not look(SIGNAL, layered() | {"pyproject.toml": "[project]\nname = 'shop'\n"})


def test_a_contract_that_names_nothing_is_flagged_as_vacuous(look, certain, counter) -> None:
    (real,) = look(SIGNAL, layered() | {".importlinter": CONTRACT.format(target="shop.cli", ignored="")})
    (lead,) = look(SIGNAL, layered() | {".importlinter": CONTRACT.format(target="shop.web", ignored="")})

    assert any("vacuous" in warning and "shop.web" in warning for warning in lead.warnings)
    assert certain(lead) < certain(real) / 2
    assert counter(lead)


def test_a_contract_that_misses_what_its_words_promise_is_flagged(look) -> None:
    text = CONTRACT.format(target="shop.cli", ignored="").replace(
        "Store knows no cli", "Store and service know no cli"
    )
    (lead,) = look(SIGNAL, layered() | {".importlinter": text})

    assert any("service" in warning for warning in lead.warnings)


def test_exceptions_are_counter_evidence(look, certain) -> None:
    (plain,) = look(SIGNAL, layered() | {".importlinter": CONTRACT.format(target="shop.cli", ignored="")})
    ignored = "shop.store.rows -> shop.cli.main"
    (lead,) = look(SIGNAL, layered() | {".importlinter": CONTRACT.format(target="shop.cli", ignored=ignored)})

    assert certain(lead) < certain(plain)
