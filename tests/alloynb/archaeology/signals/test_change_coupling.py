from __future__ import annotations

from alloynb.archaeology.signals.change_coupling import SIGNAL

FILES = {"a/one.py": "", "b/two.py": "", "c/three.py": ""}
BOTH = ("touch", ("a/one.py", "b/two.py"))


def test_files_that_always_change_together_are_seen(look) -> None:
    (lead,) = look(SIGNAL, FILES, [BOTH] * 7)

    assert lead.subject.names == ("a/one.py", "b/two.py")
    assert any(each.commit for each in lead.observations)


def test_files_that_change_apart_are_not(look) -> None:
    assert not look(SIGNAL, FILES, [("x", ("a/one.py",)), ("y", ("b/two.py",))] * 9)


def test_a_change_of_one_alone_is_counter_evidence(look, certain, counter) -> None:
    alone = [("x", ("a/one.py",)), ("y", ("b/two.py",))]
    (clean,) = look(SIGNAL, FILES, [BOTH] * 7)
    (lead,) = look(SIGNAL, FILES, [BOTH] * 7 + alone)

    assert counter(lead)[0] == "only one of them changed here"
    assert certain(lead) < certain(clean)
