"""What one round of the loop told: run, satisfaction, drift and contradictions as one readable value (spec 6.3, 6.5).

Faces draw it, as text, as HTML or as JSON; it holds plain values alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from alloynb.application.trends import Trends

_NO_ANSWER = 4
ONLY_LOOKS = "validation_requested"
LET_PASS = frozenset({"exception", "waived", "baseline"})
_EXIT_CODES = {"semantic": 1, "validation": 2, "safety": 3, "dispatch": _NO_ANSWER}

Verdict = Literal["satisfied", "partially_satisfied", "unsatisfied", "unknown", "waived"]


@dataclass(frozen=True)
class EvidenceLine:
    """What was seen for one evidence definition.

    Attributes:
        need: `required` or `suggested`.
        links: where it can be looked up: `trace://…`, `repo://…`.
    """

    evidence_id: str
    kind: str
    description: str
    need: str
    status: Verdict
    told: str = ""
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class FindingLine:
    """One deviation of the code from the intent.

    Attributes:
        place: `path:line`, relative to the repository.
        status: `new`, `known`, `regressed` or `resolved`; `exception`, `baseline` or `waived` when it is let be.
        allowed: who allowed it, until when and why; empty when nobody did.
        looks_like: whether the code or the intent looks wrong, in words; empty when it was not judged.
        clues: what that rests on, strongest first, each with its weight.
    """

    finding_id: str
    record_id: str
    evidence_id: str
    place: str
    message: str
    status: str
    severity: str
    first_seen: str
    allowed: str = ""
    looks_like: str = ""
    clues: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it has to be mended, because nobody allowed it."""
        return self.status not in LET_PASS


@dataclass(frozen=True)
class RecordLine:
    """One record as the run left it."""

    record_id: str
    title: str
    capability: str
    strategy: str
    tradeoff: str
    severity: str
    verdict: Verdict
    reason: str
    evidence: tuple[EvidenceLine, ...]
    findings: tuple[FindingLine, ...]


@dataclass(frozen=True)
class GateLine:
    """What one gate said.

    Attributes:
        let_pass: why a failure is not held against the run: its evidence is waived, or its findings are allowed.
    """

    name: str
    phase: str
    status: str
    required: bool
    mode: str
    source: str
    duration_ms: float
    details: str
    output_file: str | None
    let_pass: str = ""


@dataclass(frozen=True)
class PlanGateLine:
    """One gate that the brief asked for, and whether it was really run.

    Attributes:
        ran_as: `overlay`, or `repository` when the same gate of the repository's own file ran; empty when none did.
        status: its last word; empty when it did not run.
    """

    gate: str
    evidence_id: str | None
    mode: str
    ran_as: Literal["overlay", "repository", ""]
    status: str = ""


@dataclass(frozen=True)
class AgentsLine:
    """How the agents of a run worked together.

    Attributes:
        pattern: as the brief names it.
        honoured: whether Foundry shaped the run by it.
        why: why not.
        blocks: that took part in the chain, in their order.
    """

    pattern: str
    honoured: bool
    why: str = ""
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepLine:
    """One block execution, for the timeline.

    Attributes:
        offset_ms: milliseconds after the first step began.
    """

    block: str
    kind: str
    status: str
    offset_ms: float
    duration_ms: float
    summary: str


@dataclass(frozen=True)
class Provenance:
    """Answers of the audit: which snapshot, which request, which versions, who."""

    brief_id: str
    brief_digest: str
    request_id: str
    idempotency_key: str
    run_id: str
    attempt: int
    requested_by: str
    runner_id: str
    foundry_version: str
    kernel: str
    package_versions: dict[str, str]


@dataclass(frozen=True)
class Places:
    """Where to look further, as absolute paths."""

    run_dir: str
    notebook: str
    store: str
    html: str
    feedback: str = ""


