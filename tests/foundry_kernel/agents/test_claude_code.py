"""The adapter for Claude Code, against a program that prints what the real one is documented to print."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foundry_kernel.agents.errors import AgentFailed, AgentNotInstalled
from tests.foundry_kernel.agents.setting import SECRET, Setting

CONFIGURED = '[agents.default]\nadapter = "claude_code"\n'
RESULT: dict[str, Any] = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "duration_ms": 5210,
    "duration_api_ms": 4890,
    "num_turns": 3,
    "result": 'Looked at it.\n\n```json\n{"accepted": true}\n```',
    "stop_reason": "end_turn",
    "session_id": "7f0c6a3e-0d5c-4a6f-9b57-8a0f4c1f7c11",
    "total_cost_usd": 0.0421,
    "usage": {
        "input_tokens": 12,
        "cache_creation_input_tokens": 3000,
        "cache_read_input_tokens": 500,
        "output_tokens": 87,
    },
    "modelUsage": {"claude-sonnet-x": {"inputTokens": 12, "outputTokens": 87}},
    "permission_denials": [],
}
FAKE = """
import json, os, pathlib, sys
prompt = sys.stdin.read()
pathlib.Path(os.environ["HOME"], "called.json").write_text(json.dumps([sys.argv[1:], prompt]))
{before}
print({output!r})
sys.exit({code})
"""


def install(setting: Setting, output: Any, code: int = 0, before: str = "") -> None:
    text = output if isinstance(output, str) else json.dumps(output)
    setting.program("claude", FAKE.format(output=text, code=code, before=before))


def called(setting: Setting) -> tuple[list[str], str]:
    arguments, prompt = json.loads((setting.folder / "called.json").read_text())
    return arguments, prompt


async def test_answer_cost_session_and_model_are_read(setting: Setting) -> None:
    install(setting, RESULT)

    result = await setting.tell("Judge it.", "read_only", CONFIGURED)

    assert result.text.startswith("Looked at it.")
    assert result.structured == {"accepted": True}
    assert (result.cost.usd, result.cost.tokens_in, result.cost.tokens_out) == (0.0421, 3512, 87)
    assert result.session_id == RESULT["session_id"]
    assert result.model == "claude-sonnet-x"
    assert result.exit_code == 0


async def test_who_may_only_read_gets_only_tools_that_read(setting: Setting) -> None:
    install(setting, RESULT)

    await setting.tell("Judge it.", "read_only", CONFIGURED)

    arguments, prompt = called(setting)
    assert prompt == "Judge it."
    assert "Judge it." not in arguments
    assert arguments[:3] == ["-p", "--output-format", "json"]
    assert arguments[arguments.index("--tools") + 1] == "Read,Grep,Glob"
    assert arguments[arguments.index("--permission-mode") + 1] == "dontAsk"
    assert "Bash" in arguments[arguments.index("--disallowedTools") + 1]
    assert arguments[arguments.index("--setting-sources") + 1] == "user"
    assert "--strict-mcp-config" in arguments


async def test_full_access_accepts_edits_and_the_model_is_passed_on(setting: Setting) -> None:
    install(setting, RESULT, before='pathlib.Path("b.txt").write_text("two")')
    more = 'model = "opus"\nextra_args = ["--allowedTools", "Bash(make test)"]'

    result = await setting.tell("Do it.", "full", CONFIGURED + more)

    arguments, _ = called(setting)
    assert arguments[arguments.index("--permission-mode") + 1] == "acceptEdits"
    assert arguments[arguments.index("--model") + 1] == "opus"
    assert arguments[-2:] == ["--allowedTools", "Bash(make test)"]
    assert "--tools" not in arguments
    assert result.changed_files == ("b.txt",)


@pytest.mark.parametrize(
    ("output", "code", "told"),
    [
        ({**RESULT, "is_error": True, "result": "Prompt is too long"}, 0, "Prompt is too long"),
        ({"type": "result", "subtype": "error_max_turns", "is_error": False}, 0, "error_max_turns"),
        (
            {"type": "result", "subtype": "error_during_execution", "is_error": True, "errors": ["boom"]},
            1,
            "boom",
        ),
        ("Invalid API key · Please run /login", 1, "Invalid API key"),
        ("not JSON", 0, "printed no JSON result"),
        ('"only a text"', 0, "printed no JSON result"),
        ("[" * 100_000, 0, "printed no JSON result"),
        ({**RESULT, "result": {"not": "text"}}, 0, "failed"),
    ],
)
async def test_what_is_no_answer_is_a_failure(setting: Setting, output: Any, code: int, told: str) -> None:
    install(setting, output, code)

    with pytest.raises(AgentFailed, match=told) as caught:
        await setting.tell("Do it.", text=CONFIGURED)

    assert caught.value.adapter == "claude_code"


async def test_the_last_message_of_verbose_output_counts(setting: Setting) -> None:
    install(setting, [{"type": "system"}, {"type": "assistant", "result": "no"}, {**RESULT, "result": "yes"}])

    assert (await setting.tell("Do it.", text=CONFIGURED)).text == "yes"


async def test_odd_figures_are_not_known_rather_than_wrong(setting: Setting) -> None:
    install(
        setting, {"type": "result", "result": "ok", "total_cost_usd": "much", "usage": [], "modelUsage": None}
    )

    result = await setting.tell("Do it.", text=CONFIGURED)

    assert (result.cost.usd, result.cost.tokens_in, result.model) == (None, None, None)


async def test_denied_tools_are_remarked(setting: Setting) -> None:
    install(setting, {**RESULT, "permission_denials": [{"tool_name": "Bash"}, {"tool_name": "Bash"}]})

    result = await setting.tell("Do it.", text=CONFIGURED)

    assert result.remarks == ("2 uses of tools were denied: Bash",)


async def test_a_secret_that_was_escaped_in_json_is_redacted_too(setting: Setting) -> None:
    setting.environment["ANTHROPIC_API_KEY"] = key = f'{SECRET}"\\tail'
    install(setting, {**RESULT, "result": f"the key is {key}"})

    result = await setting.tell("Do it.", text=CONFIGURED + 'env = ["ANTHROPIC_API_KEY"]')

    assert result.text == "the key is ***ANTHROPIC_API_KEY***"


async def test_more_than_can_be_kept_is_a_failure_that_says_so(setting: Setting) -> None:
    install(setting, "x", before='sys.stdout.write("y" * 20_000_000)')

    with pytest.raises(AgentFailed, match="printed too much for its answer to be kept"):
        await setting.tell("Do it.", text=CONFIGURED)


async def test_not_being_installed_is_told(setting: Setting) -> None:
    with pytest.raises(AgentNotInstalled, match="install 'claude'"):
        await setting.tell("Do it.", text=CONFIGURED)
