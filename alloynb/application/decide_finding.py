"""Answer a drift finding: it is drift, it is allowed for a while, or the intent is obsolete (spec 6.4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alloynb.application.contradictions import look_for_contradictions
from alloynb.application.leniencies import read_leniencies, withdraw
from alloynb.application.look_for_drift import known_findings
from alloynb.application.repair_finding import ProposedRepair, propose_repair
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.evidence.decision_facts import finding_decision_fact
from alloynb.intent.leniency import ExceptionStore, GrantedException, NotAnEnd, end_of, reason_of
from alloynb.interpretation.allowance import allowed_findings, fits
from alloynb.interpretation.finding import DriftFinding
from runtime_artifacts.identity import new_id

Decision = Literal["drift", "exception", "obsolete"]


class UnknownFinding(AlloyError):
    """No finding that stands has this id, or more than one begins so."""


class NotForThisAnswer(AlloyError):
    """An end or a path was given for an answer that has none, or a path that the finding is not in."""


@dataclass(frozen=True)
class DecideFinding:
    """A human's answer.

    Attributes:
        finding_id: or the beginning of it, with or without `finding_`.
        until: end of an exception, `2027-01-31` or `90d`; None for the other answers.
        path: allow every finding of the same evidence in this gitignore-style glob, not only this one.
    """

    finding_id: str
    decision: Decision
    why: str
    until: str | None = None
    path: str | None = None


@dataclass(frozen=True)
class DecidedFinding:
    """The answer as it stands.

    Attributes:
        file: of the exception, to be committed, or None.
        withdrawn: ids of exceptions that this answer ended.
        repair: what could mend the finding; None unless the answer is `drift`.
        still_allowed_by: id of an exception over a path that covers the finding nevertheless, or None.
    """

    finding: DriftFinding
    decision: Decision
    next_step: str
    exception: GrantedException | None = None
    file: Path | None = None
    withdrawn: tuple[str, ...] = ()
    repair: ProposedRepair | None = None
    still_allowed_by: str | None = None


def decide_finding(workspace: Workspace, command: DecideFinding) -> DecidedFinding:
    """Record an answer. `drift` proposes a repair brief, an exception becomes a file.

    `drift` and `obsolete` end exceptions of this very finding.

    The record is never changed: `obsolete` raises a question about it, which stands as long as the finding does.

    Raises:
        MissingAuthority: only a human with `accept_intent` may.
        UnknownFinding: no such finding, or it is resolved.
        NotAnEnd, NotForThisAnswer, NoReason: end or path do not fit the answer, or no reason is given.
        StoreBusy, StoreUnavailable, CannotSave: it could not be kept.
    """
    grant = workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    why = reason_of(command.why)
    finding = _find(workspace, command.finding_id)
    store = ExceptionStore(workspace.alloy_dir)
    made = _exception(workspace, command, finding, grant.principal.name)
    ended = () if made else _end_exceptions(workspace, store, finding, grant.principal.name, why)
    file = store.create(made).file if made else None
    repair = propose_repair(workspace, finding) if command.decision == "drift" else None
    workspace.warehouse.record(
        [
            finding_decision_fact(
                project_id=workspace.settings.project,
                finding_id=finding.finding_id,
                record_id=finding.record_id,
                decision="obsolete_intent" if command.decision == "obsolete" else command.decision,
                principal=grant.principal.name,
                why=why,
                at=workspace.clock(),
                brief_id=repair.brief_id or None if repair else None,
            )
        ]
    )
    leniencies = read_leniencies(workspace)
    if command.decision == "obsolete":
        look_for_contradictions(workspace)
    covering = allowed_findings(leniencies.exceptions, [finding], workspace.clock()).get(finding.finding_id)
    return DecidedFinding(
        finding,
        command.decision,
        _next_step(command.decision, finding, repair),
        made,
        file,
        ended,
        repair,
        covering.id if covering is not None and made is None else None,
    )


def _find(workspace: Workspace, beginning: str) -> DriftFinding:
    wanted = beginning if beginning.startswith("finding_") else f"finding_{beginning}"
    found = [each for each in known_findings(workspace) if each.finding_id.startswith(wanted)]
    step = "`alloynb drift` names the findings that stand"
    if len(found) != 1 or not beginning:
        why = f"could be any of {len(found)} findings" if found else "is no finding"
        raise UnknownFinding(f"{beginning!r} {why}", next_step=step)
    if found[0].status == "resolved":
        raise UnknownFinding(f"{found[0].finding_id} is resolved; there is nothing to decide", next_step=step)
    return found[0]


def _exception(
    workspace: Workspace, command: DecideFinding, finding: DriftFinding, who: str
) -> GrantedException | None:
    if command.decision != "exception":
        if command.until is not None or command.path is not None:
            raise NotForThisAnswer(f"{command.decision} has no end and no path; only an exception has")
        return None
    if command.until is None:
        raise NotAnEnd("an exception ends some day", next_step="say when with --until, such as 90d")
    if command.path is not None and not fits(command.path, finding.path):
        raise NotForThisAnswer(f"{command.path} does not cover {finding.path}")
    now = workspace.clock()
    return GrantedException(
        id=new_id("exception"),
        evidence_id=finding.evidence_id,
        finding_id=finding.finding_id if command.path is None else None,
        path=command.path,
        who=who,
        why=command.why.strip(),
        granted_at=now,
        until=end_of(command.until, now),
    )


def _end_exceptions(
    workspace: Workspace, store: ExceptionStore, finding: DriftFinding, who: str, why: str
) -> tuple[str, ...]:
    now = workspace.clock()
    ending = [
        each
        for each in store.load_all()
        if each.finding_id == finding.finding_id and each.state(now) in {"valid", "not yet valid"}
    ]
    for each in ending:
        withdraw(workspace, store, store.get(each.id), who, why)
    return tuple(each.id for each in ending)


def _next_step(decision: Decision, finding: DriftFinding, repair: ProposedRepair | None) -> str:
    match decision:
        case "drift" if repair is not None and repair.brief_id:
            return (
                f"mend {finding.path} by hand, or let an agent: `alloynb brief show {repair.brief_id}`, "
                f"`alloynb brief approve {repair.brief_id} --scope mutation --scope commit --why …`, "
                f"`alloynb run --brief {repair.brief_id} --throttle full`"
            )
        case "drift":
            return f"mend {finding.path}; `alloynb drift` says when it is resolved"
        case "exception":
            return "commit the file, so that others see it too"
        case "obsolete":
            return (
                f"`alloynb intent contradict {finding.record_id} --why …` takes the record out of force, "
                f"`alloynb intent edit {finding.record_id} --why …` narrows it; until then the finding stands"
            )
