from __future__ import annotations

from alloynb.archaeology.signals.ports_and_adapters import SIGNAL
from tests.alloynb.archaeology.signals.layered import package

PORT = "from typing import Protocol\n\n\nclass Clock(Protocol):\n    ...\n"
ADAPTER = "from shop.ports.clock import Clock\n\n\nclass {0}(Clock):\n    ...\n"
FILES = {
    "ports/clock": PORT,
    "adapters/system": ADAPTER.format("SystemClock"),
    "adapters/fixed": ADAPTER.format("FixedClock"),
    "adapters/remote": ADAPTER.format("RemoteClock"),
}


def test_adapters_that_implement_ports_import_inwards(look) -> None:
    (lead,) = look(SIGNAL, package("shop", FILES))

    assert lead.subject.rule["sources"] == ["shop.ports"]
    assert lead.subject.rule["targets"] == ["shop.adapters"]
    assert "SystemClock implements Clock" in [each.told for each in lead.observations]


def test_folders_without_a_common_import_are_not_ports_and_adapters(look) -> None:
    assert not look(SIGNAL, package("shop", {"ports/clock": PORT, "adapters/system": "import time\n"}))


def test_a_port_that_knows_an_adapter_is_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, package("shop", FILES))
    (lead,) = look(
        SIGNAL, package("shop", FILES | {"ports/usual": "from shop.adapters.system import SystemClock\n"})
    )

    assert counter(lead) == ["a port knows an adapter: shop.ports.usual imports shop.adapters.system"]
    assert certain(lead) < certain(clean)


def test_go_packages_are_seen_by_their_layout(look) -> None:
    files = {
        "go.mod": "module example.org/shop\n",
        "ports/clock.go": "package ports\n",
        "adapters/one.go": 'package adapters\n\nimport "example.org/shop/ports"\n',
        "adapters/two.go": 'package adapters\n\nimport "example.org/shop/ports"\n',
    }
    leads = look(SIGNAL, files)

    assert not leads or leads[0].subject.draft.evidence[0]["kind"] == "pattern"
