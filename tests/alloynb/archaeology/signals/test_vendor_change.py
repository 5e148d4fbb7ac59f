from __future__ import annotations

from alloynb.archaeology.signals.vendor_change import SIGNAL
from tests.alloynb.archaeology.signals.layered import package

SWITCH = [("Replace requests with httpx", ("pyproject.toml", "shop/net/client.py"))]
WRAPPED = package("shop", {"net/client": "import httpx\n", "orders/a": "from shop.net import client\n"})


def test_a_replaced_library_behind_a_wrapper_is_seen(look) -> None:
    (lead,) = look(SIGNAL, WRAPPED, SWITCH)

    assert lead.subject.names == ("httpx",)


def test_a_replacement_without_a_manifest_is_no_vendor_change(look) -> None:
    assert not look(SIGNAL, WRAPPED, [("Replace tabs with spaces", ("a.py",))])


def test_a_library_known_all_over_is_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, WRAPPED, SWITCH)
    spread = package("shop", {f"orders/p{number}": "import httpx\n" for number in range(6)})
    (lead,) = look(SIGNAL, WRAPPED | spread, SWITCH)

    assert counter(lead) == ["7 modules import httpx directly: the next change costs as much"]
    assert certain(lead) < certain(clean)
