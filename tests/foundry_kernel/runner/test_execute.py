"""An attempt ends with a result, whatever happens, and leaves the repository as it was."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.git import CommandGit, GitFailed
from foundry_kernel.runner.deliver import report_ending
from foundry_kernel.runner.execute import run_attempt
from foundry_kernel.runner.ports import runner_ports
from foundry_kernel.runner.prepare import AnsweredBefore, Prepared, RunInProgress, prepare_run
from foundry_kernel.runner.reopen import open_workspace_of, reopen
from foundry_kernel.runner.report import Ending
from foundry_kernel.runner.run_folder import RunFolder, UnknownRun, find_run
from foundry_kernel.runner.verify import RequestUnsafe
from runtime_artifacts.errors import DigestMismatch
from runtime_artifacts.journal import Fact, JournalTaken, JournalWriter
from runtime_artifacts.run_result import RunError, RunResult
from tests.foundry_kernel.runner.tiny_workspace import Tiny, compile_request, gate, git, make_workspace


def nobody_listens(fact: Fact) -> None:
    pass


async def prepared(tiny: Tiny) -> RunFolder:
    found = await prepare_run(tiny.request, tiny.workspace, runner_ports())
    assert isinstance(found, Prepared)
    return found.folder


def opened(folder: RunFolder) -> Prepared:
    found = reopen(folder)
    assert isinstance(found, Prepared)
    return found


async def result_of(tiny: Tiny, folder: RunFolder, **more: Any) -> RunResult:
    delivered = await run_attempt(opened(folder), nobody_listens, **more)
    assert delivered.as_json() == tiny.workspace.mailbox.results(tiny.request.id)[-1].as_json()
    return delivered.content


class BrokenGit(CommandGit):
    """Git whose worktrees cannot be made."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def add_worktree(
        self, repository: Path, revision: str, folder: Path, branch: str | None = None
    ) -> None:
        raise self.error


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny", overlay_gates=[gate("reads", "grep", "Tiny", "README.md")])


async def test_a_run_is_of_the_committed_revision_and_names_what_it_left_out(tiny: Tiny) -> None:
    root = tiny.workspace.root
    (root / "README.md").write_text("edited, not committed\n")
    folder = await prepared(tiny)
    result = await result_of(tiny, folder)
    assert result.status == "completed", "the committed README says Tiny, the edited one does not"
    assert result.uncommitted == ("README.md",)
    assert not folder.worktree.exists()
    assert git(root, "status", "--porcelain") == "M README.md"


