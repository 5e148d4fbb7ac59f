"""Running gates: a report whatever happens, in order, with a clean environment (spec 4.5)."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.events.payloads.validation import Gate
from foundry_kernel.gates.run import GatePlace, gate_environment, run_gate, run_gates
from foundry_kernel.gateways.process import ProcessShell
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import CancelToken, Command, CommandResult
from runtime_artifacts.run_result import GateReport
from tests.fakes.foundry_shell import FakeShell, exits


def a_gate(command: Any = "true", name: str = "tests", **more: Any) -> Gate:
    said = {
        "required": True,
        "mode": "required_for_mutation",
        "source": "repository",
        "timeout_s": 20,
        **more,
    }
    return Gate(name=name, command=command, **said)


def a_place(tmp_path: Path, environment: dict[str, str] | None = None, attempt: int = 1) -> GatePlace:
    for name in ("tree", "run"):
        (tmp_path / name).mkdir(exist_ok=True)
    variables = environment if environment is not None else {"PATH": os.environ["PATH"]}
    return GatePlace(
        tmp_path / "tree",
        tmp_path / "run",
        "preflight",
        "dry_run",
        variables,
        Redactor(),
        attempt,
        grace_s=0.2,
    )


async def run_for_real(tmp_path: Path, gate: Gate) -> GateReport:
    return await run_gate(gate, a_place(tmp_path), ProcessShell())


@pytest.mark.parametrize(
    ("command", "status", "exit_code"),
    [
        (("true",), "passed", 0),
        ("exit 3", "failed", 3),
        (("no-such-program-here",), "cannot_start", None),
        ("read line && exit 9; exit 5", "failed", 5),
        ("kill -9 $$", "failed", -9),
    ],
)
async def test_whatever_a_gate_does_there_is_a_report(
    command: Any, status: str, exit_code: int | None, tmp_path: Path
) -> None:
    report = await run_for_real(tmp_path, a_gate(command))
    assert (report.status, report.exit_code, report.required) == (status, exit_code, True)


async def test_a_gate_that_ignores_sigterm_times_out(tmp_path: Path) -> None:
    report = await run_for_real(tmp_path, a_gate("trap '' TERM; while :; do sleep 1; done", timeout_s=0.4))
    assert report.status == "timed_out"
    assert "ended after 0.4 s" in report.details


async def test_a_gate_that_leaves_a_daemon_behind_is_not_waited_for(tmp_path: Path) -> None:
    report = await run_for_real(tmp_path, a_gate("setsid sleep 60 & echo ready"))
    assert (report.status, report.details) == ("passed", "ready\n")
    assert report.duration_ms < 15_000


async def test_a_gate_that_floods_its_output_keeps_head_and_tail(tmp_path: Path) -> None:
    flood = "echo begin; yes flood | head -c 3000000; echo; echo end"
    report = await run_for_real(tmp_path, a_gate(flood))
    assert len(report.details) < 70_000
    assert report.details.startswith("begin\n")
    assert report.details.endswith("\nend\n")
    assert report.output_file is not None
    assert (tmp_path / "run" / report.output_file).stat().st_size > 3_000_000


async def test_a_gate_finds_where_it_runs_and_may_leave_reports(tmp_path: Path) -> None:
    (tmp_path / "run" / "artifacts").mkdir(parents=True)
    text = 'cd "$FOUNDRY_GATE_REPORT_DIR" && echo "<a/>" > j.xml && echo "{}" > s.sarif && ln -s /etc/passwd l.xml && '
    text += 'test -d "$FOUNDRY_RUN_DIR/gates" && test -d "$FOUNDRY_ARTIFACTS_DIR"'
    report = await run_for_real(tmp_path, a_gate(text, name="reports"))
    assert report.status == "passed", report.details
    assert report.output_file == "gates/preflight-1-reports/output.txt"
    assert report.report_files == ("gates/preflight-1-reports/j.xml", "gates/preflight-1-reports/s.sarif")


def test_a_gate_gets_a_clean_environment(tmp_path: Path) -> None:
    given = {"PATH": "/bin", "HOME": "/home/ada", "SECRET": "s3cr3t", "TOKEN": "t0k3n", "TZ": "UTC"}
    place = a_place(tmp_path, given)
    found = gate_environment(a_gate(environment=("TOKEN", "MISSING")), place, tmp_path / "run" / "here")
    assert found == {
        "PATH": f"/bin{os.pathsep}{Path(sys.executable).parent}",
        "HOME": "/home/ada",
        "TZ": "UTC",
        "TOKEN": "t0k3n",
        "LANG": "C.UTF-8",
        "FOUNDRY_RUN_DIR": str(tmp_path / "run"),
        "FOUNDRY_GATE_REPORT_DIR": str(tmp_path / "run" / "here"),
    }


async def test_a_secret_handed_to_a_gate_by_name_is_not_in_its_report(tmp_path: Path) -> None:
    place = a_place(tmp_path, {"PATH": os.environ["PATH"], "TOKEN": "hunter2hunter2"})
    report = await run_gate(a_gate("echo $TOKEN", environment=("TOKEN",)), place, ProcessShell())
    assert report.details == "***TOKEN***\n"
    assert "hunter2" not in (tmp_path / "run" / str(report.output_file)).read_text()


async def test_a_gate_runs_in_its_working_directory_and_nowhere_outside(tmp_path: Path) -> None:
    place = a_place(tmp_path)
    (place.tree / "inner").mkdir()
    (place.tree / "out").symlink_to("/")
    inside = await run_gate(a_gate("pwd", working_directory="inner"), place, ProcessShell())
    outside = await run_gate(a_gate("pwd", working_directory="out"), place, ProcessShell())
    assert inside.details.strip().endswith("/tree/inner")
    assert outside.status == "cannot_start"


async def test_gates_are_reported_in_order_however_long_each_takes(tmp_path: Path) -> None:
    class Slow(FakeShell):
        async def run(self, command: Command, cancel: Any = None, on_started: Any = None) -> CommandResult:
            await asyncio.sleep({"a": 0.05, "b": 0.0, "c": 0.02}[str(command.argv)])
            return exits(0)

    finished: list[str] = []
    reports = await run_gates(
        [a_gate(name, name) for name in "abc"],
        a_place(tmp_path),
        Slow(),
        on_finished=lambda report: finished.append(report.name),
        slots=3,
    )
    assert [each.name for each in reports] == finished == ["a", "b", "c"]


async def test_no_more_gates_run_at_once_than_there_are_slots(tmp_path: Path) -> None:
    running: list[int] = [0]
    most: list[int] = [0]

    class Counting(FakeShell):
        async def run(self, command: Command, cancel: Any = None, on_started: Any = None) -> CommandResult:
            running[0] += 1
            most[0] = max(most[0], running[0])
            await asyncio.sleep(0.005)
            running[0] -= 1
            return exits(0)

    await run_gates([a_gate(name=f"g{i}") for i in range(12)], a_place(tmp_path), Counting(), slots=3)
    assert most == [3]


async def test_a_cancelled_run_reports_its_gates_as_cancelled(tmp_path: Path) -> None:
    token = CancelToken()
    asyncio.get_running_loop().call_later(0.2, token.set, "enough")
    gates = [a_gate("sleep 60", name=f"g{i}") for i in range(3)]
    reports = await run_gates(gates, a_place(tmp_path), ProcessShell(), cancel=token, slots=2)
    assert [each.status for each in reports] == ["cancelled"] * 3


async def test_when_a_report_cannot_be_recorded_the_other_gates_are_ended(tmp_path: Path) -> None:
    def full(report: GateReport) -> None:
        raise OSError("no space left")

    gates = [a_gate("true", name="quick"), a_gate("sleep 60", name="slow")]
    with pytest.raises(OSError, match="no space left"):
        async with asyncio.timeout(15):
            await run_gates(gates, a_place(tmp_path), ProcessShell(), on_finished=full, slots=2)


async def test_what_an_interrupted_attempt_left_is_not_written_to_again(tmp_path: Path) -> None:
    one = await run_for_real(tmp_path, a_gate("echo one"))
    two = await run_for_real(tmp_path, a_gate("echo two"))
    assert [each.output_file for each in (one, two)] == [
        "gates/preflight-1-tests/output.txt",
        "gates/preflight-1-tests.2/output.txt",
    ]


@pytest.mark.parametrize("name", ["../../etc", "a/b", "ünïcode", "x" * 200, "with space"])
async def test_a_gate_of_any_name_stays_in_its_folder(name: str, tmp_path: Path) -> None:
    report = await run_gate(a_gate("x", name=name), a_place(tmp_path), FakeShell({"x": exits(0)}))
    assert report.name == name
    (folder,) = (tmp_path / "run" / "gates").iterdir()
    assert folder.name.startswith("preflight-1-")
    assert folder.is_dir()
