from __future__ import annotations

from alloynb.archaeology.signals.import_layers import SIGNAL
from tests.alloynb.archaeology.signals.layered import layered, package


def test_imports_that_run_one_way_are_layers(look) -> None:
    (lead,) = [each for each in look(SIGNAL, layered()) if each.subject.names[0] == "shop"]

    assert lead.subject.rule["layers"] == ["shop.cli", "shop.service", "shop.store", "shop.errors"]
    assert lead.subject.draft.evidence[0]["kind"] == "import_boundary"
    assert any(each.ref == "shop/cli/main.py:2" for each in lead.observations)


def test_packages_that_import_nobody_are_no_layers(look) -> None:
    assert not look(SIGNAL, package("shop", {"a/x": "", "b/y": "", "c/z": "import os\n"}))


def test_an_import_against_the_direction_is_counter_evidence(look, certain, counter) -> None:
    files = layered()
    (before,) = [each for each in look(SIGNAL, files) if each.subject.names[0] == "shop"]
    files["shop/store/rows.py"] = "from shop.service import prices\n"
    (after,) = [each for each in look(SIGNAL, files) if each.subject.names[0] == "shop"]

    assert counter(after) == ["against the direction: shop.store.rows imports shop.service.prices"]
    assert certain(after) < certain(before)
