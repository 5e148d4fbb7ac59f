"""Every command answers in one way: text or one envelope, an exit code, no traceback."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foundry_kernel.cli import main
from foundry_kernel.runner.run_folder import all_runs
from runtime_artifacts.execution_request import FoundryCall
from tests.foundry_kernel.runner.tiny_workspace import Tiny, compile_request, gate, make_workspace


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def envelope(result: Result) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(result.stdout)
    assert set(said) == {"success", "data", "error"}
    assert said["success"] is (result.exit_code == 0)
    return said


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    gates = [
        {"name": "tests", "command": "true"},
        {"name": "style", "command": "echo ugly; false", "required": False},
    ]
    return make_workspace(tmp_path / "tiny", repository_gates=gates, overlay_gates=[gate("holds", "true")])


@pytest.mark.slow
def test_run_delivers_a_result_once_and_then_answers_with_it(tiny: Tiny) -> None:
    workspace = ("--workspace", str(tiny.workspace.root))
    first = call("run", tiny.request.id, *workspace, "--json")
    said = envelope(first)
    assert first.exit_code == 1, "style is not required, so it is a finding"
    assert said["data"]["run_result"]["content"]["status"] == "completed_with_findings"
    assert said["data"]["deduplicated"] is False
    assert "✓ gate tests" in first.stderr, "progress goes to stderr"
    second = envelope(call("run", str(tiny.request_file), "--json"))
    assert second["data"]["deduplicated"] is True
    assert second["data"]["run_result"]["id"] == said["data"]["run_result"]["id"]

    (folder,) = all_runs(tiny.workspace.runs)
    traced = call("trace", folder.run_id, *workspace)
    assert "✗ gate style" in traced.stdout
    event = next(fact for fact in folder.facts() if fact.event_type == "preflight_completed")
    part = call("trace", str(event.event_id), *workspace)
    assert part.stdout.startswith("· preflight_completed")
    assert folder.run_id in call("history", *workspace).stdout
    assert call("status", *workspace).stdout.startswith("Nothing waits")
    assert "completed with findings" in call("watch", folder.run_id, *workspace).stdout
    assert "nothing ran now" in call("resume", folder.run_id, *workspace).stdout


@pytest.mark.slow
def test_a_time_limit_ends_the_run_with_a_result(tmp_path: Path) -> None:
    tiny = make_workspace(tmp_path / "tiny", overlay_gates=[gate("sleeps", "sleep", "60")])
    result = call("run", str(tiny.request_file), "--time-limit", "1")
    assert result.exit_code == 4, result.output
    (folder,) = all_runs(tiny.workspace.runs)
    assert folder.results()[0].content.failure_class == "execution"
    assert "no end after" in result.stdout


def test_a_waiting_request_is_in_the_status(tiny: Tiny) -> None:
    said = envelope(call("status", "--workspace", str(tiny.workspace.root), "--json"))
    assert [(line["request_id"], line["state"]) for line in said["data"]] == [(tiny.request.id, "waiting")]


def test_a_refused_request_has_the_code_of_its_reason_and_no_traceback(tiny: Tiny) -> None:
    missing = call("run", "nowhere.json", "--workspace", str(tiny.workspace.root))
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert missing.stderr.startswith("Error: no request file")
    file = tiny.workspace.root / "edited.json"
    file.write_text(tiny.request_file.read_text().replace('"ada"', '"eve"'))
    edited = call("run", str(file), "--json")
    assert edited.exit_code == 3
    assert envelope(edited)["error"]["type"] == "DigestMismatch"


def test_an_event_that_no_formation_begins_with_is_refused(tiny: Tiny) -> None:
    request = compile_request(tiny.workspace, tiny.revision, call=FoundryCall(entry_event="plan_completed"))
    tiny.workspace.mailbox.post(request)
    result = call("run", request.id, "--workspace", str(tiny.workspace.root))
    assert result.exit_code == 2
    assert "a run cannot begin with plan_completed" in result.stderr
    (told,) = tiny.workspace.runs.iterdir()
    assert told.name.startswith("refused_"), "no run, but a line for the audit"


def test_emit_runs_a_formation_without_a_request(tiny: Tiny) -> None:
    workspace = ("--workspace", str(tiny.workspace.root))
    said = envelope(
        call("emit", "greet_requested", "demo", "--payload", '{"name": "Ada"}', *workspace, "--json")
    )
    assert said["data"]["status"] == "completed"
    assert "compose_greeting" in call("trace", said["data"]["run_id"], *workspace).stdout
    assert "greet_requested" in call("history", *workspace).stdout


def test_emit_refuses_what_does_not_fit(tiny: Tiny) -> None:
    workspace = ("--workspace", str(tiny.workspace.root))
    assert "did you mean greet_requested" in call("emit", "greet_reqested", "demo", *workspace).stderr
    assert call("emit", "greet_requested", "demo", "--payload", "[]", *workspace).exit_code == 2
    assert call("emit", "greet_requested", "demo", "--payload", '{"name": 7}', *workspace).exit_code == 2


def test_gates_are_resolved_and_run_on_the_tree_as_it_is(tiny: Tiny) -> None:
    root = str(tiny.workspace.root)
    resolved = call("gates", "resolve", root)
    assert resolved.stdout.splitlines()[1].split() == ["tests", "repository", "required", "600", "s"]
    run = call("gates", "run", root, "--json")
    assert run.exit_code == 1
    assert [each["status"] for each in envelope(run)["data"]["gates"]] == ["passed", "failed"]
    assert call("gates", "run", root, "tests").exit_code == 0
    assert "there are tests, style" in call("gates", "run", root, "tets").stderr


def test_the_manifest_promises_the_formations_that_are_there() -> None:
    content = envelope(call("manifest", "--json"))["data"]["content"]
    assert {"greet_requested", "validation_requested"} <= set(content["entry_events"])
    assert content["resolves_gate_overlays"] is True


def test_outside_of_a_workspace_the_next_step_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("status")
    assert result.exit_code == 2
    assert "--workspace" in result.stderr


@pytest.mark.parametrize(
    "command", ["run", "resume", "status", "watch", "trace", "history", "manifest", "emit"]
)
def test_every_command_says_how_it_is_used_with_an_example(command: str) -> None:
    text = call(command, "--help").stdout
    assert "Example" in text
    assert "--json" in text


def test_the_help_is_there_at_once() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "foundry_kernel.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert "Exit codes" in done.stdout
    for heavy in ("pydantic", "papermill", "ipykernel", "rich"):
        assert f" {heavy}\n" not in done.stderr, f"{heavy} is imported for --help"
    assert took_s < 3, "ten times what is promised, of the processor, however busy the machine is"