@dataclass(frozen=True)
class LoopReport:
    """One round of the loop.

    Attributes:
        deduplicated: the same request was run before; this is the earlier result.
        tree: what drift was looked for in: a revision, or the working tree.
        uncommitted: paths that were left out of the run.
        questions: what only a human can decide.
        unread: problems that kept something from being known, in words.
        delivered: commits that the run made, in words; empty when it changed nothing.
        missed: findings that the run was to mend and that stand where it ended, in words, with what can be done.
        allowed: every waiver, exception and answer to a contradiction that holds now: what, who, until when, why.
        plan_gates: every gate that the brief asked for, and whether it was really run.
        agents: the agent pattern, of a brief that names one; None when it needs no agents.
        compiled_down: what was lost on the way to the Foundry that ran it, one sentence each.
    """

    project: str
    title: str
    objective: str
    entry_event: str
    throttle: str
    status: str
    failure_class: str | None
    errors: tuple[str, ...]
    recovery_actions: tuple[str, ...]
    deduplicated: bool
    revision: str
    branch: str | None
    started_at: str
    duration_ms: float
    uncommitted: tuple[str, ...]
    tree: str
    records: tuple[RecordLine, ...]
    gates: tuple[GateLine, ...]
    findings: tuple[FindingLine, ...]
    resolved: tuple[FindingLine, ...]
    contradictions: tuple[str, ...]
    questions: tuple[str, ...]
    unread: tuple[str, ...]
    steps: tuple[StepLine, ...]
    provenance: Provenance
    places: Places
    delivered: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    plan_gates: tuple[PlanGateLine, ...] = ()
    compiled_down: tuple[str, ...] = ()
    agents: AgentsLine | None = None
    trends: Trends | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Number of records by verdict, in the order in which they are read."""
        order = ("unsatisfied", "partially_satisfied", "unknown", "waived", "satisfied")
        found = {verdict: sum(record.verdict == verdict for record in self.records) for verdict in order}
        return {verdict: number for verdict, number in found.items() if number}

    @property
    def drifted(self) -> tuple[FindingLine, ...]:
        """Findings that nobody allowed: what has to be mended."""
        return tuple(finding for finding in self.findings if finding.counts)

    @property
    def holds(self) -> bool:
        """Whether nothing needs mending: the run completed, nothing is unsatisfied, drifted or contradictory.

        What somebody allowed for now is not held against it.
        """
        return (
            (self.status == "completed" or self.only_let_pass)
            and not any(record.verdict == "unsatisfied" for record in self.records)
            and not self.drifted
            and not self.contradictions
            and not self.missed
        )

    @property
    def only_let_pass(self) -> bool:
        """Whether a run that only looks failed by nothing but gates whose failure is allowed for now.

        A formation that changes code did not do its work when a gate failed; nothing lets that pass.
        """
        missed = [gate for gate in self.gates if gate.status not in {"passed", "skipped"}]
        return (
            self.entry_event == ONLY_LOOKS
            and self.status in {"failed", "completed_with_findings"}
            and self.failure_class in {None, "execution"}
            and bool(missed)
            and all(gate.let_pass and gate.status in {"failed", "timed_out"} for gate in missed)
        )

    @property
    def exit_code(self) -> int:
        """What a command ends with that tells this: 0 when it holds, 1 for findings, else why there is no answer.

        Findings that stand beside a run without an answer do not hide that there is none (spec 7.2).
        """
        if self.holds:
            return 0
        if self.status == "cancelled":
            return _NO_ANSWER
        if self.status in {"completed", "completed_with_findings"}:
            return 1
        if self.failure_class == "execution":
            return 1 if self._gates_decided else _NO_ANSWER
        return _EXIT_CODES.get(self.failure_class or "", _NO_ANSWER)

    @property
    def _gates_decided(self) -> bool:
        """Whether the failure is what required gates said, and none of them was cut off."""
        missed = [gate for gate in self.gates if gate.status not in {"passed", "skipped"}]
        return any(gate.required for gate in missed) and all(gate.status != "cancelled" for gate in missed)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON value of the whole report."""
        return {**asdict(self), "counts": self.counts, "holds": self.holds}
