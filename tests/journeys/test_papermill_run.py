"""A request is executed by papermill itself, from any folder; the executed notebook is a record one can read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.runner.launch import run_notebook
from foundry_kernel.runner.run_folder import all_runs
from tests.foundry_kernel.runner.tiny_workspace import Tiny, gate, make_workspace

pytestmark = pytest.mark.slow


def papermill(folder: Path, *parameters: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run the command line as anybody would, and read the executed notebook."""
    command = [
        sys.executable,
        "-m",
        "papermill",
        str(run_notebook()),
        "out.ipynb",
        "-k",
        "foundry",
        *parameters,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done, json.loads((folder / "out.ipynb").read_text())


def shown(notebook: dict[str, Any]) -> str:
    """Everything that the notebook's outputs say as text."""
    said = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            said += (
                output.get("data", {}).get("text/plain", [])
                or output.get("traceback", [])
                or output.get("text", [])
            )
            said.append("\n")
    return "".join(said)


@pytest.fixture
def anywhere(tmp_path: Path) -> Path:
    folder = tmp_path / "some where"
    folder.mkdir()
    return folder


def tiny_with(tmp_path: Path, *gates: Any, **more: Any) -> Tiny:
    return make_workspace(tmp_path / "tiny", overlay_gates=gates, **more)


def test_papermill_runs_a_request_from_any_folder_and_leaves_a_readable_record(
    tmp_path: Path, anywhere: Path
) -> None:
    tiny = tiny_with(tmp_path, gate("holds", "true"))
    done, notebook = papermill(anywhere, "-p", "request", str(tiny.request_file))
    assert done.returncode == 0, done.stderr
    text = shown(notebook)
    for said in (
        tiny.request.id,
        tiny.revision,
        "Verified: every digest",
        "validation_requested",
        "✓ gate holds",
        "✓ completed",
    ):
        assert said in text
    (result,) = tiny.workspace.mailbox.results(tiny.request.id)
    assert result.content.status == "completed"
    assert [seen.status for seen in result.content.evidence_observations] == ["satisfied"]
    assert result.content.kernel == "foundry"
    assert "without encryption" not in done.stderr + text


def test_the_progress_is_one_display_that_was_updated_in_place(tmp_path: Path, anywhere: Path) -> None:
    tiny = tiny_with(tmp_path, *(gate(f"g{number}", "sleep", "0.3") for number in range(6)))
    _, notebook = papermill(anywhere, "-p", "request", str(tiny.request_file))
    (emit,) = [cell for cell in notebook["cells"] if cell["id"] == "emit"]
    assert len(emit["outputs"]) == 1
    assert set(emit["outputs"][0]["data"]) == {"text/html", "text/plain"}


def test_a_failed_required_gate_fails_papermill_and_the_record_says_which(
    tmp_path: Path, anywhere: Path
) -> None:
    required = [{"name": "tests", "command": "exit 1", "required": True, "timeout": 30}]
    falls = gate("falls", "sh", "-c", "echo it is broken; exit 3")
    tiny = tiny_with(tmp_path, falls, gate("holds", "true"), repository_gates=required)
    done, notebook = papermill(anywhere, "-p", "request", str(tiny.request_file))
    assert done.returncode == 1
    assert "gate tests failed" in shown(notebook)
    assert "RunDidNotSucceed" in done.stderr
    content = tiny.workspace.mailbox.results(tiny.request.id)[0].content
    assert (content.status, content.failure_class) == ("failed", "execution")
    seen = {each.evidence_id: (each.status, each.notes) for each in content.evidence_observations}
    assert seen["tiny.intent.falls#it"] == ("unsatisfied", "it is broken")
    assert seen["tiny.intent.holds#it"][0] == "satisfied"


def test_findings_may_be_let_through(tmp_path: Path, anywhere: Path) -> None:
    tiny = tiny_with(tmp_path, gate("falls", "false"))
    request = ("-p", "request", str(tiny.request_file))
    done, notebook = papermill(anywhere, *request, "-p", "fail_on_findings", "False")
    assert done.returncode == 0, done.stderr
    assert "completed with findings" in shown(notebook)
    again, notebook = papermill(anywhere, *request)
    assert again.returncode == 1
    assert "answered before: nothing ran now" in shown(notebook)
    assert len(all_runs(tiny.workspace.runs)) == 1


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (("-p", "requst", "r.json"), "unknown parameter 'requst'; did you mean 'request'?"),
        (("-p", "request", "007"), "found 7 (int)"),
        (("-p", "request", "nowhere.json"), "no request file"),
        (("-p", "fail_on_findings", "sometimes"), "fail_on_findings"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_happens(
    anywhere: Path, parameters: tuple[str, ...], said: str
) -> None:
    done, notebook = papermill(anywhere, *parameters)
    assert done.returncode == 1
    assert said in shown(notebook)
    (verify,) = [cell for cell in notebook["cells"] if cell["id"] == "verify"]
    assert len(verify["outputs"][-1]["traceback"]) == 1, "the message, not the way through the package"


def test_the_run_notebook_is_stored_without_outputs_and_says_what_it_is_for() -> None:
    notebook = json.loads(run_notebook().read_text())
    assert notebook["metadata"]["kernelspec"]["name"] == "foundry"
    assert notebook["cells"][0]["cell_type"] == "markdown"
    assert [cell["metadata"].get("tags") for cell in notebook["cells"] if cell["id"] == "parameters"] == [
        ["parameters"]
    ]
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
