"""A real child process behind the port: prompt in, answer out, tree compared, group ended."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from foundry_kernel.agents.errors import (
    AgentCancelled,
    AgentFailed,
    AgentNotInstalled,
    AgentTimedOut,
    ReadOnlyViolated,
)
from foundry_kernel.gateways.shell import CancelToken
from tests.foundry_kernel.agents.setting import SECRET, Setting


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(file: Path) -> int:
    while not (file.exists() and file.read_text()):
        time.sleep(0.02)
    return int(file.read_text())


def gone(process: int) -> bool:
    until = time.monotonic() + 5
    while is_running(process) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(process)


async def test_what_an_agent_says_and_changes_is_reported(setting: Setting) -> None:
    result = await setting.tell('WRITE b.txt two\nWRITE a.txt changed\nSAY done\nSAY {"ok": true}')

    assert result.text == 'done\n{"ok": true}\n'
    assert result.structured == {"ok": True}
    assert result.changed_files == ("a.txt", "b.txt")
    assert (result.adapter, result.exit_code) == ("command_line", 0)
    assert result.duration_ms > 0
    assert result.facts()["changed_files"] == ["a.txt", "b.txt"]
    assert "usd" not in result.facts()


async def test_changes_are_those_of_this_call_alone(setting: Setting) -> None:
    (setting.tree / "before.txt").write_text("was here\n")

    result = await setting.tell("WRITE b.txt two")

    assert result.changed_files == ("b.txt",)


async def test_an_agent_that_may_only_read_and_writes_is_a_safety_failure(setting: Setting) -> None:
    with pytest.raises(ReadOnlyViolated, match=r"may only read, and changed b\.txt") as caught:
        await setting.tell("WRITE b.txt two\nSAY I changed nothing", "read_only")

    assert caught.value.failure_class == "safety"
    assert caught.value.exit_code == 3
    assert caught.value.changed_files == ("b.txt",)


async def test_removing_a_file_is_a_change(setting: Setting) -> None:
    with pytest.raises(ReadOnlyViolated, match=r"a\.txt"):
        await setting.tell("REMOVE a.txt", "read_only")


async def test_a_failing_agent_does_not_get_away_with_writing(setting: Setting) -> None:
    with pytest.raises(ReadOnlyViolated) as caught:
        await setting.tell("WRITE b.txt two\nEXIT 3", "read_only")

    assert isinstance(caught.value.__cause__, AgentFailed)


async def test_an_agent_that_only_reads_may_answer(setting: Setting) -> None:
    assert (await setting.tell("SAY fine", "read_only")).text == "fine\n"


async def test_a_failing_exit_code_is_an_execution_failure_with_what_was_said(setting: Setting) -> None:
    with pytest.raises(AgentFailed, match=r"exit code 3\): no quota left") as caught:
        await setting.tell("SAY half an answer\nGRUMBLE no quota left\nEXIT 3")

    assert caught.value.failure_class == "execution"
    assert caught.value.ended_with == 3


async def test_a_program_that_is_missing_cannot_be_dispatched_to(setting: Setting) -> None:
    with pytest.raises(AgentNotInstalled, match=r"no-such-agent.*agents\.toml") as caught:
        await setting.tell(
            "hello", text='[agents.default]\nadapter = "command_line"\ncommand = ["no-such-agent"]'
        )

    assert caught.value.failure_class == "dispatch"
    assert caught.value.exit_code == 4


async def test_the_prompt_comes_on_standard_input_however_long(setting: Setting) -> None:
    prompt = "COUNT\n" + "é" * 5_000_000

    result = await setting.tell(prompt)

    assert result.text.strip() == str(len(prompt))


async def test_an_agent_that_does_not_read_its_prompt_may_still_answer(setting: Setting) -> None:
    text = '[agents.default]\nadapter = "command_line"\ncommand = ["/bin/echo", "never mind"]'

    result = await setting.tell("x" * 5_000_000, text=text)

    assert result.text == "never mind\n"


async def test_a_flood_is_bounded_and_says_so(setting: Setting) -> None:
    result = await setting.tell('SAY first\nFLOOD 20000\nSAY {"last": 1}')

    assert len(result.text) < 9_000_000
    assert result.text.startswith("first\n")
    assert result.structured == {"last": 1}
    assert "were not kept" in result.remarks[0]


async def test_the_whole_group_ends_at_the_time_limit(setting: Setting) -> None:
    told = setting.folder / "child.pid"

    with pytest.raises(AgentTimedOut, match=r"within 1 s") as caught:
        await setting.tell(f"CHILD {told}\nSAY hm\nSLEEP 60", timeout_s=1)

    assert gone(int(told.read_text()))
    assert caught.value.failure_class == "execution"
    assert caught.value.output == "hm"


async def test_the_configured_limit_holds_against_a_longer_call(setting: Setting) -> None:
    with pytest.raises(AgentTimedOut, match=r"within 0\.5 s"):
        await setting.tell("SLEEP 60", text=setting.command_line("timeout_s = 0.5"), timeout_s=600)


async def test_a_token_ends_the_whole_group(setting: Setting) -> None:
    told = setting.folder / "child.pid"
    token = CancelToken()
    call = asyncio.create_task(setting.tell(f"CHILD {told}\nSLEEP 60", cancel=token))
    child = await asyncio.to_thread(wait_for, told)

    token.set("a human said so")

    with pytest.raises(AgentCancelled, match="a human said so"):
        await call
    assert gone(child)


async def test_cancelling_the_call_ends_the_whole_group(setting: Setting) -> None:
    told = setting.folder / "child.pid"
    call = asyncio.create_task(setting.tell(f"CHILD {told}\nSLEEP 60"))
    child = await asyncio.to_thread(wait_for, told)

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert gone(child)


async def test_an_agent_sees_only_what_it_was_allowed(setting: Setting) -> None:
    setting.environment["AGENT_KEY"] = SECRET

    result = await setting.tell(
        "ENV\nTELL UNRELATED", text=setting.command_line('env = ["AGENT_KEY", "NOT_SET"]')
    )

    seen = set(result.text.splitlines()[0].split()) - {"ENV", "LC_CTYPE"}
    assert seen == {"AGENT_KEY", "HOME", "PATH"}
    assert "nothing" in result.text


async def test_a_secret_never_comes_back(setting: Setting) -> None:
    setting.environment["AGENT_KEY"] = SECRET
    text = setting.command_line('env = ["AGENT_KEY"]')

    answered = await setting.tell("TELL AGENT_KEY", text=text)
    with pytest.raises(AgentFailed) as caught:
        await setting.tell(f"GRUMBLE key {SECRET} was refused\nEXIT 1", text=text)

    assert answered.text == "***AGENT_KEY***\n"
    assert SECRET not in str(caught.value) + caught.value.output
    assert "***AGENT_KEY***" in str(caught.value)


async def test_a_variable_that_is_missing_is_named_when_the_agent_fails(setting: Setting) -> None:
    with pytest.raises(AgentFailed, match="not set here: AGENT_KEY"):
        await setting.tell("EXIT 1", text=setting.command_line('env = ["AGENT_KEY"]'))


async def test_escape_codes_do_not_reach_the_trace(setting: Setting) -> None:
    result = await setting.tell("SAY \x1b[31mred\x1b[0m")

    assert "\x1b" not in result.text


async def test_placeholders_are_filled_and_other_braces_stay(setting: Setting) -> None:
    text = setting.command_line(
        'model = "m-1"', ', "{access}/{capability}/{model}/{phase}", "{cwd}", "{other}"'
    )

    result = await setting.tell("ARGUMENTS", "read_only", text=text, phase="triage")

    assert result.text == f"read_only/coding/m-1/triage {setting.tree} {{other}}\n"


async def test_what_an_agent_proposes_is_never_executed(setting: Setting) -> None:
    result = await setting.tell('SAY $(touch pwned) `touch pwned`; {"command": ["touch", "pwned"]}')

    assert result.changed_files == ()
    assert not (setting.tree / "pwned").exists()
