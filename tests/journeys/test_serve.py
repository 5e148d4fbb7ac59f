"""One process serves the mailbox of a workspace: it may be killed, stopped in good order, or told to end a request."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from foundry_kernel.runner.processes import groups_of_run
from foundry_kernel.runner.run_folder import RunFolder, all_runs
from runtime_artifacts.life_files import RequestLives
from runtime_artifacts.request_life import LifeStep
from tests.foundry_kernel.runner.tiny_workspace import Tiny, gate, make_workspace

pytestmark = pytest.mark.slow
WAITS_FOR_GO = ("sh", "-c", "while ! [ -e ../../../../go ]; do sleep 0.1; done")


def until(holds: Callable[[], object], *, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def serving(tiny: Tiny, *more: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "foundry_kernel.cli",
        "serve",
        "--workspace",
        str(tiny.workspace.root),
        *more,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def processes_of(folder: RunFolder) -> set[str]:
    """Everything alive that belongs to a run: its launcher, kernel, gates."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        ours = folder.record().request_id.encode() in command
        if ours or (b"kernel-" in command and _below(entry, folder)):
            found.add(entry.name)
    return found | {str(group) for group in groups_of_run(folder.path)}


def _below(entry: Path, folder: RunFolder) -> bool:
    try:
        return (entry / "cwd").readlink() == folder.path
    except OSError:
        return False


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    made = make_workspace(tmp_path / "tiny", overlay_gates=[gate("waits", *WAITS_FOR_GO)])
    made.workspace.mailbox.post(made.request)
    return made


def begun(tiny: Tiny) -> RunFolder:
    """Folder of the run whose gate is running now."""
    until(lambda: all_runs(tiny.workspace.runs))
    folder = all_runs(tiny.workspace.runs)[0]
    until(lambda: groups_of_run(folder.path))
    return folder


def test_a_killed_runner_leaves_nothing_running_and_the_next_one_goes_on(tiny: Tiny) -> None:
    first = serving(tiny)
    folder = begun(tiny)
    first.kill()
    first.communicate()
    until(lambda: not processes_of(folder), within_s=10)
    until(folder.results, within_s=10)  # its witness says what happened, and then says it to who asked
    until(lambda: tiny.workspace.mailbox.results(tiny.request.id), within_s=10)
    (result,) = folder.results()
    assert (result.content.status, result.content.failure_class) == ("failed", "execution")
    for file in (
        *folder.path.glob("result-*.json"),
        *(tiny.workspace.mailbox.folder / "results").rglob("*.json"),
    ):
        file.unlink()  # as if the power had gone, and the witness with it
    (tiny.workspace.root / "go").touch()
    second = serving(tiny, "--until-empty")
    out, errors = second.communicate(timeout=60)

    assert second.returncode == 0, errors
    assert "1 ended, 0 of them badly" in out
    results = tiny.workspace.mailbox.results(tiny.request.id)
    assert [each.content.attempt for each in results][-1] == 2
    assert results[-1].content.retries.runner == 1
    assert len(all_runs(tiny.workspace.runs)) == 1, "the same run went on"


def test_a_runner_that_is_asked_to_stop_lets_what_runs_end(tiny: Tiny) -> None:
    process = serving(tiny, "--drain", "60")
    begun(tiny)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None
    (tiny.workspace.root / "go").touch()
    process.communicate(timeout=60)

    assert process.returncode == 0
    assert tiny.workspace.mailbox.results(tiny.request.id)[-1].content.status == "completed"


def test_a_cancellation_reaches_the_gate_that_runs(tiny: Tiny) -> None:
    process = serving(tiny, "--until-empty")
    folder = begun(tiny)
    wish = LifeStep(kind="cancel_asked", at="2026-03-02T12:00:00Z", by="ada", why="wrong branch")
    RequestLives(tiny.workspace.mailbox.folder).add(tiny.request.id, lambda life: wish)
    process.communicate(timeout=60)

    assert process.returncode == 1
    assert tiny.workspace.mailbox.results(tiny.request.id)[-1].content.status == "cancelled"
    assert not groups_of_run(folder.path)


def test_a_request_without_network_and_without_the_queue_s_library(tmp_path: Path) -> None:
    """The laptop path: no interface but the loopback one, and an import of the library would fail."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("no network namespace can be had here")
    tiny = make_workspace(tmp_path / "tiny", overlay_gates=[gate("quick", "true")])
    for name in ("dbos", "sqlalchemy", "psycopg"):
        (tmp_path / "broken" / name).mkdir(parents=True)
        (tmp_path / "broken" / name / "__init__.py").write_text(f"raise SystemExit('{name} was imported')")
    command = [sys.executable, "-m", "foundry_kernel.cli", "run", str(tiny.request_file)]
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command],
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'broken'}:{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
