from __future__ import annotations

from alloynb.archaeology.signals.handed_in_doubles import SIGNAL

DOUBLES = "".join(
    f"class {name}:\n    ...\n\n\n" for name in ("FakeClock", "FakeShell", "InMemoryStore", "RecordingMail")
)


def test_fakes_in_tests_are_seen(look) -> None:
    (lead,) = look(SIGNAL, {"tests/fakes/all.py": DOUBLES})

    assert lead.observations[0].path == "tests/fakes/all.py"
    assert lead.subject.draft.evidence[0]["kind"] == "test"


def test_tests_without_fakes_say_nothing(look) -> None:
    assert not look(SIGNAL, {"tests/test_x.py": "def test_x():\n    assert True\n"})


def test_patches_are_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, {"tests/fakes/all.py": DOUBLES})
    patched = "def test_x(mocker):\n" + "    mocker.patch('shop.x')\n" * 30
    (lead,) = look(SIGNAL, {"tests/fakes/all.py": DOUBLES, "tests/test_x.py": patched})

    assert counter(lead)[0] == "patches instead (30 such)"
    assert certain(lead) < certain(clean)
