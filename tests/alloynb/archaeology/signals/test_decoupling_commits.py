from __future__ import annotations

from alloynb.archaeology.signals.decoupling_commits import SIGNAL

FILES = {"shop/pay/a.py": "", "shop/pay/b.py": ""}
APART = [
    ("Decouple payment from orders", ("shop/pay/a.py",)),
    ("Extract the gateway client", ("shop/pay/b.py",)),
]


def test_commits_that_take_apart_point_at_their_folder(look) -> None:
    (lead,) = look(SIGNAL, FILES, APART)

    assert lead.subject.names == ("shop/pay",)
    assert all(each.commit for each in lead.observations)


def test_other_commits_say_nothing(look) -> None:
    assert not look(SIGNAL, FILES, [("Add a field", ("shop/pay/a.py",))] * 5)


def test_a_commit_that_undoes_it_is_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, FILES, APART)
    (lead,) = look(SIGNAL, FILES, [("Inline the gateway client again", ("shop/pay/a.py",)), *APART])

    assert counter(lead) == ["puts things together again"]
    assert certain(lead) < certain(clean)
