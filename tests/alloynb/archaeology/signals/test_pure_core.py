from __future__ import annotations

from alloynb.archaeology.signals.pure_core import SIGNAL
from tests.alloynb.archaeology.signals.layered import package

CORE = {f"domain/part{number}": "" for number in range(9)}
WEB = {"web/routes": "import flask\n", "web/forms": "import flask\n"}


def test_a_domain_without_the_framework_is_pure(look) -> None:
    (lead,) = look(SIGNAL, package("shop", CORE | WEB))

    assert lead.subject.rule["sources"] == ["shop.domain"]
    assert lead.subject.rule["targets"] == ["flask"]


def test_a_domain_full_of_the_framework_is_not(look) -> None:
    assert not look(SIGNAL, package("shop", dict.fromkeys(CORE, "import flask\n") | WEB))


def test_one_import_of_the_framework_is_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, package("shop", CORE | WEB))
    (lead,) = look(SIGNAL, package("shop", CORE | WEB | {"domain/part3": "import flask\n"}))

    assert counter(lead) == ["shop.domain knows flask"]
    assert certain(lead) < certain(clean)
