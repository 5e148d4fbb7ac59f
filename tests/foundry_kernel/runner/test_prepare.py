"""A request is verified and claimed before anything runs; a refused one leaves nothing behind."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.errors import FoundryError
from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.runner.approvals import ScopeNotApproved
from foundry_kernel.runner.deliver import report_ending
from foundry_kernel.runner.prepare import (
    AnsweredBefore,
    Prepared,
    RunDied,
    RunInProgress,
    RunnerPorts,
    locate_request,
    own_mark,
    prepare_run,
)
from foundry_kernel.runner.run_folder import ProcessMark
from foundry_kernel.runner.verify import RequestInvalid, RequestUnsafe
from foundry_kernel.runner.workspace import NoWorkspace
from runtime_artifacts.envelope import Artifact, ArtifactRef
from runtime_artifacts.errors import ArtifactError, DigestMismatch, KeyConflict, NotOnShelf, UnsafePath
from runtime_artifacts.execution_request import ExecutionRequest, FoundryCall, Override, idempotency_key
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.journal import JournalWriter
from tests.foundry_kernel.runner.tiny_workspace import (
    NOW,
    Tiny,
    compile_request,
    elsewhere,
    gate,
    make_workspace,
    reseal,
)


def now() -> datetime:
    return NOW


def never_mutates(entry_event: str, payload: object) -> bool:
    return False


PORTS = RunnerPorts(git=CommandGit(), mutates=never_mutates, clock=now, runner_id="local:test")


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny")


def with_content(tiny: Tiny, *, fresh_key: bool = True, **changed: Any) -> Artifact[ExecutionRequest]:
    content = tiny.request.content.model_copy(update=changed)
    if fresh_key:
        key = idempotency_key(
            project_id=content.project_id,
            revision=content.repo.revision,
            brief_digest=content.brief.digest,
            foundry=content.foundry,
            requested_by=content.requested_by,
            override=content.override,
        )
        content = content.model_copy(update={"idempotency_key": key})
    return reseal(content)


async def refused(
    tiny: Tiny, request: Artifact[ExecutionRequest], expected: type[Exception], ports: RunnerPorts = PORTS
) -> str:
    before = sorted(path for path in tiny.workspace.root.rglob("*") if ".git/" not in str(path))
    with pytest.raises(expected) as error:
        await prepare_run(request, tiny.workspace, ports)
    after = sorted(path for path in tiny.workspace.root.rglob("*") if ".git/" not in str(path))
    assert after == before, "a refusal leaves nothing behind"
    return str(error.value)


async def test_a_verified_request_becomes_a_claimed_folder_with_every_copy(tiny: Tiny) -> None:
    prepared = await prepare_run(tiny.request, tiny.workspace, PORTS)
    assert isinstance(prepared, Prepared)
    folder = prepared.folder
    assert sorted(file.name for file in folder.artifacts.glob("*.json")) == [
        "brief.json",
        "evidence_plan.json",
        "gate_overlay.json",
        "prompt_pack.json",
        "request.json",
    ]
    assert folder.request().digest == tiny.request.digest
    assert folder.record().request_id == tiny.request.id
    claim = tiny.workspace.mailbox.claim_of(tiny.request.id)
    assert claim is not None
    assert claim.run_id == folder.run_id


async def test_a_materialized_prompt_says_where_it_comes_from(tiny: Tiny) -> None:
    prepared = await prepare_run(tiny.request, tiny.workspace, PORTS)
    text = (prepared.folder.artifacts / "prompts" / "review.md").read_text()
    for said in (
        tiny.request.content.brief.id,
        tiny.request.content.brief.digest,
        "tiny.intent.a",
        "review.v1",
    ):
        assert said in text
    assert text.endswith("Look.\n")


async def test_a_forged_idempotency_key_is_refused(tiny: Tiny) -> None:
    request = with_content(tiny, fresh_key=False, idempotency_key="sha256:" + "0" * 64)
    assert "is not the key of what is asked" in await refused(tiny, request, RequestUnsafe)


async def test_a_revision_that_is_not_there_is_refused(tiny: Tiny) -> None:
    repo = tiny.request.content.repo.model_copy(update={"revision": "1" * 40})
    assert "revision 1111" in await refused(tiny, with_content(tiny, repo=repo), RequestInvalid)


async def test_a_repository_outside_of_the_workspace_is_refused(tiny: Tiny) -> None:
    (tiny.workspace.root / "other").symlink_to("/tmp")
    repo = tiny.request.content.repo.model_copy(update={"path": "other"})
    assert "leads out of the workspace" in await refused(
        tiny, with_content(tiny, repo=repo, requested_by="eve"), UnsafePath
    )


async def test_an_artifact_that_is_nowhere_is_refused(tiny: Tiny) -> None:
    shutil.rmtree(tiny.workspace.shelf.folder / "gate_overlay")
    assert "gate_overlay: no artifact" in await refused(
        tiny, with_content(tiny, correlation_id="x"), NotOnShelf
    )


async def test_an_artifact_that_was_edited_on_the_shelf_is_refused(tiny: Tiny) -> None:
    file = tiny.workspace.shelf.path_of(FORMATION_BRIEF, tiny.request.content.brief.digest)
    file.write_text(file.read_text().replace("it holds", "it falls"))
    message = await refused(tiny, tiny.request, DigestMismatch)
    assert "expected sha256:" in message
    assert "found sha256:" in message


async def test_an_artifact_at_a_local_path_is_taken_when_the_shelf_does_not_have_it(tiny: Tiny) -> None:
    ref = tiny.request.content.gate_overlay
    file = tiny.workspace.shelf.path_of(GATE_OVERLAY, ref.digest)
    shutil.move(file, tiny.workspace.root / "overlay.json")
    request = with_content(tiny, gate_overlay=elsewhere(ref, "overlay.json"), requested_by="eve")
    assert isinstance(await prepare_run(request, tiny.workspace, PORTS), Prepared)


async def test_a_local_path_out_of_the_workspace_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    ref = tiny.request.content.gate_overlay
    shutil.move(tiny.workspace.shelf.path_of(GATE_OVERLAY, ref.digest), tmp_path / "overlay.json")
    (tiny.workspace.root / "overlay.json").symlink_to(tmp_path / "overlay.json")
    request = with_content(tiny, gate_overlay=elsewhere(ref, "overlay.json"), requested_by="eve")
    assert "leads out of the workspace" in await refused(tiny, request, UnsafePath)


async def test_an_artifact_of_another_kind_is_refused(tiny: Tiny) -> None:
    content = tiny.request.content
    plan = tiny.workspace.shelf.folder / "evidence_plan" / f"{content.evidence_plan.digest[7:]}.json"
    shutil.move(plan, tiny.workspace.root / "plan.json")
    shutil.rmtree(tiny.workspace.shelf.folder / "gate_overlay")
    request = with_content(
        tiny, gate_overlay=elsewhere(content.gate_overlay, "plan.json"), requested_by="eve"
    )
    assert "is needed" in await refused(tiny, request, ArtifactError)


async def test_a_prompt_pack_that_the_brief_does_not_name_is_refused(tiny: Tiny) -> None:
    other = compile_request(tiny.workspace, tiny.revision, call=FoundryCall(entry_event="scan_requested"))
    stranger = ArtifactRef(id=other.content.brief.id, digest=other.content.brief.digest)
    request = with_content(tiny, brief=stranger, gate_overlay=tiny.request.content.gate_overlay)
    prepared = await prepare_run(
        request, tiny.workspace, PORTS
    )  # the same parts: compiled together, so taken
    assert isinstance(prepared, Prepared)
    edited = compile_request(tiny.workspace, tiny.revision, overlay_gates=[gate("a", "true")])
    request = with_content(
        tiny, gate_overlay=edited.content.gate_overlay, correlation_id="y", requested_by="eve"
    )
    assert "gate_overlay: the brief names" in await refused(tiny, request, RequestUnsafe)


async def test_a_request_of_another_project_than_its_parts_is_refused(tiny: Tiny) -> None:
    assert "is of project 'tiny'" in await refused(
        tiny, with_content(tiny, project_id="other"), RequestInvalid
    )


async def test_a_mutation_without_a_verified_approval_is_refused_by_name(tmp_path: Path) -> None:
    tiny = make_workspace(tmp_path / "tiny", entry_event="iteration_requested", throttle="full")
    ports = replace(PORTS, mutates=lambda entry_event, payload: entry_event == "iteration_requested")
    message = await refused(tiny, tiny.request, ScopeNotApproved, ports)
    assert "iteration_requested at throttle full would change the repository" in message
    assert "dry_run" in message


@pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
async def test_a_mutation_may_be_rehearsed_without_approval(tmp_path: Path, throttle: str) -> None:
    tiny = make_workspace(tmp_path / "tiny", entry_event="iteration_requested", throttle=throttle)
    ports = replace(PORTS, mutates=lambda entry_event, payload: True)
    assert isinstance(await prepare_run(tiny.request, tiny.workspace, ports), Prepared)


async def test_an_unknown_entry_event_is_refused_before_anything_is_written(tiny: Tiny) -> None:
    def unknown(entry_event: str, payload: object) -> bool:
        raise FoundryError(f"no formation for {entry_event}")

    await refused(tiny, tiny.request, FoundryError, replace(PORTS, mutates=unknown))


async def test_a_request_that_is_being_started_is_not_started_again(tiny: Tiny) -> None:
    await prepare_run(tiny.request, tiny.workspace, PORTS)
    with pytest.raises(RunInProgress, match="is being started; foundry-kernel watch run_"):
        await prepare_run(tiny.request, tiny.workspace, PORTS)
    assert len(list(tiny.workspace.runs.iterdir())) == 1


async def test_a_claim_whose_run_died_names_the_way_to_go_on(tiny: Tiny) -> None:
    prepared = await prepare_run(tiny.request, tiny.workspace, PORTS)
    record = prepared.folder.record()
    gone = ProcessMark(pid=record.prepared_by.pid, started="long ago")
    prepared.folder.write_record(record.model_copy(update={"prepared_by": gone}))
    with pytest.raises(RunDied, match=f"died without a result; foundry-kernel resume {record.run_id}"):
        await prepare_run(tiny.request, tiny.workspace, PORTS)


async def test_a_claim_whose_journal_is_being_written_is_alive(tiny: Tiny) -> None:
    prepared = await prepare_run(tiny.request, tiny.workspace, PORTS)
    with JournalWriter(prepared.folder.journal(1)), pytest.raises(RunInProgress, match="and is running"):
        await prepare_run(tiny.request, tiny.workspace, PORTS)


async def test_the_same_question_posted_twice_is_one_run(tiny: Tiny) -> None:
    await prepare_run(tiny.request, tiny.workspace, PORTS)
    again = with_content(tiny, correlation_id="another")
    with pytest.raises(RunInProgress, match=tiny.request.id):
        await prepare_run(again, tiny.workspace, PORTS)


async def test_a_key_with_a_result_is_answered_with_it(tiny: Tiny) -> None:
    prepared = await prepare_run(tiny.request, tiny.workspace, PORTS)
    result = report_ending(prepared.folder, tiny.workspace, 1, now=NOW)
    answered = await prepare_run(with_content(tiny, correlation_id="another"), tiny.workspace, PORTS)
    assert isinstance(answered, AnsweredBefore)
    assert answered.result.id == result.id


async def test_a_taken_key_for_something_else_is_refused(tiny: Tiny) -> None:
    await prepare_run(tiny.request, tiny.workspace, PORTS)
    other = with_content(tiny, drift_policy="allow_descendant")
    with pytest.raises(KeyConflict):
        await prepare_run(other, tiny.workspace, PORTS)


async def test_a_human_override_runs_the_same_question_once_more(tiny: Tiny) -> None:
    await prepare_run(tiny.request, tiny.workspace, PORTS)
    override = Override(by="ada", at="2026-11-22T12:00:00Z", why="flaky network", of_request=tiny.request.id)
    again = await prepare_run(with_content(tiny, override=override), tiny.workspace, PORTS)
    assert isinstance(again, Prepared)


async def test_a_request_is_found_by_its_id_from_below_the_workspace(tiny: Tiny) -> None:
    below = tiny.workspace.root / "src"
    below.mkdir()
    request, workspace = locate_request(tiny.request.id, here=below)
    assert (request.id, workspace) == (tiny.request.id, tiny.workspace)


async def test_a_request_file_finds_its_workspace_from_anywhere(tiny: Tiny, tmp_path: Path) -> None:
    request, workspace = locate_request(str(tiny.request_file), here=tmp_path)
    assert (request.id, workspace) == (tiny.request.id, tiny.workspace)


async def test_a_request_file_outside_of_a_workspace_asks_for_one(tiny: Tiny, tmp_path: Path) -> None:
    file = Path(shutil.copy(tiny.request_file, tmp_path / "request.json"))
    with pytest.raises(NoWorkspace, match="--workspace"):
        locate_request(str(file))
    _, workspace = locate_request(str(file), str(tiny.workspace.root))
    assert workspace == tiny.workspace


def test_a_missing_request_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestInvalid, match=r"no request file .*nothing\.json"):
        locate_request("nothing.json", here=tmp_path)


def test_the_mark_of_this_process_is_alive() -> None:
    assert own_mark().started
