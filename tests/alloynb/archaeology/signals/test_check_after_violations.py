from __future__ import annotations

from alloynb.archaeology.signals.check_after_violations import SIGNAL

ADDED = ("Add import contracts", (".importlinter",))
BEFORE = [("Fix circular import in orders", ("a.py",)), ("Fix import cycle", ("b.py",))]


def test_a_check_after_repairs_was_paid_for(look) -> None:
    (lead,) = look(SIGNAL, {}, [ADDED, *BEFORE])

    assert lead.subject.names == ("imports",)


def test_a_check_out_of_the_blue_was_not(look) -> None:
    assert not look(SIGNAL, {}, [ADDED, ("Add a field", ("a.py",))])


def test_violations_after_the_check_are_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, {}, [ADDED, *BEFORE])
    (lead,) = look(SIGNAL, {}, [("Fix circular import once more", ("a.py",)), ADDED, *BEFORE])

    assert counter(lead) == ["went wrong all the same (1 times)"]
    assert certain(lead) < certain(clean)
