from __future__ import annotations

from alloynb.archaeology.signals.foundation_modules import SIGNAL
from tests.alloynb.archaeology.signals.layered import layered, package


def test_what_everybody_imports_and_imports_nobody_is_a_foundation(look) -> None:
    (lead,) = look(SIGNAL, layered())

    assert lead.subject.rule["sources"] == ["shop.errors"]
    assert lead.subject.rule["targets"] == ["shop.cli", "shop.service", "shop.store"]


def test_what_few_import_is_no_foundation(look) -> None:
    assert not look(SIGNAL, package("shop", {"a/x": "from shop.b import y\n", "b/y": "", "c/z": ""}))


def test_an_import_back_is_counter_evidence(look, certain, counter) -> None:
    files = layered()
    for number in range(6):
        files[f"shop/service/more{number}.py"] = "from shop.errors import kinds\n"
    (clean,) = look(SIGNAL, files)
    (lead,) = look(SIGNAL, files | {"shop/errors/words.py": "from shop.cli import main\n"})

    assert counter(lead) == ["shop.errors imports shop.cli back"]
    assert certain(lead) < certain(clean)
