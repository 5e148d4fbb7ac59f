"""What came from elsewhere is verified before it is kept, and keeping it twice changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.runner.backends.backend import Work, work_of
from foundry_kernel.runner.children import ChildExecutor
from foundry_kernel.runner.feed import packed
from foundry_kernel.runner.ports import mutates
from foundry_kernel.runner.receive import receive_work, refuse_changed
from foundry_kernel.runner.verify import RequestInvalid, RequestUnsafe
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.errors import ArtifactError, DigestMismatch
from runtime_artifacts.execution_request import EXECUTION_REQUEST
from runtime_artifacts.kinds import read_as
from tests.foundry_kernel.runner.tiny_workspace import Tiny, make_workspace, reseal


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny")


@pytest.fixture
def work(tiny: Tiny) -> Work:
    return packed(str(tiny.request_file), tiny.workspace.root)


@pytest.fixture
def elsewhere(tmp_path: Path) -> RunnerWorkspace:
    (tmp_path / "elsewhere" / ".alloy").mkdir(parents=True)
    return RunnerWorkspace(tmp_path / "elsewhere")


def kept(workspace: RunnerWorkspace) -> list[str]:
    return sorted(each.name for each in workspace.root.rglob("*.json"))


def test_a_request_is_packed_whole_and_received_whole(
    tiny: Tiny, work: Work, elsewhere: RunnerWorkspace
) -> None:
    assert (work.key, work.changes) == (tiny.request.content.idempotency_key, False)
    for _ in range(2):
        assert receive_work(elsewhere, work.request, work.artifacts) == tiny.request
    assert len(kept(elsewhere)) == 6, "request, key, brief, pack, overlay, plan"


@pytest.mark.parametrize(
    "change",
    [
        lambda each: {**each, "content": {**each["content"], "project_id": "other"}},
        lambda each: {**each, "schema": "alloy.unknown.v1"},
        lambda each: {**each, "digest": f"sha256:{'0' * 64}"},
        lambda each: {"a": 1},
    ],
    ids=["edited", "unknown", "other digest", "no artifact"],
)
def test_what_was_changed_on_the_way_is_refused_before_the_request_is_kept(
    work: Work, elsewhere: RunnerWorkspace, change: Any
) -> None:
    with pytest.raises(ArtifactError):
        receive_work(elsewhere, work.request, [*work.artifacts[:1], change(dict(work.artifacts[1]))])
    assert not (elsewhere.root / ".alloy" / "mailbox").exists()


def test_a_request_among_what_a_request_names_is_refused(work: Work, elsewhere: RunnerWorkspace) -> None:
    with pytest.raises(RequestInvalid):
        receive_work(elsewhere, work.request, [work.request])
    with pytest.raises(DigestMismatch):
        receive_work(elsewhere, {**work.request, "digest": f"sha256:{'1' * 64}"}, work.artifacts)


def _other(work: Work, tiny: Tiny, throttle: str = "dry_run") -> Work:
    """The row of a queue after somebody put another request into it, whole and with a digest of its own."""
    call = tiny.request.content.foundry.model_copy(
        update={"throttle": throttle, "entry_event": "iteration_requested", "payload": {"prompt": "go"}}
    )
    content = tiny.request.content.model_copy(update={"foundry": call})
    sealed = reseal(content.model_copy(update={"idempotency_key": content.derived_key()}))
    return replace(work, request=sealed.as_json())


def test_what_was_queued_runs_as_it_was_queued(tiny: Tiny, work: Work) -> None:
    refuse_changed(work, mutates)
    whole = work_of(tiny.request, (), changes=False)
    refuse_changed(whole, mutates)


@pytest.mark.parametrize(
    "edit",
    [
        _other,
        lambda work, tiny: replace(work, request_id="runreq_01K00000000000000000000009"),
        lambda work, tiny: replace(work, key=f"sha256:{'0' * 64}"),
        lambda work, tiny: replace(work, request_hash=f"sha256:{'0' * 64}"),
        lambda work, tiny: replace(work, project_id="bank"),
    ],
    ids=["another request", "its id", "its key", "its hash", "its project"],
)
def test_a_row_that_was_edited_by_hand_is_refused_and_leaves_nothing(
    tiny: Tiny, work: Work, elsewhere: RunnerWorkspace, edit: Any
) -> None:
    with pytest.raises(RequestUnsafe, match="is not the request that lies there") as refused:
        ChildExecutor(elsewhere).materialize(edit(work, tiny))
    assert "make the request anew" in refused.value.next_step
    assert kept(elsewhere) == []


def test_what_changes_a_repository_reaches_no_runner_as_if_it_did_not(
    tiny: Tiny, work: Work, elsewhere: RunnerWorkspace
) -> None:
    changing = read_as(EXECUTION_REQUEST, json.dumps(_other(work, tiny, "full").request).encode())
    hidden = work_of(changing, (), changes=False)

    with pytest.raises(RequestUnsafe, match="was queued as if not"):
        ChildExecutor(elsewhere).materialize(hidden)
    refuse_changed(work_of(changing, (), changes=True), mutates)
