"""Foundry as a command: what it answers, how it is found, and that who interrupts us interrupts it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from alloynb.application.diagnose import diagnose
from alloynb.application.foundry_command import FoundryCommand, find_foundry
from alloynb.errors import CannotRun


def script(file: Path, body: str) -> FoundryCommand:
    file.write_text(f"#!{sys.executable}\nimport signal, sys, time\n{body}\n")
    file.chmod(0o755)
    return FoundryCommand(file)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('nonsense')", "gave no manifest"),
        ("print('{}')", "gave no manifest"),
        ("print('[]')", "gave no manifest"),
        ('print(\'{"data": {"schema": "foundry.capability_manifest.v9"}}\')', "gave no manifest"),
        ("sys.exit('it is broken')", "it is broken"),
    ],
)
def test_what_is_no_manifest_is_told_with_what_the_command_said(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(CannotRun, match=said):
        script(tmp_path / "foundry", body).manifest()


def test_a_command_that_is_not_there_is_told_with_the_remedy(tmp_path: Path) -> None:
    foundry = FoundryCommand(tmp_path / "nowhere")
    with pytest.raises(CannotRun, match="doctor"):
        foundry.manifest()
    with pytest.raises(CannotRun, match="doctor"):
        foundry.run("runreq_x", tmp_path, quiet=True)


def test_the_installed_foundry_answers_with_its_manifest() -> None:
    assert "validation_requested" in find_foundry().manifest().entry_events


def test_the_environment_may_name_another_foundry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOY_FOUNDRY", str(tmp_path / "other"))
    assert find_foundry().executable == tmp_path / "other"


def test_the_exit_code_and_the_arguments_pass(tmp_path: Path) -> None:
    told = tmp_path / "told"
    foundry = script(
        tmp_path / "foundry", f"open({str(told)!r}, 'w').write(' '.join(sys.argv[1:])); sys.exit(3)"
    )
    assert foundry.run("runreq_x", tmp_path / "a b", quiet=True) == 3
    assert told.read_text() == f"run runreq_x --workspace {tmp_path / 'a b'}"


@pytest.mark.parametrize(
    ("sent", "heard"),
    [(signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGTERM")],
)
def test_who_asks_us_to_stop_asks_the_run_and_its_answer_is_waited_for(
    tmp_path: Path, sent: signal.Signals, heard: str
) -> None:
    ready, told = tmp_path / "ready", tmp_path / "told"
    foundry = script(
        tmp_path / "foundry",
        f"""
def hear(number, frame):
    time.sleep(0.6)  # longer than the quarter of a second after which an interrupted wait kills
    open({str(told)!r}, 'a').write(signal.Signals(number).name)
    sys.exit(4)
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, hear)
open({str(ready)!r}, 'w').close()
time.sleep(30)
""",
    )
    before = signal.getsignal(sent)

    def interrupt() -> None:
        deadline = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), sent)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    assert foundry.run("runreq_x", tmp_path, quiet=True) == 4
    interrupting.join()
    assert told.read_text() == heard, "once"
    assert signal.getsignal(sent) == before


def test_away_from_the_main_thread_it_runs_all_the_same(tmp_path: Path) -> None:
    foundry, answers = script(tmp_path / "foundry", "sys.exit(0)"), list[int]()
    thread = threading.Thread(target=lambda: answers.append(foundry.run("runreq_x", tmp_path, quiet=True)))
    thread.start()
    thread.join()
    assert answers == [0]


def test_the_doctor_names_a_remedy_for_everything_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOY_FOUNDRY", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path))
    found = diagnose(tmp_path)
    missing = {check.name: check for check in found.checks if not check.fine}
    assert not found.healthy
    assert {"git", "Foundry", "workspace"} <= set(missing)
    assert all(check.remedy for check in missing.values())
    assert not missing["workspace"].needed
