"""The code host: whom to ask, what it says, and what is said when nobody knows (spec 4.6)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.gateways.code_host import (
    BadCodeHost,
    CommandHost,
    GithubHost,
    NoCodeHost,
    as_text,
    open_code_host,
    pipeline_of,
    read_pipeline,
)
from foundry_kernel.gateways.package_tools import ToolCaller, ToolFailed, ToolMissing
from foundry_kernel.gateways.process import ProcessShell
from foundry_kernel.gateways.secrets import Redactor
from tests.fakes.foundry_tools import asked_of, path_with, put_tool


def gh_run(number: int, conclusion: str | None, workflow: str = "ci", sha: str = "a" * 40) -> dict[str, Any]:
    return {
        "databaseId": number,
        "status": "completed" if conclusion is not None else "in_progress",
        "conclusion": conclusion or "",
        "headSha": sha,
        "headBranch": "main",
        "url": f"runs/{number}",
        "workflowName": workflow,
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", "-b", "main"], cwd=folder, check=True)
    return folder


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    return tmp_path / "bin"


@pytest.fixture
def caller(bin_folder: Path) -> ToolCaller:
    environment = {"PATH": path_with(bin_folder), "CI_TOKEN": "geheim", "OTHER": "x"}
    return ToolCaller(ProcessShell(), environment, Redactor(), time_limit_s=30)


def add_remote(repository: Path, address: str) -> None:
    subprocess.run(["git", "remote", "add", "origin", address], cwd=repository, check=True)


def configure(repository: Path, text: str) -> None:
    (repository / ".alloy").mkdir(exist_ok=True)
    (repository / ".alloy" / "code_host.toml").write_text(text)


@pytest.mark.parametrize(
    ("runs", "status", "address"),
    [
        ([], "none", ""),
        ([gh_run(2, "success"), gh_run(1, "failure")], "passed", "runs/2"),
        ([gh_run(2, "success"), gh_run(1, "failure", "docs")], "failed", "runs/1"),
        ([gh_run(2, None), gh_run(1, "success", "docs")], "running", "runs/2"),
        ([gh_run(2, None), gh_run(1, "cancelled", "docs")], "failed", "runs/1"),
        ([gh_run(2, "skipped"), gh_run(1, "failure", "docs", "b" * 40)], "passed", "runs/2"),
    ],
)
def test_of_each_workflow_the_newest_run_of_the_newest_commit_counts(
    runs: list[dict[str, Any]], status: str, address: str
) -> None:
    found = pipeline_of(runs)
    assert (found.status, found.address) == (status, address)


@pytest.mark.parametrize("address", ["git@github.com:a/b.git", "ssh://git@github.com/a/b"])
async def test_a_remote_at_github_is_asked_through_gh(
    address: str, repository: Path, bin_folder: Path, caller: ToolCaller
) -> None:
    add_remote(repository, address)
    listed = [gh_run(7, "failure"), gh_run(6, "success", "docs")]
    put_tool(bin_folder, "gh", says=listed, script='[ "$2" = view ] && { echo "1 failed: test_x"; exit 0; }')
    host = await open_code_host(repository, caller)
    assert isinstance(host, GithubHost)
    found = await host.pipeline(revision="a" * 40)
    assert (found.status, found.revision, found.branch) == ("failed", "a" * 40, "main")
    assert [(each.name, each.status, each.log) for each in found.failed_jobs] == [
        ("ci", "failure", "1 failed: test_x\n")
    ]
    assert as_text(found) == "the pipeline failed: ci (runs/7)"
    assert asked_of(bin_folder, "gh")[0].endswith(f"--limit 50 --commit {'a' * 40}")
    await host.pipeline(branch="main")
    assert "--branch main" in asked_of(bin_folder, "gh")[2]


async def test_any_other_host_is_asked_through_the_command_that_the_repository_names(
    repository: Path, bin_folder: Path, caller: ToolCaller
) -> None:
    configure(
        repository,
        'adapter = "command"\ncommand = ["ci-state", "{revision}", "on {branch}"]\nenv = ["CI_TOKEN"]\n',
    )
    said = {"status": "failed", "failed_jobs": [{"name": "lint", "log": "x" * 30_000}], "new": 1}
    put_tool(bin_folder, "ci-state", says=said, script='[ "$CI_TOKEN$OTHER" = geheim ] || exit 9')
    host = await open_code_host(repository, caller)
    assert isinstance(host, CommandHost)
    found = await host.pipeline(branch="main; rm -rf /", revision="abc")
    assert found.status == "failed"
    assert len(found.failed_jobs[0].log) == 20_000
    assert asked_of(bin_folder, "ci-state") == ["abc on main; rm -rf /"]


async def test_that_there_is_no_host_can_be_said(repository: Path, caller: ToolCaller) -> None:
    configure(repository, 'adapter = "none"\n')
    assert await open_code_host(repository, caller) is None


async def test_a_host_that_nobody_knows_is_said_with_the_next_step(
    repository: Path, tmp_path: Path, caller: ToolCaller
) -> None:
    with pytest.raises(NoCodeHost, match=r"code_host\.toml"):
        await open_code_host(repository, caller)
    remote = str(tmp_path / "github.com" / "x.git")
    add_remote(repository, remote)
    with pytest.raises(NoCodeHost):
        await open_code_host(repository, caller)


@pytest.mark.parametrize(
    "text",
    [
        "adapter = ",
        'adapter = "gitlab"',
        'adapter = "command"',
        'adapter = "none"\ncommand = ["x"]',
        'adapter = "none"\nx = 1',
    ],
)
async def test_a_configuration_that_does_not_hold_together_is_refused(
    text: str, repository: Path, caller: ToolCaller
) -> None:
    configure(repository, text)
    with pytest.raises(BadCodeHost, match=r"code_host\.toml"):
        await open_code_host(repository, caller)


async def test_gh_that_is_missing_or_not_logged_in_is_a_dispatch_failure(
    repository: Path, bin_folder: Path, caller: ToolCaller
) -> None:
    configure(repository, 'adapter = "github"\n')
    host = await open_code_host(repository, caller)
    assert host is not None
    with pytest.raises(ToolMissing, match="gh auth login"):
        await host.pipeline(branch="main")
    put_tool(bin_folder, "gh", script="echo 'To get started, please run: gh auth login' >&2", code=4)
    with pytest.raises(ToolFailed, match="gh auth login"):
        await host.pipeline(branch="main")


@pytest.mark.parametrize("text", ["", "[]", '{"status": "green"}', '{"status": "failed", "failed_jobs": 3}'])
def test_an_answer_of_another_form_is_refused(text: str) -> None:
    with pytest.raises((BadCodeHost, ToolFailed)):
        read_pipeline(text)
