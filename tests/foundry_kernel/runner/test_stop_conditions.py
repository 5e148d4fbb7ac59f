"""Every condition on which a run must stop, stops it before anything ran, and says of what class it is and what to do.

Whoever comes with a wrong key, asks for another project's work, or is not trusted to mutate is stopped by the shared
Alloy: `tests/alloynb/application/test_dispatch.py` and `test_runners.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from foundry_kernel.cli import main
from foundry_kernel.errors import FoundryError
from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.runner.approvals import TrustedKeys
from foundry_kernel.runner.prepare import RunnerPorts, prepare_run
from foundry_kernel.runner.refusals import refused_by
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.envelope import Artifact, format_timestamp, seal
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN, EvidencePlan, EvidencePlanItem
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.prompt_pack import PROMPT_PACK
from tests.fakes.signers import Signer, sealed, signed, stated
from tests.foundry_kernel.runner.tiny_workspace import Tiny, git, make_workspace, reseal

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADA, EVE = Signer("ada", 1), Signer("eve", 2)
CHANGING = {"entry_event": "iteration_requested", "throttle": "full"}


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny")


def keyed(content: ExecutionRequest) -> Artifact[ExecutionRequest]:
    """A request under the key that follows from its content."""
    return reseal(content.model_copy(update={"idempotency_key": content.derived_key()}))


def changing(tiny: Tiny, *approvals: Any) -> Artifact[ExecutionRequest]:
    """A request that mutates, of a brief that says so, with approvals of that brief on the shelf."""
    content = tiny.request.content
    call = content.foundry.model_copy(update=CHANGING)
    for approval in approvals:
        tiny.workspace.shelf.put(APPROVAL, sealed(approval(content.brief)))
    return keyed(content.model_copy(update={"foundry": call}))


def approval(
    signer: Signer, *, days: float = 1.0, scopes: Any = ("mutation", "commit")
) -> Callable[[Any], Any]:
    """An approval of a brief by somebody, that holds for some days from yesterday on."""

    def of(brief: Any) -> Any:
        began = NOW - timedelta(days=1)
        times = {
            "approved_at": format_timestamp(began),
            "expires_at": format_timestamp(began + timedelta(days=days)),
        }
        return signed(stated(brief.digest, brief.id, scopes=scopes, **times), signer)

    return of


def digest_does_not_match(tiny: Tiny) -> Artifact[ExecutionRequest]:
    file = tiny.workspace.shelf.path_of(FORMATION_BRIEF, tiny.request.content.brief.digest)
    file.write_bytes(file.read_bytes().replace(b"know whether it holds", b"know whether it helps"))
    return tiny.request


def revision_is_not_the_one_here(tiny: Tiny) -> Artifact[ExecutionRequest]:
    content = tiny.request.content
    return keyed(content.model_copy(update={"repo": content.repo.model_copy(update={"revision": "0" * 40})}))


def approval_is_missing(tiny: Tiny) -> Artifact[ExecutionRequest]:
    return changing(tiny)


def approval_is_expired(tiny: Tiny) -> Artifact[ExecutionRequest]:
    return changing(tiny, approval(ADA, days=0.5))


def approval_is_forged(tiny: Tiny) -> Artifact[ExecutionRequest]:
    return changing(tiny, approval(EVE))


def pack_was_edited_after_approval(tiny: Tiny) -> Artifact[ExecutionRequest]:
    content = tiny.request.content
    pack = tiny.workspace.shelf.get(PROMPT_PACK, content.prompt_pack.digest)
    prompts = tuple(each.model_copy(update={"text": "Push to main."}) for each in pack.content.prompts)
    made: dict[str, Any] = {"created_at": NOW, "created_by": "eve", "compiler_version": "0"}
    edited = seal(PROMPT_PACK, pack.content.model_copy(update={"prompts": prompts}), **made)
    tiny.workspace.shelf.put(PROMPT_PACK, edited)
    return keyed(content.model_copy(update={"prompt_pack": edited.ref}))


def required_gate_is_missing(tiny: Tiny) -> Artifact[ExecutionRequest]:
    content = tiny.request.content
    made: dict[str, Any] = {"created_at": NOW, "created_by": "eve", "compiler_version": "0"}
    item = EvidencePlanItem(
        evidence_id="tiny.intent.a#tests",
        record_id="tiny.intent.a",
        capability="it holds",
        kind="gate",
        need="required",
        description="tests pass",
        observed_by="gate",
        gate="tests",
    )
    plan = seal(EVIDENCE_PLAN, EvidencePlan(project_id=content.project_id, items=(item,)), **made)
    tiny.workspace.shelf.put(EVIDENCE_PLAN, plan)
    brief = tiny.workspace.shelf.get(FORMATION_BRIEF, content.brief.digest)
    other = seal(FORMATION_BRIEF, brief.content.model_copy(update={"evidence_plan": plan.ref}), **made)
    tiny.workspace.shelf.put(FORMATION_BRIEF, other)
    return keyed(content.model_copy(update={"brief": other.ref, "evidence_plan": plan.ref}))


def gates_are_of_another_brief(tiny: Tiny) -> Artifact[ExecutionRequest]:
    content = tiny.request.content
    overlay = tiny.workspace.shelf.get(GATE_OVERLAY, content.gate_overlay.digest)
    made: dict[str, Any] = {"created_at": NOW, "created_by": "eve", "compiler_version": "0"}
    weaker = seal(GATE_OVERLAY, overlay.content.model_copy(update={"project_id": "other"}), **made)
    tiny.workspace.shelf.put(GATE_OVERLAY, weaker)
    return keyed(content.model_copy(update={"gate_overlay": weaker.ref}))


def key_was_made_up(tiny: Tiny) -> Artifact[ExecutionRequest]:
    return reseal(tiny.request.content.model_copy(update={"idempotency_key": f"sha256:{'1' * 64}"}))


CONDITIONS: tuple[tuple[Callable[[Tiny], Artifact[ExecutionRequest]], str, str], ...] = (
    (digest_does_not_match, "safety", "re_approve"),
    (revision_is_not_the_one_here, "validation", "recompile"),
    (approval_is_missing, "safety", "switch_to_dry_run"),
    (approval_is_expired, "safety", "re_approve"),
    (approval_is_forged, "safety", "re_approve"),
    (pack_was_edited_after_approval, "safety", "recompile"),
    (required_gate_is_missing, "safety", "recompile"),
    (gates_are_of_another_brief, "safety", "recompile"),
    (key_was_made_up, "safety", "recompile"),
)


@pytest.mark.parametrize(
    ("arrange", "failure_class", "action"), CONDITIONS, ids=[each[0].__name__ for each in CONDITIONS]
)
def test_it_stops_before_anything_ran(
    tiny: Tiny, arrange: Callable[[Tiny], Artifact[ExecutionRequest]], failure_class: str, action: str
) -> None:
    request = arrange(tiny)
    ports = RunnerPorts(
        git=CommandGit(),
        mutates=lambda event, payload: event == "iteration_requested",
        clock=lambda: NOW,
        runner_id="local:test",
        trust=lambda workspace, project: TrustedKeys((ADA.trusted(),), "tests", own=True),
    )
    with pytest.raises((FoundryError, ArtifactError)) as refused:
        asyncio.run(prepare_run(request, tiny.workspace, ports))
    said = refused_by(refused.value)

    assert said.failure_class == failure_class
    assert action in said.recovery_actions
    assert said.message
    assert not list(tiny.workspace.runs.glob("run_*")), "no run was laid out"
    assert tiny.workspace.mailbox.claim_of(request.id) is None
    assert git(tiny.workspace.root, "for-each-ref", "refs/heads/alloy", "refs/alloy") == ""


def test_a_replayed_request_is_answered_and_nothing_runs(tiny: Tiny) -> None:
    runner = CliRunner()
    first = runner.invoke(main, ["run", str(tiny.request_file), "--json"])
    again = runner.invoke(main, ["run", str(tiny.request_file), "--json"])

    assert json.loads(first.stdout)["data"]["deduplicated"] is False
    assert json.loads(again.stdout)["data"]["deduplicated"] is True
    assert len(list(tiny.workspace.runs.glob("run_*"))) == 1


def test_the_command_names_class_and_recovery_actions(tiny: Tiny) -> None:
    request = pack_was_edited_after_approval(tiny)
    tiny.request_file.write_bytes(request.to_bytes())
    said = CliRunner().invoke(main, ["run", str(tiny.request_file), "--json"])
    told = CliRunner().invoke(main, ["run", str(tiny.request_file)])

    assert said.exit_code == told.exit_code == 3
    error = json.loads(said.stdout)["error"]
    assert (error["failure_class"], error["recovery_actions"]) == (
        "safety",
        ["re_approve", "switch_to_dry_run", "recompile"],
    )
    assert "What you can do: re approve, switch to dry run, recompile" in told.output
