from __future__ import annotations

from alloynb.archaeology.signals.naming_convention import SIGNAL
from tests.alloynb.archaeology.signals.layered import package

NAMED = {f"{kind}_dataset": "" for kind in ("csv", "json", "pickle", "memory", "cached", "lambda")}


def test_modules_with_one_ending_follow_a_convention(look) -> None:
    (lead,) = look(SIGNAL, package("shop", NAMED))

    assert lead.subject.names == ("shop", "*_dataset")


def test_modules_with_names_of_their_own_follow_none(look) -> None:
    assert not look(SIGNAL, package("shop", dict.fromkeys(("a_b", "c_d", "e_f", "g_h", "i_j", "k_l"), "")))


def test_a_module_named_otherwise_is_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, package("shop", NAMED))
    (lead,) = look(SIGNAL, package("shop", NAMED | {"odd_one": ""}))

    assert counter(lead) == ["not named *_dataset"]
    assert certain(lead) < certain(clean)
