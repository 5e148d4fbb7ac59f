"""What a reviewer needs to decide on a brief in two minutes: the verdict first, then what it rests on (spec 3.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from alloynb.application.brief_ledger import BriefState, steps_of
from alloynb.application.compile_intent import CompileIntent, contents_of, lacks_for_use, preview_brief
from alloynb.application.follow_brief import BriefHistory, brief_history
from alloynb.application.workspace import Workspace
from alloynb.compiler.difference import FormationContents, compare_formations
from alloynb.errors import AlloyError
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.identity import is_id


@dataclass(frozen=True)
class ApprovedBefore:
    """The brief of the same template that was approved last."""

    brief_id: str
    by: str
    at: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class BriefReview:
    """A brief as a reviewer sees it.

    Attributes:
        state: where it stands; None when it was only previewed and never laid down.
        lacks: what is missing before it can be compiled.
        source_changes: what the records say otherwise by now; empty for a preview.
        approved_before: the last approved brief of the same template; None when there is none.
        differences: what changed since that one, in plain sentences; empty when it is the same, or there is none.
    """

    brief: Artifact[FormationBrief]
    contents: FormationContents
    state: BriefState | None
    lacks: tuple[str, ...]
    source_changes: tuple[str, ...]
    approved_before: ApprovedBefore | None
    differences: tuple[str, ...]
    history: BriefHistory

    @property
    def changes_code(self) -> bool:
        """Whether an agent of it may write, or the run may commit."""
        roles = self.contents.brief.agent_formation.roles
        controls = self.contents.brief.foundry
        return controls.commit_allowed or any(role.access == "full" for role in roles)

    @property
    def verdict(self) -> str:
        """One sentence: may it be approved, and what would that allow."""
        if self.lacks:
            return f"Not ready: {self.lacks[0]}"
        if self.source_changes:
            return f"Out of date: {self.source_changes[0]}"
        if self.state in {"rejected", "archived", "cancelled"}:
            last = self.history.steps[-1]
            return f"Closed: {self.state} by {last.by}: {last.why}"
        protected = len(self.contents.brief.protected_capabilities)
        does = (
            "may change code on a branch of its own"
            if self.changes_code
            else "reads and runs gates, changes nothing"
        )
        noun = "capability" if protected == 1 else "capabilities"
        before = self.approved_before
        if before is None:
            news = "nothing like it was approved before"
        elif self.differences:
            count = len(self.differences)
            news = f"{count} {'change' if count == 1 else 'changes'} since {before.by} approved {before.brief_id}"
        else:
            news = f"the same in meaning as {before.brief_id}, which {before.by} approved"
        return f"Ready for review: protects {protected} {noun}, {does}; {news}."


def review_preview(
    workspace: Workspace, command: CompileIntent, tell: Callable[[str], None] = lambda told: None
) -> BriefReview:
    """Compile without writing, and hold it against what was approved last.

    Raises:
        BrokenFiles, CompilationRefused: nothing can be compiled.
    """
    formation = preview_brief(workspace, command, tell)
    contents = FormationContents(
        formation.brief.content,
        formation.evidence_plan.content,
        formation.gate_overlay.content,
        formation.prompt_pack.content,
    )
    laid_down = bool(steps_of(workspace.alloy_dir, formation.brief.id))
    return _review(workspace, formation.brief, contents, (), laid_down=laid_down)


def review_brief(workspace: Workspace, brief_id: str) -> BriefReview:
    """Look at a brief on the shelf.

    Raises:
        NotOnShelf: no such brief, or an artifact that it names is missing.
        BrokenFiles: records cannot be read.
    """
    from alloynb.application.source_changes import source_changes

    brief = workspace.shelf.find(FORMATION_BRIEF, brief_id)
    changed = source_changes(workspace, brief).changed
    return _review(workspace, brief, contents_of(workspace, brief), changed, laid_down=True)


def _review(
    workspace: Workspace,
    brief: Artifact[FormationBrief],
    contents: FormationContents,
    changed: tuple[str, ...],
    *,
    laid_down: bool,
) -> BriefReview:
    before = _approved_before(workspace, brief)
    differences: tuple[str, ...] = ()
    if before is not None and before.brief_id != brief.id:
        earlier = contents_of(workspace, workspace.shelf.find(FORMATION_BRIEF, before.brief_id))
        differences = tuple(each.sentence for each in compare_formations(earlier, contents))
    history = brief_history(workspace, brief.id)
    return BriefReview(
        brief=brief,
        contents=contents,
        state=history.standing.state if laid_down else None,
        lacks=lacks_for_use(workspace, brief),
        source_changes=changed,
        approved_before=before,
        differences=differences,
        history=history,
    )


def _approved_before(workspace: Workspace, brief: Artifact[FormationBrief]) -> ApprovedBefore | None:
    """The last approval among briefs of this template, whichever brief it was of."""
    template = brief.content.identity.template.partition("@")[0]
    found: list[ApprovedBefore] = []
    for file in sorted((workspace.alloy_dir / "ledger" / "brief").glob("*.jsonl")):
        if not is_id(file.stem, FORMATION_BRIEF.id_prefix):
            continue
        try:
            approvals = [
                step for step in steps_of(workspace.alloy_dir, file.stem) if step["state"] == "approved"
            ]
            if not approvals:
                continue
            other = workspace.shelf.find(FORMATION_BRIEF, file.stem)
            contents_of(workspace, other)
        except (AlloyError, ArtifactError):
            continue  # what is damaged or gone cannot be compared with; `alloynb verify` names it
        if other.content.identity.template.partition("@")[0] == template:
            last = approvals[-1]
            scopes = tuple(map(str, last.get("scopes", ())))
            found.append(ApprovedBefore(file.stem, str(last.get("by")), str(last.get("at")), scopes))
    return max(found, key=lambda each: each.at, default=None)
