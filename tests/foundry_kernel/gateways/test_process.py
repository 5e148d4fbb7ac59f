"""Commands: whatever they do, they end, their output is kept within bounds, and nothing of them stays (spec 4.5)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from foundry_kernel.gateways.process import ProcessShell
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import KIB, CancelToken, Command, CommandResult

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")


async def run(
    tmp_path: Path,
    argv: tuple[str, ...] | str,
    *,
    time_limit_s: float = 20,
    grace_s: float = 0.3,
    cancel: CancelToken | None = None,
    stdin: bytes | None = None,
    output_file: Path | None = None,
    file_cap_bytes: int = 64 * KIB * KIB,
    apart: bool = False,
    redactor: Redactor | None = None,
) -> CommandResult:
    command = Command(
        argv,
        tmp_path,
        ENVIRONMENT,
        time_limit_s,
        grace_s=grace_s,
        stdin=stdin,
        output_file=output_file,
        file_cap_bytes=file_cap_bytes,
        apart=apart,
        redactor=redactor,
    )
    return await ProcessShell().run(command, cancel)


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", textwrap.dedent(text))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def until(holds: Callable[[], object], within_s: float = 10) -> bool:
    end = time.monotonic() + within_s
    while not holds() and time.monotonic() < end:  # noqa: ASYNC110 - another process makes it true
        await asyncio.sleep(0.02)
    return bool(holds())


def written(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""


async def pid_in(file: Path) -> int:
    assert await until(lambda: written(file))
    return int(written(file))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("code", [0, 1, 7])
async def test_the_exit_code_and_both_outputs_come_back(code: int, tmp_path: Path) -> None:
    result = await run(tmp_path, f"echo out; echo err >&2; exit {code}")
    assert (result.status, result.exit_code, result.succeeded) == ("exited", code, code == 0)
    assert result.output == "out\nerr\n"
    assert result.duration_ms > 0


async def test_a_list_is_run_without_a_shell(tmp_path: Path) -> None:
    result = await run(tmp_path, ("echo", "$HOME; echo injected"))
    assert result.output == "$HOME; echo injected\n"


async def test_a_command_that_dies_of_a_signal_says_which(tmp_path: Path) -> None:
    assert (await run(tmp_path, "kill -9 $$")).exit_code == -signal.SIGKILL


@pytest.mark.parametrize("argv", [("no-such-program-here",), ("/",), ()])
async def test_a_command_that_does_not_exist_is_a_result(argv: tuple[str, ...], tmp_path: Path) -> None:
    result = await run(tmp_path, argv)
    assert result.status == "cannot_start"
    assert result.reason


async def test_a_folder_that_does_not_exist_is_a_result(tmp_path: Path) -> None:
    assert (await run(tmp_path / "nowhere", ("true",))).status == "cannot_start"


async def test_a_command_gets_the_given_environment_and_nothing_else(tmp_path: Path) -> None:
    result = await run(tmp_path, ("env",))
    assert dict(line.split("=", 1) for line in result.output.splitlines()) == ENVIRONMENT


async def test_a_command_gets_no_variable_that_python_adds_for_itself(tmp_path: Path) -> None:
    command = Command(("env",), tmp_path, {"PATH": os.environ["PATH"]}, 20)
    assert (await ProcessShell().run(command)).output.splitlines() == [f"PATH={os.environ['PATH']}"]


async def test_a_command_inherits_no_open_file_but_its_three(tmp_path: Path) -> None:
    result = await run(
        tmp_path, python("import os; print(sorted(int(x) for x in os.listdir('/proc/self/fd')))")
    )
    assert result.output.strip() in ("[0, 1, 2, 3]",)


async def test_a_command_that_reads_stdin_reads_an_empty_file(tmp_path: Path) -> None:
    result = await run(tmp_path, ("cat",))
    assert (result.status, result.exit_code, result.output) == ("exited", 0, "")


async def test_a_prompt_can_be_given_on_stdin(tmp_path: Path) -> None:
    assert (await run(tmp_path, ("cat",), stdin=b"a prompt" * 20_000)).output_bytes == 160_000


async def test_a_command_that_does_not_read_its_prompt_is_no_failure(tmp_path: Path) -> None:
    assert (await run(tmp_path, ("true",), stdin=b"x" * 1_000_000)).succeeded


async def test_outputs_can_be_kept_apart(tmp_path: Path) -> None:
    result = await run(tmp_path, "echo out; echo err >&2", apart=True)
    assert (result.output, result.error_tail) == ("out\n", b"err\n")


async def test_a_flood_of_output_keeps_head_and_tail_and_a_bounded_file(tmp_path: Path) -> None:
    file = tmp_path / "output.txt"
    flood = python("""
        import sys
        sys.stdout.write("first line\\n")
        for _ in range(400): sys.stdout.write("x" * 50_000)
        sys.stdout.write("\\nlast line\\n")
    """)
    result = await run(tmp_path, flood, output_file=file, file_cap_bytes=KIB * KIB)
    assert result.output_bytes == 20_000_000 + 22
    assert len(result.head) == len(result.tail) == 32 * KIB
    assert result.output.startswith("first line\n")
    assert result.output.endswith("\nlast line\n")
    assert "bytes are left out" in result.output
    assert KIB * KIB <= file.stat().st_size < KIB * KIB + 100


async def test_a_whole_short_output_is_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "output.txt"
    await run(tmp_path, ("echo", "hello"), output_file=file)
    assert file.read_text() == "hello\n"


async def test_output_loses_escape_sequences_and_control_characters(tmp_path: Path) -> None:
    result = await run(tmp_path, ("printf", r"\033[31mred\033[0m\r\n\000bad\377"))
    assert result.output == "red\n\ufffdbad\ufffd"


@pytest.mark.parametrize(
    "text",
    [
        "import time; time.sleep(60)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    ],
    ids=["listens", "ignores SIGTERM"],
)
async def test_a_command_without_end_is_ended_at_its_limit(text: str, tmp_path: Path) -> None:
    began = time.monotonic()
    result = await run(tmp_path, python(text), time_limit_s=0.5)
    assert (result.status, result.reason) == ("timed_out", "ended after 0.5 s")
    assert time.monotonic() - began < 8


@needs_proc
@pytest.mark.parametrize("detached", [False, True], ids=["in the group", "in a session of its own"])
async def test_a_daemon_that_a_command_leaves_behind_is_ended(detached: bool, tmp_path: Path) -> None:
    file = tmp_path / "daemon.pid"
    result = await run(
        tmp_path,
        python(f"""
            import os, signal, time
            if os.fork() == 0:
                if {detached}: os.setsid()
                if os.fork() == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    open({str(file)!r}, "w").write(str(os.getpid()))
                    time.sleep(60)
                os._exit(0)
            while not os.path.exists({str(file)!r}): time.sleep(0.01)
            print("left")
        """),
    )
    assert (result.status, result.output) == ("exited", "left\n")
    assert not is_alive(int(file.read_text()))


@needs_proc
async def test_a_limit_ends_the_grandchildren_too(tmp_path: Path) -> None:
    file = tmp_path / "child.pid"
    await run(tmp_path, f"sleep 60 & echo $! > {file}; wait", time_limit_s=0.7)
    pid = await pid_in(file)
    assert await until(lambda: not is_alive(pid))


async def test_a_token_ends_a_running_command(tmp_path: Path) -> None:
    token = CancelToken()
    asyncio.get_running_loop().call_later(0.3, token.set, "enough")
    result = await run(tmp_path, ("sleep", "60"), cancel=token)
    assert (result.status, result.reason) == ("cancelled", "enough")


async def test_nothing_is_started_once_the_token_is_set(tmp_path: Path) -> None:
    token = CancelToken()
    token.set("enough")
    result = await run(tmp_path, ("touch", "made"), cancel=token)
    assert result.status == "cancelled"
    assert not (tmp_path / "made").exists()


@needs_proc
async def test_cancelling_the_call_ends_the_command_first(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    task = asyncio.create_task(run(tmp_path, f"echo $$ > {file}; exec sleep 60"))
    pid = await pid_in(file)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_alive(pid)


@needs_proc
async def test_nothing_of_a_command_outlives_its_caller(tmp_path: Path) -> None:
    """The caller is killed without a chance to clean up."""
    file = tmp_path / "pid"
    script = tmp_path / "caller.py"
    script.write_text(
        textwrap.dedent(f"""
        import asyncio, os
        from pathlib import Path
        from foundry_kernel.gateways.process import ProcessShell
        from foundry_kernel.gateways.shell import Command
        text = "trap '' TERM; setsid sleep 60 & echo $! > {file}; sleep 60; sleep 60"
        asyncio.run(ProcessShell().run(Command(text, Path("."), dict(os.environ), 60, grace_s=0.2)))
        """)
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'artifacts'}"}
    caller = await asyncio.create_subprocess_exec(sys.executable, script, cwd=tmp_path, env=environment)
    pid = await pid_in(file)
    caller.kill()
    await caller.wait()
    assert await until(lambda: not is_alive(pid))


async def test_a_secret_stands_neither_in_the_output_nor_in_the_file(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.learn({"TOKEN": "hunter2hunter2"})
    file = tmp_path / "output.txt"
    slowly = "printf hunter2; sleep 0.2; printf 'hunter2 is it'"
    result = await run(tmp_path, slowly, output_file=file, redactor=redactor)
    assert (result.output, file.read_text()) == ("***TOKEN*** is it", "***TOKEN*** is it")


async def test_many_commands_run_beside_each_other(tmp_path: Path) -> None:
    results = await asyncio.gather(*(run(tmp_path, f"sleep 0.1; exit {i}") for i in range(10)))
    assert [each.exit_code for each in results] == list(range(10))


async def test_no_pipe_stays_open(tmp_path: Path) -> None:
    await run(tmp_path, ("true",))
    before = open_files()
    for argv in (("true",), ("no-such-program-here",)):
        await run(tmp_path, argv)
    assert open_files() == before
