"""A human signs the digest of a brief, for a scope and a time; what may not be approved is refused, and says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alloynb.application.approve_brief import (
    ApproveBrief,
    ApprovedBrief,
    KeyNotTrusted,
    approve_brief,
    preview_approval,
)
from alloynb.application.brief_ledger import steps_of
from alloynb.application.decide_intent import DecideIntent, decide_intent
from alloynb.application.request_run import RequestRun, request_run
from alloynb.application.source_changes import IntentChanged, source_changes
from alloynb.application.trust_keys import TrustKey, trust_key, trusted_folder, trusted_keys
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.errors import MissingAuthority
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import NotOnShelf
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.signing import verify_approval
from tests.fakes.governed import RECORD, Governed, govern_here
from tests.fakes.signers import Signer, sealed, signed, stated

AUTHORITY = """principals:
  ada: ["*"]
  ben: [approve_dry_run, approve_commit]
  bot: ["*"]
machines: [bot]
"""


@pytest.fixture
def here(tmp_path: Path) -> Governed:
    found = govern_here(tmp_path)
    trust_key(found.workspace, TrustKey(), found.keys)
    return found


@pytest.fixture
def brief(here: Governed) -> Artifact[FormationBrief]:
    return here.compiled()


def approve(
    here: Governed,
    brief: Artifact[FormationBrief],
    *scopes: Any,
    workspace: Workspace | None = None,
    **more: Any,
) -> ApprovedBrief:
    command = ApproveBrief(brief.id, scopes or ("mutation",), more.pop("why", "reviewed"), **more)
    return approve_brief(workspace or here.workspace, command, here.keys)


def approvals_of(here: Governed) -> list[Any]:
    return list(here.workspace.shelf.all(APPROVAL))


class TestApproving:
    def test_what_is_signed_is_this_digest_this_scope_this_time(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        done = approve(here, brief, "commit", "mutation", revision="HEAD", expires_in_days=1, why=" ok ")

        said = done.approval.content
        assert (said.subject_kind, said.subject_id, said.subject_digest) == (
            "formation_brief",
            brief.id,
            brief.digest,
        )
        assert (said.scopes, said.project_id, said.approved_by, said.why) == (
            ("mutation", "commit"),
            "shop",
            "ada",
            "ok",
        )
        assert (said.approved_at, said.expires_at) == (
            "2026-11-22T12:00:00.000000Z",
            "2026-11-23T12:00:00.000000Z",
        )
        assert said.revision == here.git("rev-parse", "HEAD")
        assert [key.keyid for key in verify_approval(said, trusted_keys(here.workspace))] == [done.keyid]
        assert approvals_of(here) == [done.approval]

    def test_it_is_kept_in_the_ledger_of_the_brief(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        done = approve(here, brief)
        approve(here, brief, "commit", why="again")

        *before, first, second = steps_of(here.workspace.alloy_dir, brief.id)
        assert [each["state"] for each in before] == ["draft", "reviewable", "compiled"]
        assert first == {
            "state": "approved",
            "at": done.approval.content.approved_at,
            "by": "ada",
            "why": "reviewed",
            "brief_id": brief.id,
            "brief_digest": brief.digest,
            "approval_id": done.approval.id,
            "approval_digest": done.approval.digest,
            "scopes": ["mutation"],
            "expires_at": done.approval.content.expires_at,
        }
        assert second["scopes"] == ["commit"]

    def test_it_is_known_to_the_store(self, here: Governed, brief: Artifact[FormationBrief]) -> None:
        done = approve(here, brief)

        assert not done.unrecorded
        rows = here.workspace.warehouse.query("SELECT approval_id, approved_by, why FROM approvals").rows
        assert [tuple(row) for row in rows] == [(done.approval.id, "ada", "reviewed")]

    def test_a_preview_says_what_is_allowed_and_writes_nothing(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        before = sorted(here.root.rglob("*"))

        told = preview_approval(here.workspace, ApproveBrief(brief.id, ("dry_run", "commit"), "why"))

        assert told.brief == brief
        assert "nothing is changed" in told.allows[0]
        assert any("allows no commit" in each for each in told.cautions)
        assert any("any revision" in each for each in told.cautions)
        assert sorted(here.root.rglob("*")) == before


class TestRefusing:
    def refused(
        self,
        here: Governed,
        brief: Artifact[FormationBrief],
        expected: type[AlloyError],
        *scopes: Any,
        **more: Any,
    ) -> str:
        with pytest.raises(expected) as caught:
            approve(here, brief, *scopes, **more)
        assert not approvals_of(here)
        assert "approved" not in {each["state"] for each in steps_of(here.workspace.alloy_dir, brief.id)}
        return str(caught.value)

    @pytest.mark.parametrize(
        ("scope", "action"),
        [
            ("mutation", "approve_mutation"),
            ("release", "approve_release"),
            ("gate_weakening", "approve_mutation"),
            ("test_deletion", "approve_mutation"),
            ("intent_rewrite", "approve_mutation"),
        ],
    )
    def test_each_scope_needs_its_authority(
        self, here: Governed, brief: Artifact[FormationBrief], scope: str, action: str
    ) -> None:
        here.grant(AUTHORITY)

        told = self.refused(here, brief, MissingAuthority, "dry_run", scope, workspace=here.seen_by("ben"))
        assert f"ben lacks the authority {action}" in told

    @pytest.mark.parametrize("scope", ["dry_run", "mutation"])
    def test_only_a_human_approves(self, here: Governed, brief: Artifact[FormationBrief], scope: str) -> None:
        here.grant(AUTHORITY)

        told = self.refused(here, brief, MissingAuthority, scope, workspace=here.seen_by("bot"))
        assert "not a human" in told

    def test_without_a_key_the_next_step_is_named(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        here.keys.file_of("ada").unlink()

        assert "`alloynb key trust` makes one" in self.refused(here, brief, KeyNotTrusted)

    def test_a_key_that_the_project_does_not_trust_signs_nothing(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        for file in trusted_folder(here.workspace).iterdir():
            file.unlink()

        assert "is not trusted by this project" in self.refused(here, brief, KeyNotTrusted)

    def test_a_key_that_is_trusted_for_less_signs_no_more(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        trust_key(here.workspace, TrustKey(scopes=("dry_run",)), here.keys)

        assert "trusted for dry_run, not for mutation" in self.refused(here, brief, KeyNotTrusted)

    @pytest.mark.parametrize(
        "more", [{"why": " "}, {"why": "x" * 2001}, {"expires_in_days": 0}, {"expires_in_days": 367}]
    )
    def test_no_reason_and_no_time_that_makes_sense(
        self, here: Governed, brief: Artifact[FormationBrief], more: dict[str, Any]
    ) -> None:
        self.refused(here, brief, AlloyError, **more)

    def test_no_scope_or_an_unknown_one(self, here: Governed, brief: Artifact[FormationBrief]) -> None:
        self.refused(here, brief, AlloyError, "everything")
        with pytest.raises(AlloyError, match="nothing to approve"):
            approve_brief(here.workspace, ApproveBrief(brief.id, (), "why"), here.keys)

    def test_a_brief_that_is_not_there(self, here: Governed) -> None:
        with pytest.raises(NotOnShelf):
            approve_brief(here.workspace, ApproveBrief("brief_7", ("mutation",), "why"), here.keys)


def edit(here: Governed, **texts: str) -> None:
    file = here.workspace.alloy_dir / "intent" / "charge-once.yaml"
    text = file.read_text()
    for name, value in texts.items():
        text = "\n".join(
            f"{name}: {value}" if line.startswith(f"{name}:") else line for line in text.splitlines()
        )
    file.write_text(text + "\n")


class TestChangedIntent:
    def test_an_edited_record_is_named(self, here: Governed, brief: Artifact[FormationBrief]) -> None:
        edit(here, threat="Something else entirely.")

        with pytest.raises(IntentChanged, match=f"{RECORD} changed its threat: Something else") as caught:
            approve(here, brief)
        assert caught.value.exit_code == 3
        assert "alloynb brief compile" in str(caught.value)

    def test_a_record_that_no_longer_guides_is_named(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        decide_intent(here.workspace, DecideIntent("charge-once", "deprecated", "over"))

        assert source_changes(here.workspace, brief).changed == (f"{RECORD} is deprecated.",)

    def test_a_record_that_is_gone_is_named(self, here: Governed, brief: Artifact[FormationBrief]) -> None:
        (here.workspace.alloy_dir / "intent" / "charge-once.yaml").unlink()

        assert source_changes(here.workspace, brief).changed == (f"{RECORD} is gone.",)

    def test_a_record_that_came_since_is_told_and_hinders_nothing(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        here.clock.move(hours=1)
        here.accept("pay-later")

        told = preview_approval(here.workspace, ApproveBrief(brief.id, ("mutation",), "why"))

        assert any("shop.intent.pay-later" in each for each in told.cautions)

    def test_another_template_than_it_was_made_of_is_told(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        identity = brief.content.identity.model_copy(update={"template": "validate@0"})
        content = brief.content.model_copy(update={"identity": identity})
        from runtime_artifacts.envelope import seal

        older = seal(
            FORMATION_BRIEF,
            content,
            created_at=here.clock(),
            created_by="ada",
            compiler_version="tests 1",
        )

        (told,) = source_changes(here.workspace, older).changed
        assert "it was validate@0" in told

    def test_the_first_use_of_a_record_is_no_change(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        assert source_changes(here.workspace, brief).changed == ()
        assert here.compiled().digest == brief.digest


class TestRequesting:
    def request(self, here: Governed, brief: Artifact[FormationBrief], throttle: str = "full") -> list[str]:
        posted = request_run(here.workspace, RequestRun(brief.id, throttle))
        return sorted(each.id for each in posted.request.content.approvals)

    def test_a_request_takes_along_what_was_approved_of_it(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        real = approve(here, brief, "mutation").approval
        rehearsal = approve(here, brief, "dry_run").approval

        (ref,) = request_run(here.workspace, RequestRun(brief.id, "full")).request.content.approvals
        assert (ref.id, ref.digest) == (real.id, real.digest)
        assert ref.local_path is not None
        assert json.loads((here.root / ref.local_path).read_text()) == real.as_json()
        assert self.request(here, brief, "dry_run") == [rehearsal.id]

    def test_what_does_not_hold_stays_behind(self, here: Governed, brief: Artifact[FormationBrief]) -> None:
        here.git("commit", "--quiet", "--allow-empty", "-m", "Later")
        approve(here, brief, "commit", expires_in_days=0.01)
        approve(here, brief, "release", revision="HEAD~1")
        eve = sealed(signed(stated(brief.digest, brief.id, project_id="shop"), Signer("eve", 2)))
        here.workspace.shelf.put(APPROVAL, eve)
        here.clock.move(hours=1)
        standing = approve(here, brief, "mutation").approval

        assert self.request(here, brief) == [standing.id]

    def test_asking_again_after_approving_is_the_same_request(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        first = request_run(here.workspace, RequestRun(brief.id, "full"))
        approve(here, brief)

        again = request_run(here.workspace, RequestRun(brief.id, "full"))

        assert (again.request, again.deduplicated) == (first.request, True)

    def test_a_brief_whose_intent_changed_is_not_requested_at_any_throttle(
        self, here: Governed, brief: Artifact[FormationBrief]
    ) -> None:
        approve(here, brief, "mutation", "dry_run")
        edit(here, threat="Something else entirely.")

        for throttle in ("full", "dry_run"):
            with pytest.raises(IntentChanged):
                request_run(here.workspace, RequestRun(brief.id, throttle))
        assert list(here.workspace.mailbox.requests()) == []
