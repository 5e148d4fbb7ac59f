from __future__ import annotations

from alloynb.archaeology.signals.failing_together import SIGNAL

FILES = {"tests/a/test_one.py": "", "tests/b/test_two.py": ""}
BOTH = ("Fix both", tuple(FILES))


def test_tests_that_repairs_change_together_are_a_cluster(look) -> None:
    (lead,) = look(SIGNAL, FILES, [BOTH] * 4)

    assert lead.subject.names == tuple(FILES)


def test_tests_that_are_repaired_apart_are_none(look) -> None:
    assert not look(SIGNAL, FILES, [("Fix one", (path,)) for path in FILES] * 4)


def test_a_repair_of_one_alone_is_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, FILES, [BOTH] * 4)
    (lead,) = look(SIGNAL, FILES, [BOTH] * 4 + [("Fix one", (path,)) for path in FILES] * 3)

    assert counter(lead) == ["3 repairs changed only one of them"]
    assert certain(lead) < certain(clean)
