"""Recorded calls are played as they were recorded, and recorded so that they can be played."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.agents.answers import TriageAnswer
from foundry_kernel.agents.asking import ask
from foundry_kernel.agents.errors import (
    AgentCancelled,
    AgentFailed,
    AgentNotInstalled,
    AgentTimedOut,
    BadRecording,
    MissingRecording,
    ReadOnlyViolated,
)
from foundry_kernel.gateways.shell import CancelToken
from tests.foundry_kernel.agents.setting import SECRET, Setting

CONFIGURED = '[agents.default]\nadapter = "replayed"\nfolder = "recordings"\n'
PATCH = """\
diff --git a/a.txt b/a.txt
--- a/a.txt
+++ b/a.txt
@@ -1 +1,2 @@
 one
+two
diff --git a/new/b.txt b/new/b.txt
new file mode 100644
--- /dev/null
+++ b/new/b.txt
@@ -0,0 +1 @@
+fresh
"""


@pytest.fixture
def recordings(setting: Setting) -> Path:
    folder = setting.folder / "recordings"
    folder.mkdir()
    return folder


async def play(setting: Setting, phase: str, access: str = "full", **more: Any) -> Any:
    return await setting.tell("whatever", access, CONFIGURED, phase=phase, **more)


async def test_words_answer_cost_and_session_are_played(setting: Setting, recordings: Path) -> None:
    (recordings / "triage.toml").write_text(
        'text = "Looked."\nmodel = "m"\nsession_id = "s"\n[answer]\naccepted = true\n[cost]\nusd = 0.5\ntokens_in = 3'
    )

    result = await play(setting, "triage", "read_only")

    assert result.structured == {"accepted": True}
    assert result.text.startswith("Looked.")
    assert (result.cost.usd, result.cost.tokens_in, result.model, result.session_id) == (0.5, 3, "m", "s")
    assert result.changed_files == ()
    assert result.remarks == ("played from triage.toml",)


async def test_a_patch_is_applied_to_the_tree(setting: Setting, recordings: Path) -> None:
    (recordings / "execution.toml").write_text('patch = "fix.patch"')
    (recordings / "fix.patch").write_text(PATCH)

    result = await play(setting, "execution")

    assert result.changed_files == ("a.txt", "new/b.txt")
    assert (setting.tree / "a.txt").read_text() == "one\ntwo\n"


async def test_files_are_written_and_removed(setting: Setting, recordings: Path) -> None:
    recorded = {
        "write": {"deep/er/b.txt": "b\n"},
        "write_base64": {"c.bin": "AP8="},
        "remove": ["a.txt", "gone.txt"],
    }
    (recordings / "execution.json").write_text(json.dumps(recorded))

    result = await play(setting, "execution")

    assert result.changed_files == ("a.txt", "c.bin", "deep/er/b.txt")
    assert (setting.tree / "c.bin").read_bytes() == b"\x00\xff"


async def test_the_most_exact_recording_serves(setting: Setting, recordings: Path) -> None:
    for name in ("execution", "execution.attempt-2", "execution.iteration-3.attempt-2", "execution.again"):
        (recordings / f"{name}.toml").write_text(f'text = "{name}"')

    said = [
        (await play(setting, "execution", attempt=attempt, iteration=iteration, asked_again=again)).text
        for attempt, iteration, again in (
            (1, 1, False),
            (2, 1, False),
            (2, 3, False),
            (1, 3, False),
            (2, 3, True),
        )
    ]

    assert said == [
        "execution",
        "execution.attempt-2",
        "execution.iteration-3.attempt-2",
        "execution",
        "execution.again",
    ]


async def test_a_missing_recording_is_a_clear_error(setting: Setting, recordings: Path) -> None:
    with pytest.raises(
        MissingRecording, match=r"phase review, attempt 2, iteration 1 in .*write review\.toml"
    ) as caught:
        await play(setting, "review", attempt=2)

    assert caught.value.failure_class == "dispatch"


async def test_a_played_agent_is_watched_like_any_other(setting: Setting, recordings: Path) -> None:
    (recordings / "review.toml").write_text('[write]\n"a.txt" = "changed"')

    with pytest.raises(ReadOnlyViolated):
        await play(setting, "review", "read_only")


@pytest.mark.parametrize(
    ("kind", "error"),
    [("failed", AgentFailed), ("timed_out", AgentTimedOut), ("not_installed", AgentNotInstalled)],
)
async def test_failures_are_played(
    setting: Setting, recordings: Path, kind: str, error: type[Exception]
) -> None:
    (recordings / "planning.toml").write_text(f'[failure]\nkind = "{kind}"\nmessage = "as it was"')

    with pytest.raises(error, match="as it was"):
        await play(setting, "planning")


async def test_a_delay_is_kept_and_ends_at_the_time_limit(setting: Setting, recordings: Path) -> None:
    (recordings / "planning.toml").write_text("delay_s = 0.2")

    assert (await play(setting, "planning")).duration_ms >= 200
    with pytest.raises(AgentTimedOut, match=r"0\.1 s"):
        await play(setting, "planning", timeout_s=0.1)


async def test_a_delay_can_be_cancelled(setting: Setting, recordings: Path) -> None:
    (recordings / "planning.toml").write_text("delay_s = 600")
    token = CancelToken()
    call = asyncio.create_task(play(setting, "planning", cancel=token))
    await asyncio.sleep(0.2)

    token.set("enough")

    with pytest.raises(AgentCancelled, match="enough"):
        await call


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("planning.toml", "text =", r"planning\.toml: not TOML"),
        ("planning.json", "{", r"planning\.json.*not JSON"),
        ("planning.json", '{"text": "a", "text": "b"}', "duplicate key"),
        ("planning.json", "[]", "recording: "),
        ("planning.toml", 'txet = "a"', r"planning\.toml: txet: Extra"),
        ("planning.toml", 'patch = "../outside.patch"', "patch: leaves the workspace"),
        ("planning.toml", 'patch = "missing.patch"', "patch"),
        ("planning.toml", '[write]\n"../b.txt" = ""', "leaves the workspace"),
        ("planning.toml", '[write]\n"/etc/b.txt" = ""', "leaves the workspace|plain relative"),
        ("planning.toml", '[write]\n".git/hooks/pre-commit" = ""', "belongs to git"),
        ("planning.toml", 'remove = ["sub/.GIT/config"]', "belongs to git"),
        ("planning.toml", '[write_base64]\n"b.txt" = "%"', "cannot be played"),
        ("planning.toml", "delay_s = -1", "delay_s"),
    ],
)
async def test_a_bad_recording_is_named(
    setting: Setting, recordings: Path, name: str, text: str, told: str
) -> None:
    (recordings / name).write_text(text)

    with pytest.raises(BadRecording, match=told) as caught:
        await play(setting, "planning")

    assert str(recordings / name) in str(caught.value)


async def test_a_patch_that_does_not_fit_is_named(setting: Setting, recordings: Path) -> None:
    (recordings / "execution.toml").write_text('patch = "fix.patch"')
    (recordings / "fix.patch").write_text(PATCH.replace(" one", " other"))

    with pytest.raises(BadRecording, match=r"execution\.toml: fix\.patch does not fit the tree.*a\.txt"):
        await play(setting, "execution")


async def test_a_patch_does_not_leave_the_tree(setting: Setting, recordings: Path) -> None:
    (recordings / "execution.toml").write_text('patch = "fix.patch"')
    (recordings / "fix.patch").write_text(PATCH.replace("new/b.txt", "../b.txt"))

    with pytest.raises(BadRecording, match="does not fit"):
        await play(setting, "execution")

    assert not (setting.folder / "b.txt").exists()


async def test_a_link_does_not_lead_a_recording_out_of_the_tree(setting: Setting, recordings: Path) -> None:
    (setting.tree / "out").symlink_to(setting.folder)
    (recordings / "execution.toml").write_text('remove = ["out/agents.toml"]\n[write]\n"out/b.txt" = ""')

    with pytest.raises(BadRecording, match="cannot be played"):
        await play(setting, "execution")

    assert not (setting.folder / "b.txt").exists()
    assert (setting.folder / "agents.toml").exists()


async def test_two_files_for_one_call_are_refused(setting: Setting, recordings: Path) -> None:
    (recordings / "planning.toml").write_text("")
    (recordings / "planning.json").write_text("{}")

    with pytest.raises(BadRecording, match="serve the same call"):
        await play(setting, "planning")


async def test_what_was_recorded_plays_the_same(setting: Setting) -> None:
    recording = setting.command_line('record = "recordings"')
    (setting.tree / "old.txt").write_text("x")
    setting.git("add", "-A")
    setting.git("commit", "-qm", "second")
    told = 'WRITE a.txt changed\nWRITE b.txt é\nREMOVE old.txt\nSAY {"ok": true}'

    first = await setting.tell(told, text=recording, phase="execution", attempt=2)
    after_first = {file.name: file.read_bytes() for file in setting.tree.glob("*.txt")}
    setting.git("reset", "-q", "--hard")
    setting.git("clean", "-qfd")
    second = await play(setting, "execution", attempt=2)

    assert (second.text, second.structured, second.changed_files) == (
        first.text,
        first.structured,
        first.changed_files,
    )
    assert {file.name: file.read_bytes() for file in setting.tree.glob("*.txt")} == after_first


async def test_a_recorded_failure_plays_as_a_failure(setting: Setting) -> None:
    recording = setting.command_line('record = "recordings"')
    with pytest.raises(AgentFailed):
        await setting.tell("GRUMBLE no quota\nEXIT 1", text=recording, phase="planning")

    with pytest.raises(AgentFailed, match="no quota"):
        await play(setting, "planning")


async def test_nothing_that_is_recorded_holds_a_secret(setting: Setting) -> None:
    setting.environment["AGENT_KEY"] = SECRET
    recording = setting.command_line('record = "recordings"\nenv = ["AGENT_KEY"]')

    await setting.tell(f"TELL AGENT_KEY\nWRITE b.txt {SECRET}", text=recording, phase="execution")

    text = (setting.folder / "recordings" / "execution.iteration-1.attempt-1.json").read_text()
    assert SECRET not in text
    assert "***AGENT_KEY***" in text


async def test_a_whole_phase_runs_without_a_network(setting: Setting, recordings: Path) -> None:
    (recordings / "triage.toml").write_text('text = "Yes, I think so."')
    (recordings / "triage.again.toml").write_text("[answer]\naccepted = true")

    asked = await ask(
        setting.agents(CONFIGURED),
        "Judge it.",
        TriageAnswer,
        access="read_only",
        capability="quick",
        cwd=setting.tree,
        phase="triage",
    )

    assert asked.answer.accepted
