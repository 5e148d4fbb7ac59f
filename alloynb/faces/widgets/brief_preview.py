"""Look at a brief before it runs, and approve it: what changed, what it may do, signed with one's key (spec 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from alloynb.application.approve_brief import ApproveBrief, ApprovedBrief, approve_brief, preview_approval
from alloynb.application.brief_ledger import steps_of
from alloynb.application.compile_intent import CompileIntent, compile_brief, create_brief
from alloynb.application.launch_run import launch_choices
from alloynb.application.review_brief import BriefReview, review_brief, review_preview
from alloynb.application.trust_keys import TrustKey, known_keys, trust_key
from alloynb.errors import AlloyError
from alloynb.faces.widgets.live import Act, Live, Payload, UnfitMessage, text_in, texts_in, told
from alloynb.faces.widgets.review_card import NOTHING, NoReview, ReviewCard, facts_of, is_ready
from runtime_artifacts.approval import ApprovalScope
from runtime_artifacts.errors import ArtifactError

if TYPE_CHECKING:
    from alloynb.application.signing_keys import SigningKeys
    from alloynb.application.workspace import Workspace
    from runtime_artifacts.envelope import Artifact
    from runtime_artifacts.formation_brief import FormationBrief

SCOPES: tuple[ApprovalScope, ...] = get_args(ApprovalScope)
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(("lacks", "source_changes", "differences", "facts", "reasons", "gates", "protects"), ()),
    **dict.fromkeys(("tradeoffs", "moves", "questions", "phases", "approvals"), ()),
    "verdict": NOTHING,
    "ready": False,
    "closed": False,
    "is_preview": True,
    "state": "preview",
    "approved_before": "",
    "changes_code": False,
}
_CLOSED = frozenset({"rejected", "archived", "cancelled"})


class BriefPreview(Live):
    """A brief with its verdict and approval. `value` is the brief: as it would be compiled, or as it lies there."""

    module = "brief_preview"

    def __init__(
        self,
        workspace: Workspace,
        command: CompileIntent | None = None,
        *,
        brief_id: str | None = None,
        keys: SigningKeys | None = None,
    ) -> None:
        """Look at what would be compiled now, or at a brief on the shelf; when nothing can be compiled, that is shown.

        Args:
            brief_id: id or digest of a brief on the shelf, or the beginning of one.
            keys: private keys of this user; those in the user's configuration when None.

        Raises:
            NotOnShelf: no such brief.
        """
        self.workspace = workspace
        self.command = command or CompileIntent()
        self._keys = keys
        self._said = ""
        self._refusal = ""
        self._found: BriefReview | None = None
        if brief_id is not None:
            self._found = review_brief(workspace, brief_id)
        else:
            try:
                self._found = review_preview(workspace, self.command)
            except AlloyError as error:
                self._refusal = str(error)
        super().__init__()
        self._tell()

    @property
    def review(self) -> BriefReview:
        """The brief as a reviewer sees it.

        Raises:
            AlloyError: nothing can be compiled.
        """
        if self._found is None:
            raise AlloyError(self._refusal, next_step="accept a record, then preview again")
        return self._found

    def twin(self) -> ReviewCard | NoReview:
        """The review as a card."""
        return NoReview(self._refusal) if self._found is None else ReviewCard(self._found)

    def acts(self) -> Mapping[str, Act]:
        """Preview again, compile, look at an approval, sign it, make a key, read a prompt."""
        return {
            "preview": self._preview_message,
            "refresh": lambda _: self.refresh(),
            "compile": lambda _: self.compile(),
            "prompt": self._prompt,
            "scopes": self._scopes,
            "approve": self._approve_message,
            "trust": lambda _: self.trust(),
        }

    def preview(self, template: str = "", objective: str | None = None) -> BriefReview:
        """Look at what would be compiled now, by another template or for another objective.

        Raises:
            BrokenFiles, CompilationRefused: nothing can be compiled; what was shown stays.
        """
        command = replace(
            self.command,
            template=template or self.command.template,
            objective=self.command.objective if objective is None else objective.strip(),
        )
        self._found = review_preview(self.workspace, command)
        self.command = command
        self._said = f"This is what would be compiled: {self.review.brief.id}."
        self._tell()
        return self.review

    def refresh(self) -> BriefReview:
        """Look again: at the records for a preview, at the shelf and the ledger for a brief that lies there."""
        if self._found is None or self._found.state is None:
            return self.preview()
        self._found = review_brief(self.workspace, self.review.brief.digest)
        self._tell()
        return self.review

    def compile(self) -> Artifact[FormationBrief]:
        """Make the brief ready to run, exactly as it is shown; records that it uses first become active.

        Raises:
            IntentChanged: records changed since this was shown; look again first.
            NotReadyForUse, MissingAuthority, IllegalBriefStep, ShelfConflict: it cannot be compiled.
        """
        self._lay_down()
        brief, activated = compile_brief(self.workspace, self.review.brief.digest)
        active = f"; made active: {', '.join(activated)}" if activated else ""
        self._said = f"Compiled: {brief.id}{active}."
        self._found = review_brief(self.workspace, brief.digest)
        self._tell()
        return brief

    def approve(
        self, *scopes: ApprovalScope, why: str, days: float = 7, revision: str | None = None
    ) -> ApprovedBrief:
        """Sign that this brief, and no other, may do what the scopes say.

        Args:
            revision: commit that it is bound to, such as `HEAD`; any when None.

        Raises:
            KeyNotTrusted: there is no key yet, or the project does not trust it; `trust` does both.
            AlloyError, MissingAuthority, IntentChanged, UnknownRevision: it may not be approved so.
        """
        self._lay_down()
        command = ApproveBrief(self.review.brief.digest, scopes, why, revision, days)
        done = approve_brief(self.workspace, command, self._keys)
        content = done.approval.content
        self._said = f"Approved: {', '.join(content.scopes)} until {content.expires_at[:16]}Z."
        self._found = review_brief(self.workspace, self.review.brief.digest)
        self._tell()
        return done

    def trust(self) -> None:
        """Make a signing key if there is none, and let the project trust it.

        Raises:
            MissingAuthority: the principal may not manage keys.
            UnsafeKey, CannotRun, SigningUnavailable: the key cannot be read or made.
        """
        trusted = trust_key(self.workspace, TrustKey(), self._keys)
        made = f"Made a key ({trusted.made}); " if trusted.made else ""
        place = trusted.file.relative_to(self.workspace.root)
        self._said = f"{made}the project trusts it now: commit {place}."
        self._tell()

    def _lay_down(self) -> None:
        """Put what is shown on the shelf, unless it lies there; what would differ by now is refused, not approved."""
        if self.review.state is not None:
            return
        digest = self.review.brief.digest
        found = review_preview(self.workspace, self.command)
        if found.brief.digest != digest:
            self._found = found
            self._said = ""
            self._tell()
            raise AlloyError(
                "the records changed since this was shown; nothing was written",
                next_step="what is shown now is what they say by now: look at it, and decide again",
            )
        create_brief(self.workspace, self.command, "reviewed in a notebook")
        self._found = review_brief(self.workspace, digest)

    def _preview_message(self, payload: Payload) -> None:
        self.preview(text_in(payload, "template", most=200), text_in(payload, "objective", most=2000))

    def _prompt(self, payload: Payload) -> dict[str, Any]:
        phase = text_in(payload, "phase")
        for each in self.review.contents.prompt_pack.prompts:
            if each.phase == phase:
                return {"text": each.text}
        raise UnfitMessage(f"no prompt of the phase {phase!r}")

    def _scopes(self, payload: Payload) -> list[dict[str, Any]]:
        """What each scope would allow, in words, and what a person should know before."""
        self._lay_down()
        self._tell()
        revision = "HEAD" if payload.get("bind") is True else None
        return [self._scope(each, revision) for each in SCOPES]

    def _scope(self, scope: ApprovalScope, revision: str | None) -> dict[str, Any]:
        command = ApproveBrief(self.review.brief.digest, (scope,), "to look at", revision)
        try:
            found = preview_approval(self.workspace, command)
        except AlloyError as error:
            return {"scope": scope, "told": told(error), "may": False, "cautions": []}
        cautions = list(found.cautions)
        return {"scope": scope, "told": found.allows[0], "may": True, "cautions": cautions}

    def _approve_message(self, payload: Payload) -> None:
        scopes = texts_in(payload, "scopes", most=len(SCOPES))
        days = payload.get("days")
        if isinstance(days, bool) or not isinstance(days, int | float):
            raise UnfitMessage("'days' is no number")
        chosen = tuple(each for each in SCOPES if each in scopes)
        if len(chosen) != len(set(scopes)):
            raise UnfitMessage(f"a scope is one of {', '.join(SCOPES)}")
        self.approve(
            *chosen,
            why=text_in(payload, "why", most=4000),
            days=days,
            revision="HEAD" if payload.get("bind") is True else None,
        )

    def _tell(self) -> None:
        around = {
            "templates": [each.template for each in launch_choices()],
            "template": self.command.template,
            "objective": self.command.objective,
            "key": self._key(),
            "said": self._said,
        }
        if self._found is None:
            self.value = None
            self.view = {**_EMPTY, **around, "title": self._refusal}
            return
        review, content = self._found, self._found.contents.brief
        before = review.approved_before
        self.value = review.brief
        self.view = around | {
            "verdict": review.verdict,
            "ready": is_ready(review),
            "closed": review.state in _CLOSED,
            "title": content.identity.title,
            "is_preview": review.state is None,
            "state": review.state or "preview",
            "lacks": list(review.lacks),
            "source_changes": list(review.source_changes),
            "differences": list(review.differences),
            "approved_before": f"{before.by}, {before.at[:16].replace('T', ' ')}" if before else "",
            "facts": [list(each) for each in facts_of(review)],
            "reasons": list(content.agent_formation.reasons),
            "gates": [_gate(each) for each in review.contents.gate_overlay.gates],
            "protects": [
                [each.severity, each.statement, each.record_id] for each in content.protected_capabilities
            ],
            "tradeoffs": [[each.record_id, each.statement] for each in content.tradeoffs],
            "moves": [f"{each.move} ({each.enforcement})" for each in content.suspicious_moves],
            "questions": list(content.relevant_intent.open_questions),
            "phases": [each.phase for each in review.contents.prompt_pack.prompts],
            "changes_code": review.changes_code,
            "approvals": self._approvals(),
        }

    def _approvals(self) -> list[dict[str, Any]]:
        steps = steps_of(self.workspace.alloy_dir, self.review.brief.id)
        return [
            {
                "by": str(step.get("by", "")),
                "until": str(step.get("expires_at", "")),
                "scopes": [str(each) for each in step.get("scopes", ())],
                "revision": str(step.get("revision", ""))[:12],
                "why": str(step.get("why", "")),
            }
            for step in steps
            if step["state"] == "approved"
        ]

    def _key(self) -> dict[str, str]:
        person = self.workspace.principal.name
        try:
            known = known_keys(self.workspace, self._keys)
        except (AlloyError, ArtifactError) as error:
            return {"state": "unusable", "person": person, "told": str(error)}
        if known.own is None:
            return {"state": "none", "person": person, "told": f"{person} has no signing key yet"}
        state = "trusted" if known.own_is_trusted else "untrusted"
        return {"state": state, "person": person, "told": f"key {known.own.keyid[:16]}…"}


def _gate(gate: Any) -> list[str]:
    command = gate.command if isinstance(gate.command, str) else " ".join(gate.command)
    return [gate.name, gate.mode.replace("_", " "), command]
