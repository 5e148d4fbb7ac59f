"""What came from elsewhere is verified before it is kept, and keeping it twice changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.runner.backends.backend import Work
from foundry_kernel.runner.feed import packed
from foundry_kernel.runner.receive import receive_work
from foundry_kernel.runner.verify import RequestInvalid
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.errors import ArtifactError, DigestMismatch
from tests.foundry_kernel.runner.tiny_workspace import Tiny, make_workspace


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
