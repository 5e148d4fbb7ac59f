"""What docs/schedule/ offers is what the schedulers take: units, a cron line, an operator's call."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foundry_kernel.runner.launch import run_notebook
from tests.foundry_kernel.runner.tiny_workspace import gate, make_workspace

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schedule"
SIGNATURE = {
    "input_nb",
    "output_nb",
    "parameters",
    "kernel_name",
    "language_name",
    "kernel_conn_id",
    "nbconvert",
}
"""Arguments of PapermillOperator of apache-airflow-providers-papermill 3, beside those of every operator."""


def test_the_units_are_what_systemd_takes(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    opt = tmp_path / "opt"
    (opt / "bin").mkdir(parents=True)
    for name in ("nightly.sh", "bin/foundry-kernel"):
        (opt / name).write_text("#!/bin/sh\n")
        (opt / name).chmod(0o755)
    for unit in FOLDER.glob("*@.*"):
        text = unit.read_text().replace("/opt/alloy", str(opt))
        (tmp_path / unit.name.replace("@.", "@shop.")).write_text(text)
    units = [str(each) for each in tmp_path.glob("*@shop.*")]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "shop." in line and str(tmp_path) in line]

    assert len(units) == 3
    assert not said, done.stderr


@pytest.mark.slow
def test_the_cron_line_works_in_the_bare_environment_of_cron(tmp_path: Path) -> None:
    tiny = make_workspace(tmp_path / "shop", overlay_gates=[gate("quick", "true")])
    tiny.workspace.mailbox.post(tiny.request)
    (tiny.workspace.root / ".alloy" / "cache").mkdir()
    programs = Path(sys.executable).parent
    lines = (FOLDER / "crontab").read_text().splitlines()
    (line,) = [each for each in lines if "serve" in each]
    command = re.sub(r"^(\S+\s+){5}", "", line).replace("/srv/shop", str(tiny.workspace.root))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={
            "PATH": f"{programs}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "SHELL": "/bin/sh",
            "LOGNAME": "shop",
        },
        cwd="/",
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    said = json.loads((tiny.workspace.root / ".alloy" / "cache" / "served.json").read_text())
    assert said["data"]["ended"] == {tiny.request.id: "completed"}


def test_the_operator_is_called_as_its_signature_says_and_with_our_parameters() -> None:
    tree = ast.parse((FOLDER / "airflow_shop.py").read_text())
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    (call,) = [each for each in calls if getattr(each.func, "id", "") == "PapermillOperator"]
    said = {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg}
    parameters = ast.literal_eval(said["parameters"])
    notebook = json.loads(run_notebook().read_text())
    (cell,) = [each for each in notebook["cells"] if "parameters" in each["metadata"].get("tags", [])]
    known = {
        target.id
        for node in ast.walk(ast.parse("".join(cell["source"])))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }

    assert set(said) - {"task_id"} <= SIGNATURE
    assert set(parameters) <= known
    from papermill import execute_notebook

    taken = set(inspect.signature(execute_notebook).parameters)
    assert {"input_path", "output_path", "parameters", "kernel_name", "language"} <= taken, "what it calls"