async def test_every_fact_carries_the_whole_key_of_the_run(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    await result_of(tiny, folder)
    for fact in folder.facts():
        assert (fact.run_id, fact.request_id, fact.attempt) == (folder.run_id, tiny.request.id, 1)
        assert fact.brief_digest == tiny.request.content.brief.digest
        assert (fact.revision, fact.correlation_id, fact.project_id) == (tiny.revision, "corr-1", "tiny")
        assert fact.runner_id


async def test_git_that_fails_is_a_dispatch_failure_with_a_result(tiny: Tiny) -> None:
    result = await result_of(
        tiny, await prepared(tiny), gateways=GatewaySet(git=BrokenGit(GitFailed("disk is full")))
    )
    assert (result.status, result.failure_class) == ("failed", "dispatch")
    assert result.errors[0].message == "disk is full"


async def test_what_nobody_foresaw_still_has_a_result_and_is_not_hidden(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    with pytest.raises(RuntimeError, match="surprise"):
        await result_of(tiny, folder, gateways=GatewaySet(git=BrokenGit(RuntimeError("surprise"))))
    assert folder.results()[0].content.errors[0].message == "unexpected RuntimeError: surprise"


async def test_a_cancelled_task_is_a_cancelled_run(tmp_path: Path) -> None:
    tiny = make_workspace(tmp_path / "tiny", overlay_gates=[gate("sleeps", "sleep", "60")])
    folder = await prepared(tiny)
    started = asyncio.Event()

    def on_fact(fact: Fact) -> None:
        if fact.kind == "gate_started":
            started.set()

    running = asyncio.create_task(run_attempt(opened(folder), on_fact))
    await asyncio.wait_for(started.wait(), 20)
    running.cancel()
    result = (await running).content
    assert result.status == "cancelled"
    assert [each.status for each in result.gates] == ["cancelled"]
    assert not folder.worktree.exists()


async def test_an_attempt_belongs_to_one(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    ends = await asyncio.gather(
        run_attempt(opened(folder), nobody_listens),
        run_attempt(opened(folder), nobody_listens),
        return_exceptions=True,
    )
    assert sorted(type(end).__name__ for end in ends) == ["Artifact", "JournalTaken"]
    assert JournalTaken.exit_code == 4
    assert len(folder.results()) == 1


async def test_a_run_that_ended_is_answered_and_not_repeated(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    result = await run_attempt(opened(folder), nobody_listens)
    again = reopen(folder)
    assert isinstance(again, AnsweredBefore)
    assert again.result.id == result.id


async def test_a_run_that_broke_off_gets_its_result_first_and_is_then_gone_on_with(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    with JournalWriter(folder.journal(1)), pytest.raises(RunInProgress):
        reopen(folder)
    assert opened(folder).attempt == 2
    assert folder.results()[0].content.errors[0].message == "the kernel died while nothing ran"
    result = await result_of(tiny, folder)
    assert (result.status, result.attempt) == ("completed", 2)


async def test_a_run_that_failed_before_its_journal_is_gone_on_with_as_the_next_attempt(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    failure = RunError(failure_class="dispatch", message="no kernel started")
    report_ending(folder, open_workspace_of(folder), 1, ending=Ending("failed", (failure,)))
    result = await result_of(tiny, folder)
    assert (result.status, result.attempt) == ("completed", 2)


async def test_a_copy_that_was_edited_is_refused(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    file = folder.artifacts / "gate_overlay.json"
    file.write_text(file.read_text().replace('"grep"', '"true"'))
    with pytest.raises(DigestMismatch):
        reopen(folder)


async def test_a_copy_that_was_exchanged_is_refused(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    other = compile_request(tiny.workspace, tiny.revision, overlay_gates=[gate("other", "true")])
    shelf = tiny.workspace.shelf.folder / "gate_overlay"
    exchanged = shelf / f"{other.content.gate_overlay.digest.removeprefix('sha256:')}.json"
    (folder.artifacts / "gate_overlay.json").write_bytes(exchanged.read_bytes())
    with pytest.raises(RequestUnsafe, match=r"gate_overlay\.json .* was exchanged"):
        reopen(folder)


async def test_a_folder_that_claims_nothing_cannot_run(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    (tiny.workspace.mailbox.folder / "claims" / f"{tiny.request.id}.json").unlink()
    with pytest.raises(RequestUnsafe, match="is claimed by nobody"):
        reopen(folder)


async def test_a_run_is_found_by_the_end_of_its_id_and_an_unknown_one_is_named(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    assert find_run(tiny.workspace.runs, folder.run_id[-6:]) == folder
    assert find_run(tiny.workspace.runs, str(folder.path)).path == folder.path
    with pytest.raises(UnknownRun, match="no run 'nothing'"):
        find_run(tiny.workspace.runs, "nothing")


async def test_the_witness_holds_nothing_of_the_run_but_its_end_of_the_pipe(tiny: Tiny) -> None:
    folder = await prepared(tiny)
    seen: list[set[str]] = []

    def on_fact(fact: Fact) -> None:
        if fact.kind == "run_started":
            seen.extend(_open_files_of_witness(folder))

    await run_attempt(opened(folder), on_fact)
    for files in seen:
        assert all(name.startswith(("pipe:", "/dev/null")) for name in files), files
    assert not list(folder.path.glob("witness*"))


def _open_files_of_witness(folder: RunFolder) -> list[set[str]]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            said = (entry / "cmdline").read_bytes().split(b"\0")
            if b"foundry_kernel.runner.witness" in said and str(folder.path).encode() in said:
                found.append({str(file.readlink()) for file in (entry / "fd").iterdir()})
        except OSError:
            continue
    return found
