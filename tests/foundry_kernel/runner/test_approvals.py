"""Nothing mutates without a genuine approval of this brief, for this project, of this scope, that holds now."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.runner.approvals import (
    CLOCK_SKEW,
    ApprovalExpired,
    ApprovalForged,
    ApprovalNotYetValid,
    ApprovalOfAnotherBrief,
    ApprovalOfAnotherProject,
    ApprovalOfAnotherRevision,
    ApprovalRefused,
    Granted,
    NotWhatWasApproved,
    ScopeNotApproved,
    TrustedKeys,
    granted_to_run,
    needed_scopes,
    read_trust,
    verify_approvals,
)
from foundry_kernel.runner.prepare import Prepared, RunnerPorts, prepare_run
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.approval import APPROVAL, Approval
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.execution_request import ExecutionRequest, FoundryCall
from runtime_artifacts.formation_brief import FoundryControls
from runtime_artifacts.signing import TrustedKey
from tests.fakes.signers import APPROVED_AT, Signer, sealed, signed, stated
from tests.foundry_kernel.runner.tiny_workspace import Tiny, make_workspace, reseal

ADA, EVE = Signer("ada", 1), Signer("eve", 2)
LATER = APPROVED_AT + timedelta(hours=1)
ENTRY = "iteration_requested"


def trusted(*keys: TrustedKey) -> TrustedKeys:
    return TrustedKeys(keys or (ADA.trusted(),), "here", own=True)


def ports(trust: TrustedKeys | None = None) -> RunnerPorts:
    return RunnerPorts(
        git=CommandGit(),
        mutates=lambda entry_event, payload: entry_event == ENTRY,
        clock=lambda: LATER,
        runner_id="local:test",
        trust=lambda workspace, project: trust or trusted(),
    )


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny", entry_event=ENTRY, throttle="full")


def of(tiny: Tiny, *signers: Signer, **changed: Any) -> Artifact[Approval]:
    """A signed approval of the tiny brief."""
    brief = tiny.request.content.brief
    return sealed(signed(stated(brief.digest, brief.id, **changed), *signers))


def refused(
    tiny: Tiny,
    expected: type[ApprovalRefused],
    *approvals: Artifact[Approval],
    trust: TrustedKeys | None = None,
    **more: Any,
) -> str:
    with pytest.raises(expected) as caught:
        verify_approvals(tiny.request.content, approvals, trust or trusted(), {"mutation"}, LATER, **more)
    error = caught.value
    assert type(error) is expected
    assert (error.exit_code, error.failure_class) == (3, "safety")
    assert error.next_step
    assert "switch_to_dry_run" in error.recovery_actions
    return str(error)


def granted(tiny: Tiny, *approvals: Artifact[Approval], needed: Any = ("mutation",), **more: Any) -> Granted:
    return verify_approvals(tiny.request.content, approvals, trusted(), needed, LATER, **more)


class TestWhatHolds:
    def test_a_genuine_approval_grants_its_scopes_and_no_others(self, tiny: Tiny) -> None:
        approval = of(tiny, scopes=("mutation", "test_deletion"), revision=tiny.revision)

        found = granted(tiny, approval)

        assert found.approvals == (approval,)
        assert found.scopes == {"mutation", "test_deletion"}
        assert found.signers == {approval.id: (ADA.keyid,)}

    def test_scopes_of_several_approvals_add_up(self, tiny: Tiny) -> None:
        pair = of(tiny), of(tiny, scopes=("commit",))

        assert granted(tiny, *pair, needed={"mutation", "commit"}).scopes == {"mutation", "commit"}

    def test_one_that_is_over_does_not_hinder_one_that_holds(self, tiny: Tiny) -> None:
        over = of(tiny, expires_at=format_timestamp(LATER))

        found = granted(tiny, over, holds := of(tiny))

        assert (found.approvals, found.idle) == ((holds,), (over,))

    def test_what_was_found_helps_and_cannot_hinder(self, tiny: Tiny) -> None:
        approval, forged = of(tiny), of(tiny, EVE)

        assert granted(tiny, further=[forged, approval]).approvals == (approval,)
        refused(tiny, ScopeNotApproved, further=[forged])

    def test_a_clock_that_is_a_little_behind_is_forgiven(self, tiny: Tiny) -> None:
        assert granted(tiny, of(tiny, approved_at=format_timestamp(LATER + CLOCK_SKEW))).scopes


class TestWhatDoesNot:
    def test_no_approval(self, tiny: Tiny) -> None:
        told = refused(tiny, ScopeNotApproved)
        assert f"alloynb brief approve {tiny.request.content.brief.id} --scope mutation" in told

    def test_no_trusted_key_is_told(self, tiny: Tiny) -> None:
        assert "no key is trusted in nowhere" in refused(
            tiny, ScopeNotApproved, trust=TrustedKeys((), "nowhere", own=True)
        )

    def test_a_key_that_is_not_trusted(self, tiny: Tiny) -> None:
        approval = of(tiny, EVE)

        told = refused(tiny, ApprovalForged, approval)
        assert f"approval {approval.id} by ada" in told
        assert EVE.keyid in told

    def test_another_scope(self, tiny: Tiny) -> None:
        assert "mutation is not approved by anybody" in refused(
            tiny, ScopeNotApproved, of(tiny, scopes=("dry_run", "commit", "release"))
        )

    def test_expired(self, tiny: Tiny) -> None:
        for over in (LATER, LATER - timedelta(days=30)):
            at = format_timestamp(over)
            assert f"expired at {at}" in refused(tiny, ApprovalExpired, of(tiny, expires_at=at))

    def test_not_yet_valid(self, tiny: Tiny) -> None:
        at = format_timestamp(LATER + CLOCK_SKEW + timedelta(seconds=1))
        assert f"was given at {at}" in refused(tiny, ApprovalNotYetValid, of(tiny, approved_at=at))

    def test_another_revision(self, tiny: Tiny) -> None:
        assert f"for revision {'a' * 40}, the request for {tiny.revision}" in refused(
            tiny, ApprovalOfAnotherRevision, of(tiny, revision="a" * 40)
        )

    def test_another_revision_whatever_the_request_says_of_drift(self, tiny: Tiny) -> None:
        content = tiny.request.content.model_copy(update={"drift_policy": "allow_descendant"})
        drifting = replace(tiny, request=reseal(content))

        refused(drifting, ApprovalOfAnotherRevision, of(tiny, revision="a" * 40))

    def test_another_project(self, tiny: Tiny) -> None:
        assert "for project 'other', the request for 'tiny'" in refused(
            tiny, ApprovalOfAnotherProject, of(tiny, project_id="other")
        )

    def test_a_replay_for_another_brief(self, tiny: Tiny, tmp_path: Path) -> None:
        replayed = sealed(signed(stated("sha256:" + "cd" * 32, tiny.request.content.brief.id)))
        assert "not of this brief" in refused(tiny, ApprovalOfAnotherBrief, replayed)

    def test_the_digest_under_another_kind_or_id(self, tiny: Tiny) -> None:
        refused(tiny, ApprovalOfAnotherBrief, of(tiny, subject_kind="prompt_pack"))
        refused(tiny, ApprovalOfAnotherBrief, of(tiny, subject_id="brief_7Z10EG9R8HHQ83WQMRKHZHNM6Q"))

    def test_fields_that_point_to_this_brief_around_the_envelope_of_another(self, tiny: Tiny) -> None:
        other = signed(stated("sha256:" + "cd" * 32, "brief_02"))
        here = of(tiny).content.model_copy(update={"envelope": other.envelope})
        assert "differ in subject" in refused(tiny, ApprovalForged, sealed(here))

    def test_a_forged_one_beside_a_genuine_one(self, tiny: Tiny) -> None:
        refused(tiny, ApprovalForged, of(tiny), of(tiny, EVE, why="me too"))

    def test_a_forged_one_that_nothing_needs(self, tiny: Tiny) -> None:
        with pytest.raises(ApprovalForged):
            verify_approvals(tiny.request.content, [of(tiny, EVE)], trusted(), (), LATER)

    def test_a_key_that_is_trusted_for_less(self, tiny: Tiny) -> None:
        refused(tiny, ApprovalForged, of(tiny), trust=trusted(ADA.trusted(("dry_run",))))

    def test_somebody_elses_name(self, tiny: Tiny) -> None:
        refused(tiny, ApprovalForged, of(tiny, EVE), trust=trusted(ADA.trusted(), EVE.trusted()))


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_byte_of_the_signed_parts_can_be_changed(tiny: Tiny, data: st.DataObject) -> None:
    approval = of(tiny).content
    raw = bytearray(approval.model_dump_json(exclude_none=True).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        changed = sealed(Approval.model_validate_json(bytes(raw)))
    except (ValueError, ArtifactError):
        return
    if changed.content == approval:
        return
    with pytest.raises(ApprovalRefused):
        verify_approvals(tiny.request.content, [changed], trusted(), {"mutation"}, LATER)


class TestWhatIsNeeded:
    @pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
    def test_nothing_below_full(self, throttle: Any) -> None:
        call = FoundryCall(entry_event=ENTRY, throttle=throttle)
        controls = FoundryControls(entry_event=ENTRY, commit_allowed=True, push_allowed=True)

        assert needed_scopes(call, controls, mutates=True) == frozenset()

    def test_nothing_for_observers(self) -> None:
        call = FoundryCall(entry_event=ENTRY, throttle="full")
        assert needed_scopes(call, FoundryControls(entry_event=ENTRY), mutates=False) == frozenset()

    @pytest.mark.parametrize(
        ("entry_event", "controls", "payload", "more"),
        [
            (ENTRY, {}, {}, set()),
            (ENTRY, {"commit_allowed": True}, {}, {"commit"}),
            (ENTRY, {"push_allowed": True}, {}, {"commit"}),
            (ENTRY, {}, {"actions": {"push": True}}, {"commit"}),
            (ENTRY, {}, {"actions": {"release": True}}, {"release"}),
            (ENTRY, {}, {"actions": "all of them"}, set()),
            ("release_requested", {}, {}, {"release"}),
        ],
    )
    def test_at_full_it_follows_from_what_the_brief_allows(
        self, entry_event: str, controls: dict[str, Any], payload: dict[str, Any], more: set[str]
    ) -> None:
        call = FoundryCall(entry_event=entry_event, throttle="full", payload=payload)
        found = needed_scopes(call, FoundryControls(entry_event=entry_event, **controls), mutates=True)

        assert found == {"mutation"} | more


def shelve(tiny: Tiny, *approvals: Artifact[Approval]) -> None:
    for each in approvals:
        tiny.workspace.shelf.put(APPROVAL, each)


def naming(tiny: Tiny, *approvals: Artifact[Approval], **changed: Any) -> Artifact[ExecutionRequest]:
    """The tiny request, naming approvals; posted by nobody yet."""
    content = tiny.request.content.model_copy(
        update={"approvals": tuple(each.ref for each in approvals), **changed}
    )
    return reseal(content.model_copy(update={"idempotency_key": content.derived_key()}))


class TestBeforeARun:
    async def test_an_approved_mutation_is_accepted_and_tells_by_whom(self, tiny: Tiny) -> None:
        approval = of(tiny)
        shelve(tiny, approval)

        prepared = await prepare_run(naming(tiny, approval, requested_by="ben"), tiny.workspace, ports())

        assert isinstance(prepared, Prepared)
        copy = prepared.folder.artifacts / "approvals" / f"{approval.id}.json"
        assert json.loads(copy.read_text()) == approval.as_json()
        told = json.loads((prepared.folder.path / "approved.json").read_text())
        assert told["scopes"] == ["mutation"]
        assert told["approvals"][0]["approved_by"] == "ada"
        assert told["approvals"][0]["keys"] == [ADA.keyid]

    async def test_a_request_from_before_the_approval_runs_after_it(self, tiny: Tiny) -> None:
        with pytest.raises(ScopeNotApproved):
            await prepare_run(tiny.request, tiny.workspace, ports())
        approval = of(tiny)
        shelve(tiny, approval)

        prepared = await prepare_run(naming(tiny, approval), tiny.workspace, ports())

        assert isinstance(prepared, Prepared)
        assert prepared.folder.record().request_id == tiny.request.id, "the same question is the same request"
        claim = tiny.workspace.mailbox.claim_of(tiny.request.id)
        assert claim is not None
        assert claim.run_id == prepared.folder.run_id

    async def test_a_named_approval_that_is_not_there_is_refused(self, tiny: Tiny) -> None:
        with pytest.raises(ArtifactError, match="approval: no artifact"):
            await prepare_run(naming(tiny, of(tiny), requested_by="ben"), tiny.workspace, ports())

    async def test_a_forged_approval_stops_even_a_dry_run(self, tmp_path: Path) -> None:
        tiny = make_workspace(tmp_path / "tiny", entry_event=ENTRY)
        forged = of(tiny, EVE)
        shelve(tiny, forged)

        with pytest.raises(ApprovalForged):
            await prepare_run(naming(tiny, forged, requested_by="ben"), tiny.workspace, ports())
        assert isinstance(await prepare_run(tiny.request, tiny.workspace, ports()), Prepared)

    @pytest.mark.parametrize(
        "change", [{"payload": {"strategic": True}}, {"entry_event": "prompt_execution_requested"}]
    )
    async def test_an_approved_brief_approves_nothing_else_than_it_says(
        self, tiny: Tiny, change: dict[str, Any]
    ) -> None:
        shelve(tiny, of(tiny))
        other = naming(tiny, foundry=tiny.request.content.foundry.model_copy(update=change))

        with pytest.raises(NotWhatWasApproved):
            await prepare_run(other, tiny.workspace, replace(ports(), mutates=lambda event, payload: True))

    async def test_a_refusal_leaves_nothing_behind(self, tiny: Tiny) -> None:
        shelve(tiny, of(tiny, EVE))
        before = sorted(tiny.workspace.root.rglob("*"))

        with pytest.raises(ScopeNotApproved):
            await prepare_run(tiny.request, tiny.workspace, ports())
        assert sorted(tiny.workspace.root.rglob("*")) == before


class TestDuringARun:
    async def test_what_a_run_may_do_is_verified_anew(self, tiny: Tiny) -> None:
        shelve(tiny, of(tiny))
        prepared = await prepare_run(tiny.request, tiny.workspace, ports())
        assert isinstance(prepared, Prepared)
        folder = prepared.folder
        (folder.path / "approved.json").write_text('{"scopes": ["gate_weakening"]}')
        (folder.artifacts / "approvals" / "mine.json").write_bytes(
            of(tiny, EVE, scopes=("gate_weakening",)).to_bytes()
        )
        (folder.artifacts / "approvals" / "junk.json").write_text("{}")

        assert granted_to_run(folder, tiny.workspace, trusted(), LATER).scopes == {"mutation"}
        with pytest.raises(ApprovalExpired):
            granted_to_run(folder, tiny.workspace, trusted(), LATER + timedelta(days=8), {"mutation"})

        shelve(tiny, of(tiny, scopes=("gate_weakening",)))
        assert "gate_weakening" in granted_to_run(folder, tiny.workspace, trusted(), LATER).scopes

    async def test_an_exchanged_request_is_refused(self, tiny: Tiny) -> None:
        shelve(tiny, of(tiny))
        prepared = await prepare_run(tiny.request, tiny.workspace, ports())
        assert isinstance(prepared, Prepared)
        (prepared.folder.artifacts / "request.json").write_bytes(naming(tiny, requested_by="eve").to_bytes())

        with pytest.raises(ApprovalRefused, match="was exchanged"):
            granted_to_run(prepared.folder, tiny.workspace, trusted(), LATER)


class TestWhoseKeysCount:
    def write(self, folder: Path, signer: Signer) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{signer.keyid}.json").write_text(signer.trusted().model_dump_json())

    def environment(self, tmp_path: Path) -> dict[str, str]:
        return {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path / "home")}

    def test_without_configuration_those_of_the_workspace_with_a_note(
        self, tiny: Tiny, tmp_path: Path
    ) -> None:
        self.write(tiny.workspace.root / ".alloy" / "trusted_keys", ADA)

        found = read_trust(tiny.workspace, "tiny", self.environment(tmp_path))

        assert found.keys == (ADA.trusted(),)
        assert not found.own
        assert "whoever can write there decides" in found.note

    @pytest.mark.parametrize("base", ["config", "home/.config"])
    def test_with_configuration_those_of_the_runner_alone(
        self, tiny: Tiny, tmp_path: Path, base: str
    ) -> None:
        self.write(tiny.workspace.root / ".alloy" / "trusted_keys", EVE)
        self.write(tmp_path / base / "foundry" / "trusted_keys" / "tiny", ADA)
        environment = self.environment(tmp_path)
        if base != "config":
            environment["XDG_CONFIG_HOME"] = "relative"

        found = read_trust(tiny.workspace, "tiny", environment)

        assert found.keys == (ADA.trusted(),)
        assert found.own
        assert not found.note

    def test_a_project_that_the_runner_does_not_know_brings_no_keys_of_its_own(
        self, tiny: Tiny, tmp_path: Path
    ) -> None:
        self.write(tiny.workspace.root / ".alloy" / "trusted_keys", EVE)
        (tmp_path / "config" / "foundry" / "trusted_keys").mkdir(parents=True)

        assert read_trust(tiny.workspace, "tiny", self.environment(tmp_path)).keys == ()

    def test_what_is_no_folder_trusts_nobody(self, tiny: Tiny, tmp_path: Path) -> None:
        self.write(tiny.workspace.root / ".alloy" / "trusted_keys", EVE)
        (tmp_path / "config" / "foundry").mkdir(parents=True)
        (tmp_path / "config" / "foundry" / "trusted_keys").write_text("")

        assert read_trust(tiny.workspace, "tiny", self.environment(tmp_path)).keys == ()

    @pytest.mark.parametrize("project", ["../tiny", "/etc", "", ".", "a/b", "a\0b"])
    def test_a_project_cannot_name_a_folder_elsewhere(self, tiny: Tiny, tmp_path: Path, project: str) -> None:
        (tmp_path / "config" / "foundry" / "trusted_keys").mkdir(parents=True)

        with pytest.raises(ApprovalRefused, match="is not the name of a project"):
            read_trust(RunnerWorkspace(tiny.workspace.root), project, self.environment(tmp_path))

    def test_a_damaged_key_file_lets_no_key_count(self, tiny: Tiny, tmp_path: Path) -> None:
        folder = tiny.workspace.root / ".alloy" / "trusted_keys"
        self.write(folder, ADA)
        (folder / "0.json").write_text("{}")

        with pytest.raises(ArtifactError, match=r"0\.json"):
            read_trust(tiny.workspace, "tiny", self.environment(tmp_path))
