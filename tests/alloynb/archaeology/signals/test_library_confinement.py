from __future__ import annotations

from alloynb.archaeology.signals.library_confinement import SIGNAL
from tests.alloynb.archaeology.signals.layered import layered


def test_a_user_interface_that_one_package_knows_is_confined(look) -> None:
    (lead,) = [each for each in look(SIGNAL, layered()) if each.subject.rule["targets"] == ["click"]]

    assert lead.subject.rule["sources"] == ["shop.errors", "shop.service", "shop.store"]
    assert any(each.ref == "shop/cli/main.py:1" for each in lead.observations)


def test_a_library_that_everybody_imports_is_not_confined(look) -> None:
    everywhere = {name: f"import click\n{text}" for name, text in layered().items()}

    assert not [each for each in look(SIGNAL, everywhere) if each.subject.rule["targets"] == ["click"]]


def test_a_leak_is_counter_evidence(look, certain, counter) -> None:
    cli = {f"shop/cli/more{number}.py": "import click\n" for number in range(6)}
    (clean,) = [each for each in look(SIGNAL, layered() | cli) if each.subject.rule["targets"] == ["click"]]
    leaking = layered() | cli | {"shop/store/rows.py": "import click\n"}
    (lead,) = [each for each in look(SIGNAL, leaking) if each.subject.rule["targets"] == ["click"]]

    assert counter(lead) == ["click has leaked into shop.store.rows"]
    assert certain(lead) < certain(clean)
