from __future__ import annotations

from alloynb.archaeology.signals.code_owners import SIGNAL

FILES = {"CODEOWNERS": "* @all\n/pay/ @money\n", "pay/a.py": "", "other/b.py": ""}


def test_a_part_with_owners_of_its_own_is_seen(look) -> None:
    (lead,) = look(SIGNAL, FILES)

    assert lead.subject.names == ("/pay/",)
    assert lead.observations[0].ref == "CODEOWNERS:2"


def test_owners_of_everything_say_nothing(look) -> None:
    assert not look(SIGNAL, {"CODEOWNERS": "* @all\n/pay/ @all\n", "pay/a.py": ""})


def test_a_pattern_that_fits_nothing_is_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, FILES)
    (lead,) = look(SIGNAL, FILES | {"CODEOWNERS": "* @all\n/gone/ @money\n"})

    assert counter(lead) == ["no file fits /gone/"]
    assert certain(lead) < certain(clean)
