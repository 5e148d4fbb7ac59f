"""Formation Brief: which intent shapes a run (spec 3.2). Foundry reads only `foundry` and the references."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runtime_artifacts.content import ArtifactRef, Content, Digest, JsonObject, Throttle
from runtime_artifacts.envelope import Kind

Severity = Literal["low", "medium", "high"]
FormationPattern = Literal[
    "single_agent",
    "plan_then_execute",
    "execute_then_review",
    "plan_execute_review",
    "adversarial_review",
    "human_in_the_loop",
    "no_agent",
]


class Identity(Content):
    """Where the brief comes from.

    Attributes:
        version: revision of the brief for this project and template, from 1.
        source_graph_version: digest over the ids and digests of every record that was considered.
        target_project: project name as Foundry knows it.
        template: name and version of the template that was instantiated.
        revision: commit that this instance is pinned to; absent when a request may name any.
    """

    project_id: str
    title: str
    version: int = Field(default=1, ge=1)
    source_graph_version: Digest
    target_project: str
    template: str
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")


class ExternalReference(Content):
    """Product or design intent that another system owns, with a snapshot of the values that the brief needs."""

    system: str
    ref: str
    title: str = ""
    snapshot: JsonObject = Field(default_factory=dict)


class Mission(Content):
    """What the run is for, when it is done and when it must stop."""

    objective: str
    references: tuple[ExternalReference, ...] = ()
    definition_of_done: tuple[str, ...] = ()
    stop_conditions: tuple[str, ...] = ()


class IntentSnapshot(Content):
    """The values of one intent record as they were: later edits cannot change what a past run meant."""

    record_id: str
    version: int = Field(ge=1)
    digest: Digest
    title: str
    status: str
    capability: str
    threat: str
    expectation: str
    strategy: str
    tradeoff: str
    severity: Severity
    confidence: float = Field(ge=0, le=1)
    scope: JsonObject = Field(default_factory=dict)
    sources: tuple[str, ...] = ()
    role: Literal["constraint", "question"] = "constraint"


class KnownConflict(Content):
    """Two records that disagree, and the recorded human resolution."""

    records: tuple[str, str]
    notes: str = ""
    resolution: str = ""


class RelevantIntent(Content):
    """Snapshots of the selected records with their conflicts and open questions."""

    records: tuple[IntentSnapshot, ...] = ()
    known_conflicts: tuple[KnownConflict, ...] = ()
    open_questions: tuple[str, ...] = ()


class ProtectedCapability(Content):
    """An ability that must survive the run."""

    record_id: str
    statement: str
    severity: Severity
    scope: JsonObject = Field(default_factory=dict)
    evidence_required: tuple[str, ...] = ()


class ThreatToWatch(Content):
    """What erodes a capability, and how it shows."""

    record_id: str
    risk: str
    patterns: tuple[str, ...] = ()
    past_failures: tuple[str, ...] = ()


class PreferredStrategy(Content):
    """A strategy in its local meaning."""

    record_id: str
    name: str
    definition: str
    examples: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    failure_modes: tuple[str, ...] = ()


class SuspiciousMove(Content):
    """A move to warn of, or to stop by a gate."""

    record_id: str
    move: str
    enforcement: Literal["warning", "gate"] = "warning"
    evidence_id: str | None = None


class AcceptedTradeoff(Content):
    """The price that was accepted."""

    record_id: str
    statement: str


class AgentRole(Content):
    """One agent's part: what it may touch, which class of model serves it, whom it hands to."""

    name: str
    access: Literal["read_only", "full"]
    capability_class: Literal["reasoning", "coding", "quick"]
    handoff: str = ""


class AgentFormation(Content):
    """Which agents work together, and why this pattern."""

    pattern: FormationPattern
    roles: tuple[AgentRole, ...] = ()
    reasons: tuple[str, ...] = ()


class FoundryControls(Content):
    """All that Foundry needs of a brief: the entry event and the limits."""

    entry_event: str
    throttle: Throttle = "dry_run"
    payload: JsonObject = Field(default_factory=dict)
    max_iterations: int = Field(default=1, ge=1)
    gate_profile: str = "repository_and_overlay"
    chain_maintenance: bool = False
    commit_allowed: bool = False
    push_allowed: bool = False


class FeedbackHooks(Content):
    """What comes back: trace events to consume, records that observations update, questions for humans."""

    trace_events: tuple[str, ...] = ()
    observation_updates: tuple[str, ...] = ()
    contradictions_to_humans: tuple[str, ...] = ()


class FormationBrief(Content):
    """Content of `alloy.formation_brief.v1`."""

    identity: Identity
    mission: Mission
    relevant_intent: RelevantIntent
    protected_capabilities: tuple[ProtectedCapability, ...]
    threats_to_watch: tuple[ThreatToWatch, ...] = ()
    strategies: tuple[PreferredStrategy, ...] = ()
    suspicious_moves: tuple[SuspiciousMove, ...] = ()
    tradeoffs: tuple[AcceptedTradeoff, ...] = ()
    evidence_plan: ArtifactRef
    gate_overlay: ArtifactRef
    prompt_pack: ArtifactRef
    agent_formation: AgentFormation
    foundry: FoundryControls
    feedback_hooks: FeedbackHooks = Field(default_factory=FeedbackHooks)


FORMATION_BRIEF = Kind("alloy.formation_brief", "brief", FormationBrief, compiled=True)
