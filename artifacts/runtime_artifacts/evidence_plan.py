"""Evidence Plan: what would prove it, by machine or by human (spec 3.4)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runtime_artifacts.content import Content, JsonObject
from runtime_artifacts.envelope import Kind

EvidenceKind = Literal[
    "gate", "import_boundary", "pattern", "test", "dependency", "trace", "metric", "human_review"
]
Observer = Literal["gate", "reading", "trace", "metric", "human"]


class EvidencePlanItem(Content):
    """One thing that would prove one capability.

    Attributes:
        evidence_id: global id, `<record id>#<evidence id>`.
        capability: statement of the capability that it would prove.
        observed_by: who observes it.
        definition: the executable part of the definition as it was, so that the check is pinned.
        gate: name of the overlay gate that observes it, if one does.
    """

    evidence_id: str
    record_id: str
    capability: str
    kind: EvidenceKind
    description: str
    need: Literal["required", "suggested"]
    observed_by: Observer
    definition: JsonObject = Field(default_factory=dict)
    gate: str | None = None


class EvidencePlan(Content):
    """Content of `alloy.evidence_plan.v1`."""

    project_id: str
    items: tuple[EvidencePlanItem, ...]


EVIDENCE_PLAN = Kind("alloy.evidence_plan", "evidence_plan", EvidencePlan, compiled=True)
