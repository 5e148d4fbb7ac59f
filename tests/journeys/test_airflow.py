"""Airflow itself executes the documented DAG: its papermill operator on our kernel, each in an environment of its own.

With `ALLOY_AIRFLOW=1` Airflow is installed into a throwaway environment, which takes some minutes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from alloynb.application.workspace import Workspace, open_workspace
from foundry_kernel.runner.launch import run_notebook
from tests.fakes.environment_alone import CannotInstall, environment_alone

pytestmark = pytest.mark.slow

SWITCH = "ALLOY_AIRFLOW"
AIRFLOW = ("apache-airflow==3.3.2", "apache-airflow-providers-papermill==3.13.3")
INSTALL_LIMIT_S = 600
TIME_LIMIT_S = 300
DOCS = Path(__file__).parents[2] / "docs"
_TEST_RUN = """\
import json, sys, airflow_shop
run = airflow_shop.dag.test()
states = {each.task_id: str(each.state) for each in run.get_task_instances()}
open(sys.argv[1], "w").write(json.dumps(states))
"""


@dataclass(frozen=True)
class Airflow:
    """An Airflow with its database, and the environment variables of its worker."""

    python: Path
    folder: Path
    environment: dict[str, str]

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (str(self.python), *arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def run_documented(
        self, here: Workspace, changed: Mapping[str, str] | None = None
    ) -> tuple[dict[str, str], str]:
        """Run the DAG as the guide has it, for a repository: the state of each task, and what was printed."""
        text = (DOCS / "schedule" / "airflow_shop.py").read_text()
        places = {
            "/srv/shop": here.root,
            "/opt/alloy": run_notebook().parent,
            "/srv/runs": self.folder / "runs",
        }
        for said, meant in places.items():
            assert f'"{said}' in text, said
            text = text.replace(f'"{said}', f'"{meant}')
        for said, meant in (changed or {}).items():
            text = text.replace(said, meant)
        (self.folder / "dags" / "airflow_shop.py").write_text(text)
        (self.folder / "run.py").write_text(_TEST_RUN)
        told = self.folder / "states.json"
        told.unlink(missing_ok=True)
        done = self.call("run.py", str(told))
        assert told.exists(), done.stdout[-3000:] + done.stderr[-3000:]
        return json.loads(told.read_text()), done.stdout + done.stderr


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    if not os.environ.get(SWITCH):
        pytest.skip(
            f"{SWITCH}=1 installs an Airflow into a throwaway environment and runs the documented DAG"
        )
    if shutil.which("jq") is None:
        pytest.skip("the documented DAG needs jq")
    folder = tmp_path_factory.mktemp("airflow")
    ours = Path(sys.prefix)
    try:
        python = environment_alone(folder / "venv", *AIRFLOW, time_limit_s=INSTALL_LIMIT_S)
        for each in ("dags", "runs", "home"):
            (folder / each).mkdir()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "JUPYTER", "PYTEST", "PYTHON"))
        }
        environment = {
            **inherited,
            "PATH": f"{python.parent}:{ours / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "ALLOY_PRINCIPAL": "ada",
            "AIRFLOW_HOME": str(folder / "home"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
            "JUPYTER_PATH": str(folder / "jupyter"),
            "PYTHONPATH": str(folder / "dags"),
        }
        made = Airflow(python, folder, environment)
        register_kernel(folder, ours)
        migrated = made.call("-m", "airflow", "db", "migrate")
        assert migrated.returncode == 0, migrated.stderr[-3000:]
        yield made
    except CannotInstall as error:
        pytest.skip(f"Airflow cannot be installed here: {error}")
    finally:
        shutil.rmtree(folder / "venv", ignore_errors=True)


def register_kernel(folder: Path, ours: Path) -> None:
    """Let another environment's papermill find our kernel, with the commands of the guide."""
    page = (DOCS / "schedule.md").read_text()
    (commands,) = re.findall(r"```sh\n(mkdir -p /srv/airflow/jupyter/kernels.*?)```", page, re.DOTALL)
    commands = commands.replace("/srv/airflow/jupyter", str(folder / "jupyter")).replace(
        "/opt/alloy", str(ours)
    )
    subprocess.run(("sh", "-ec", commands), check=True, capture_output=True)


@pytest.fixture
def here(tmp_path: Path, airflow: Airflow) -> Workspace:
    """The sample shop, governed by one record whose gate holds."""
    root = tmp_path / "shop"
    alloynb = str(Path(sys.prefix) / "bin" / "alloynb")

    def call(*command: str, folder: Path = root) -> None:
        subprocess.run(command, cwd=folder, env=airflow.environment, check=True, capture_output=True)

    call(alloynb, "sample", str(root), folder=tmp_path)
    call(alloynb, "init")
    shutil.copy(DOCS / "screenshots" / "records" / "right-total.yaml", root / ".alloy" / "intent")
    call(alloynb, "intent", "accept", "right-total", "--why", "we rely on it")
    call("git", "add", "--all")
    call("git", "commit", "--quiet", "-m", "Say what we rely on")
    return open_workspace(root)


def test_the_documented_dag_asks_and_executes_and_tried_again_it_is_the_same_request(
    airflow: Airflow, here: Workspace
) -> None:
    states, said = airflow.run_documented(here)
    assert states == {"ask": "success", "execute": "success"}, said[-3000:]
    (request,) = here.mailbox.requests()
    (result,) = here.mailbox.results(request.id)
    assert result.content.status == "completed"
    (executed,) = (airflow.folder / "runs").glob("*.ipynb")
    assert request.id in executed.read_text()

    states, said = airflow.run_documented(here)
    assert states == {"ask": "success", "execute": "success"}, said[-3000:]
    assert len(list((here.root / ".alloy" / "runs").glob("run_*"))) == 1, "nothing runs twice"
    assert not re.search(r"attribute is deprecated", said), "the documented imports are those of this Airflow"


def test_a_parameter_that_the_notebook_does_not_know_fails_the_task_and_nothing_runs(
    airflow: Airflow, here: Workspace
) -> None:
    states, said = airflow.run_documented(here, {'"workspace": ': '"worksapce": '})
    assert states == {"ask": "success", "execute": "failed"}, said[-3000:]
    assert "unknown parameter 'worksapce'" in said
    assert not list((here.root / ".alloy" / "runs").glob("run_*"))
