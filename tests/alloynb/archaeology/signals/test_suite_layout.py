from __future__ import annotations

from alloynb.archaeology.signals.suite_layout import SIGNAL
from tests.alloynb.archaeology.signals.layered import layered

MIRROR = {f"tests/{name}/test_it.py": "" for name in ("cli", "service", "store", "errors")}


def test_tests_that_mirror_the_packages_are_seen(look) -> None:
    (lead,) = look(SIGNAL, layered() | MIRROR)

    assert lead.subject.kind == "test_mirror"


def test_contract_tests_are_seen(look) -> None:
    (lead,) = look(SIGNAL, {"tests/contract/test_a.py": "", "tests/contract/test_b.py": ""})

    assert lead.subject.names == ("contract", "tests/contract")
    assert lead.subject.draft.evidence[0]["test"]["tests"] == ["tests/contract"]


def test_tests_in_one_heap_say_nothing(look) -> None:
    assert not look(SIGNAL, layered() | {"tests/test_all.py": ""})


def test_a_package_without_tests_is_counter_evidence(look, certain, counter) -> None:
    (whole,) = look(SIGNAL, layered() | MIRROR)
    (lead,) = look(SIGNAL, layered() | MIRROR | {"shop/mail/__init__.py": "", "shop/mail/a.py": ""})

    assert counter(lead) == ["shop.mail has none"]
    assert certain(lead) < certain(whole)
