from __future__ import annotations

from alloynb.archaeology.signals.sibling_independence import SIGNAL
from tests.alloynb.archaeology.signals.layered import package

COMMANDS = {
    f"commands/{name}": "from shop.core import a\n"
    for name in ("add", "drop", "list", "show", "sort", "tell")
}
BUSY = {"core/a": "from shop.core import b\n", "core/b": "from shop.core import c\n", "core/c": ""}


def test_siblings_that_never_import_each_other_are_independent(look) -> None:
    leads = look(SIGNAL, package("shop", COMMANDS | BUSY))

    (lead,) = [each for each in leads if each.subject.names[0] == "shop.commands"]
    assert len(lead.subject.rule["modules"]) == 6
    assert any(each.ref == "shop/commands/add.py:1" for each in lead.observations)


def test_siblings_that_import_each_other_are_not(look) -> None:
    chain = {f"commands/c{n}": f"from shop.commands import c{n + 1}\n" for n in range(6)} | {
        "commands/c6": ""
    }

    assert not [
        each for each in look(SIGNAL, package("shop", chain)) if each.subject.names[0] == "shop.commands"
    ]


def test_an_import_between_two_of_them_is_counter_evidence(look, certain, counter) -> None:
    loud = COMMANDS | {
        "commands/zip": "from shop.commands import zap\n",
        "commands/zap": "from shop.core import a\n",
    }
    (quiet,) = [
        each
        for each in look(SIGNAL, package("shop", COMMANDS | BUSY))
        if "shop.commands" in each.subject.names
    ]
    (lead,) = [
        each for each in look(SIGNAL, package("shop", loud | BUSY)) if "shop.commands" in each.subject.names
    ]

    assert "shop.commands.zap" not in lead.subject.rule["modules"]
    assert counter(lead)
    assert certain(lead) < certain(quiet)
