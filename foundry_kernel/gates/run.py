"""Running gates: each a command in its own process group, with an end, and a report whatever happens (spec 4.5)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from foundry_kernel.events.payloads.validation import Gate, GatePhase
from foundry_kernel.gates.reports import find_reports
from foundry_kernel.gates.weight import weigh
from foundry_kernel.gateways.printable import printable
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import CancelToken, Command, CommandResult, Shell
from runtime_artifacts.envelope import Throttle
from runtime_artifacts.errors import UnsafePath
from runtime_artifacts.run_result import GateReport, GateStatus
from runtime_artifacts.safe_path import resolve_inside

PASSED_ALWAYS = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Variables of the runner that every gate gets; any other must be named by the gate."""

MAX_DETAILS_CHARACTERS = 64 * 1024
_ODD_IN_FILE_NAME = re.compile(r"[^A-Za-z0-9._#-]")
_STATUS: Mapping[str, GateStatus] = {
    "timed_out": "timed_out",
    "cancelled": "cancelled",
    "cannot_start": "cannot_start",
}


@dataclass(frozen=True)
class GatePlace:
    """Where and how gates run.

    Attributes:
        run_dir: the run's folder; output and reports go to `gates/<phase>-<attempt>-<name>/` in it.
        attempt: of the run's chain, 1 for the first.
        environment: variables of the runner.
        grace_s: seconds between SIGTERM and SIGKILL; short, so that even a stubborn gate is gone two seconds after a
            cancellation.
    """

    tree: Path
    run_dir: Path
    phase: GatePhase
    throttle: Throttle
    environment: Mapping[str, str]
    redactor: Redactor
    attempt: int = 1
    grace_s: float = 1.0


Started = Callable[[Gate, int], None]
Finished = Callable[[GateReport], None]


async def run_gates(
    gates: Iterable[Gate],
    place: GatePlace,
    shell: Shell,
    *,
    cancel: CancelToken | None = None,
    on_started: Started = lambda gate, group: None,
    on_finished: Finished = lambda report: None,
    slots: int | None = None,
) -> tuple[GateReport, ...]:
    """Run gates beside each other; they are reported in the order given, however long each takes.

    Args:
        on_started: called with the gate and its process group, in the order in which gates really start.
        on_finished: called with each report, in the order given.
        slots: how many run at once; by default as many as there are processors.
    """
    room = asyncio.Semaphore(max(1, slots or os.cpu_count() or 1))

    async def one(gate: Gate) -> GateReport:
        async with room:
            return await run_gate(gate, place, shell, cancel=cancel, on_started=on_started)

    tasks = [asyncio.create_task(one(each)) for each in gates]
    reports: list[GateReport] = []
    try:
        for task in tasks:
            report = await task
            on_finished(report)
            reports.append(report)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tuple(reports)


async def run_gate(
    gate: Gate,
    place: GatePlace,
    shell: Shell,
    *,
    cancel: CancelToken | None = None,
    on_started: Started = lambda gate, group: None,
) -> GateReport:
    """Run one gate and report what happened. A failing, endless or missing command is a report, not an exception.

    The output keeps its first and last 32 KiB in `details`; the whole, up to 64 MiB, is in `output.txt`. Values of
    variables that the gate names are replaced by `***NAME***` in both.

    Raises:
        OSError: the run's folder cannot be written.
    """
    try:
        cwd = resolve_inside(place.tree, gate.working_directory)
    except UnsafePath as error:
        return _report(gate, place, CommandResult("cannot_start", reason=error.message), None)
    folder = _fresh_folder(place, gate)
    place.redactor.learn(
        {name: place.environment[name] for name in gate.environment if name in place.environment}
    )
    output = folder / "output.txt"
    result = await shell.run(
        Command(
            argv=gate.command,
            cwd=cwd,
            environment=gate_environment(gate, place, folder),
            time_limit_s=gate.timeout_s,
            grace_s=place.grace_s,
            output_file=output,
            redactor=place.redactor,
        ),
        cancel,
        lambda group: on_started(gate, group),
    )
    return _report(gate, place, result, folder)


def gate_environment(gate: Gate, place: GatePlace, report_dir: Path) -> dict[str, str]:
    """Variables that a gate gets: `PASSED_ALWAYS`, those that it names, and where the run is.

    The folder of the running Python stands last on the path, so that commands installed beside it are found.
    """
    given = {name: place.environment[name] for name in PASSED_ALWAYS if name in place.environment}
    given |= {name: place.environment[name] for name in gate.environment if name in place.environment}
    beside = str(Path(sys.executable).parent)
    path = given.get("PATH") or os.defpath
    given["PATH"] = path if beside in path.split(os.pathsep) else f"{path}{os.pathsep}{beside}"
    if "LANG" not in given and "LC_ALL" not in given:
        given["LANG"] = "C.UTF-8"
    given["FOUNDRY_RUN_DIR"] = str(place.run_dir)
    given["FOUNDRY_GATE_REPORT_DIR"] = str(report_dir)
    artifacts = place.run_dir / "artifacts"
    if artifacts.is_dir():
        given["FOUNDRY_ARTIFACTS_DIR"] = str(artifacts)
    return given


def _fresh_folder(place: GatePlace, gate: Gate) -> Path:
    """Make the gate's folder; one that an interrupted attempt left is not written to again."""
    name = _ODD_IN_FILE_NAME.sub("_", gate.name)[:80]
    if name != gate.name:
        name += "-" + hashlib.sha256(gate.name.encode()).hexdigest()[:8]
    stem = f"{place.phase}-{place.attempt}-{name}"
    parent = place.run_dir / "gates"
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = parent / (stem if number == 1 else f"{stem}.{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _report(gate: Gate, place: GatePlace, result: CommandResult, folder: Path | None) -> GateReport:
    if result.status == "exited":
        status: GateStatus = "passed" if result.exit_code == 0 else "failed"
    else:
        status = _STATUS[result.status]
    details = printable("\n".join(filter(None, (result.output, result.reason))))
    output = folder / "output.txt" if folder is not None else None
    return GateReport(
        name=gate.name,
        phase=place.phase,
        status=status,
        required=weigh(gate, place.throttle) == "fails",
        mode=gate.mode,
        source=gate.source,
        attempt=place.attempt,
        exit_code=result.exit_code,
        duration_ms=result.duration_ms,
        details=place.redactor(details)[-MAX_DETAILS_CHARACTERS - 200 :],
        output_file=_relative(output, place) if output is not None and output.is_file() else None,
        report_files=tuple(_relative(each, place) for each in find_reports(folder))
        if folder is not None
        else (),
        evidence_id=gate.evidence_id,
        applies_to=gate.applies_to,
    )


def _relative(file: Path, place: GatePlace) -> str:
    return file.relative_to(place.run_dir).as_posix()
