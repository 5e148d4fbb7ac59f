from __future__ import annotations

from alloynb.archaeology.signals.repeated_repair import SIGNAL

FILES = {f"shop/part{number}.py": "" for number in range(20)} | {"shop/odd.py": ""}
QUIET = [(f"Fix part {number}", (f"shop/part{number}.py",)) for number in range(20)]
HOT = [("Fix the odd case", ("shop/odd.py",))] * 10


def test_a_file_that_is_mended_again_and_again_stands_out(look) -> None:
    (lead,) = look(SIGNAL, FILES, [*HOT, *QUIET])

    assert lead.subject.names == ("shop/odd.py",)


def test_files_that_are_mended_alike_do_not(look) -> None:
    assert not look(SIGNAL, FILES, QUIET * 3)


def test_changes_that_mend_nothing_are_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, FILES, [*HOT, *QUIET])
    (lead,) = look(SIGNAL, FILES, [*HOT, *QUIET, *[("Add a field", ("shop/odd.py",))] * 40])

    assert counter(lead) == ["most changes to it (40) mended nothing"]
    assert certain(lead) < certain(clean)
