"""The adapter for Codex, against a program that prints events as they are documented."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foundry_kernel.agents.errors import AgentFailed, ReadOnlyViolated
from tests.foundry_kernel.agents.setting import Setting

CONFIGURED = '[agents.default]\nadapter = "codex"\n'
STARTED = {"type": "thread.started", "thread_id": "0199a213-81c0-7800-8aa1-bbab2a035a53"}
COMPLETED = {
    "type": "turn.completed",
    "usage": {"input_tokens": 24763, "cached_input_tokens": 24448, "output_tokens": 122},
}
FAKE = """
import json, os, pathlib, sys
pathlib.Path(os.environ["HOME"], "called.json").write_text(json.dumps([sys.argv[1:], sys.stdin.read()]))
{before}
print({output!r})
sys.exit({code})
"""


def message(text: str, kind: str = "type", name: str = "agent_message") -> dict[str, Any]:
    return {"type": "item.completed", "item": {"id": "item_3", kind: name, "text": text}}


def install(setting: Setting, *events: dict[str, Any] | str, code: int = 0, before: str = "") -> None:
    lines = [each if isinstance(each, str) else json.dumps(each) for each in events]
    setting.program("codex", FAKE.format(output="\n".join(lines), code=code, before=before))


def called(setting: Setting) -> tuple[list[str], str]:
    arguments, prompt = json.loads((setting.folder / "called.json").read_text())
    return arguments, prompt


async def test_the_last_message_is_the_answer(setting: Setting) -> None:
    install(
        setting,
        STARTED,
        {"type": "turn.started"},
        {"type": "item.completed", "item": {"id": "item_0", "type": "reasoning", "text": "thinking"}},
        message("first"),
        {"type": "item.started", "item": {"id": "item_1", "type": "command_execution", "command": "ls"}},
        message('{"accepted": false}'),
        COMPLETED,
    )

    result = await setting.tell("Judge it.", "read_only", CONFIGURED)

    assert result.text == '{"accepted": false}'
    assert result.structured == {"accepted": False}
    assert result.session_id == STARTED["thread_id"]
    assert (result.cost.usd, result.cost.tokens_in, result.cost.tokens_out) == (None, 24763, 122)


@pytest.mark.parametrize(("access", "sandbox"), [("read_only", "read-only"), ("full", "workspace-write")])
async def test_the_sandbox_follows_the_access(setting: Setting, access: str, sandbox: str) -> None:
    install(setting, STARTED, message("ok"), COMPLETED)

    await setting.tell("Judge it.", access, CONFIGURED + 'model = "m"\nextra_args = ["--ephemeral"]')

    arguments, prompt = called(setting)
    assert arguments == [
        *("exec", "--json", "--color", "never", "--sandbox", sandbox),
        *("--model", "m", "--ephemeral", "-"),
    ]
    assert prompt == "Judge it."


async def test_a_sandbox_is_not_trusted_either(setting: Setting) -> None:
    install(setting, STARTED, message("ok"), COMPLETED, before='pathlib.Path("b.txt").write_text("two")')

    with pytest.raises(ReadOnlyViolated):
        await setting.tell("Judge it.", "read_only", CONFIGURED)


async def test_older_versions_name_their_items_otherwise(setting: Setting) -> None:
    install(setting, STARTED, message("ok", "item_type", "assistant_message"), COMPLETED)

    assert (await setting.tell("Do it.", text=CONFIGURED)).text == "ok"


async def test_a_connection_that_was_taken_up_again_is_no_failure(setting: Setting) -> None:
    install(setting, STARTED, {"type": "error", "message": "Reconnecting... 1/5"}, message("ok"), COMPLETED)

    assert (await setting.tell("Do it.", text=CONFIGURED)).text == "ok"


async def test_a_failed_turn_is_a_failure_with_its_reason(setting: Setting) -> None:
    install(
        setting,
        STARTED,
        message("so far"),
        {"type": "turn.failed", "error": {"message": "usage limit"}},
        code=1,
    )

    with pytest.raises(AgentFailed, match="usage limit") as caught:
        await setting.tell("Do it.", text=CONFIGURED)

    assert caught.value.ended_with == 1


@pytest.mark.parametrize(
    "events",
    [
        (STARTED, COMPLETED),
        ("no event", "[1]", "{", '"text"', "[" * 50_000),
        ({"type": "item.completed", "item": None}, {"type": 3}),
    ],
)
async def test_no_message_is_a_failure(setting: Setting, events: tuple[Any, ...]) -> None:
    install(setting, *events)

    with pytest.raises(AgentFailed, match="gave no message"):
        await setting.tell("Do it.", text=CONFIGURED)


async def test_the_answer_survives_a_flood_of_events(setting: Setting) -> None:
    flood = (
        'for _ in range(200): print(json.dumps({"type": "item.completed", "item": {"text": "z" * 100_000}}))'
    )
    install(setting, message("ok"), COMPLETED, before=f"print({json.dumps(json.dumps(STARTED))})\n{flood}")

    result = await setting.tell("Do it.", text=CONFIGURED)

    assert (result.text, result.session_id) == ("ok", STARTED["thread_id"])
