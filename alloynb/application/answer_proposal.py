"""Take up or dismiss what a run proposed: nothing that it suggests happens before a human says so (spec 2.2, 6.3)."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any, Literal

from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError, Refused
from alloynb.evidence.feedback_facts import proposal_answer_fact

Answer = Literal["taken_up", "dismissed"]


class UnknownProposal(AlloyError):
    """No proposal of this project has this id."""


class NotOpen(Refused):
    """The proposal was answered before."""


@dataclass(frozen=True)
class AnswerProposal:
    """What a human makes of a proposal.

    Attributes:
        proposal: its id, or a beginning of it that fits no other.
        slug: last part of the id of a record that is drafted; made of the gate's name when empty.
    """

    proposal: str
    answer: Answer
    why: str
    slug: str = ""


@dataclass(frozen=True)
class AnsweredProposal:
    """What came of it.

    Attributes:
        became: id of the record that was drafted, or the status that the record was taken to; None when dismissed.
        next_step: what the human can do now.
    """

    proposal_id: str
    record_id: str | None
    became: str | None
    next_step: str


def proposals_of_project(workspace: Workspace, *, only_open: bool = True) -> tuple[dict[str, Any], ...]:
    """Proposals, oldest first.

    Raises:
        StoreUnavailable: the store cannot be opened.
    """
    found = workspace.warehouse.query(
        "FROM proposals WHERE project_id = $1 AND (status = 'open' OR NOT $2) ORDER BY raised_at, proposal_id",
        [workspace.settings.project, only_open],
    )
    return tuple(found.as_dicts())


def answer_proposal(workspace: Workspace, command: AnswerProposal) -> AnsweredProposal:
    """Carry out what a human decided, and record it.

    A step of the lifecycle is taken through the lifecycle, with its authority; a new record is drafted as a hypothesis,
    because a run knows what failed and not what it protects.

    Raises:
        UnknownProposal, NotOpen: nothing was done.
        AlloyError: a reason is missing, or only a human can write what is proposed; nothing was done.
        IllegalTransition, MissingAuthority, AlreadyExists: the lifecycle refuses the step; nothing was recorded.
    """
    why = command.why.strip()
    if not why:
        raise AlloyError("an answer to a proposal needs a reason", next_step="say why with --why")
    proposal = _find(workspace, command.proposal)
    record_id, became, next_step = proposal["record_id"], None, ""
    if command.answer == "taken_up":
        record_id, became, next_step = _take_up(workspace, proposal, why, command.slug)
    workspace.warehouse.record(
        [
            proposal_answer_fact(
                project_id=workspace.settings.project,
                proposal_id=proposal["proposal_id"],
                record_id=record_id,
                answer=command.answer,
                principal=workspace.principal.name,
                why=why,
                at=workspace.clock(),
                became=became,
            )
        ]
    )
    return AnsweredProposal(proposal["proposal_id"], record_id, became, next_step)


def _find(workspace: Workspace, beginning: str) -> dict[str, Any]:
    known = proposals_of_project(workspace, only_open=False)
    found = [each for each in known if each["proposal_id"].startswith(beginning)] if beginning else []
    if len(found) != 1:
        near = difflib.get_close_matches(beginning, [each["proposal_id"] for each in known], n=1)
        many = f"{beginning!r} could be any of {len(found)} proposals"
        raise UnknownProposal(
            many if found else f"no proposal {beginning!r}",
            next_step=f"did you mean {near[0]}?" if near else "`alloynb proposal list` shows them",
        )
    if found[0]["status"] != "open":
        answered = f"{found[0]['status'].replace('_', ' ')} by {found[0]['answered_by']}"
        raise NotOpen(f"{found[0]['proposal_id']} was {answered}: {found[0]['why']}")
    return found[0]


def _take_up(workspace: Workspace, proposal: dict[str, Any], why: str, slug: str) -> tuple[str, str, str]:
    kind, record_id = proposal["proposal_kind"], proposal["record_id"]
    if kind == "new_record":
        drafted = draft_intent(workspace, _draft_of(proposal, why, slug)).record
        return drafted.id, drafted.id, f"say what it protects: alloynb intent edit {drafted.id} --why …"
    if kind == "better_evidence":
        raise AlloyError(
            "only a human can write better evidence",
            next_step=f"alloynb intent edit {record_id} --why …, then dismiss the proposal",
        )
    to = proposal["to_status"]
    if to == "active":
        raise AlloyError(
            f"{record_id} becomes active when a brief uses it",
            next_step="`alloynb run` compiles one; then dismiss the proposal",
        )
    decide_intent(workspace, DecideIntent(record_id, to, why))
    return record_id, to, f"alloynb intent show {record_id}"


def _draft_of(proposal: dict[str, Any], why: str, slug: str) -> DraftIntent:
    gate, link = proposal["subject"], (proposal["links"] or [proposal["run_id"]])[0]
    fields = {
        "title": f"What the gate {gate} protects",
        "sources": [
            {
                "source_type": "foundry_trace",
                "ref": link,
                "excerpt": f"{proposal['proposal']} {proposal['because']}",
            }
        ],
    }
    made = re.sub(r"[^a-z0-9_-]+", "-", gate.lower()).strip("-_") or "gate"
    return DraftIntent(slug or f"gate-{made}", fields, why, status="hypothesized")
