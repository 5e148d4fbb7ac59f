"""Evidence Observation: what was seen for one evidence definition (spec 3.7)."""

from __future__ import annotations

from typing import Literal

from runtime_artifacts.content import Content, Digest, Timestamp
from runtime_artifacts.envelope import Kind

ObservationStatus = Literal["satisfied", "partially_satisfied", "unsatisfied", "unknown", "waived"]


class EvidenceObservation(Content):
    """Content of `alloy.evidence_observation.v1`; also stands inside a run result.

    Attributes:
        evidence_id: global id of the definition, opaque to Foundry.
        observed_by: gate, block, person or program that saw it.
        supporting_artifacts: URIs such as `trace://run_…/gates/tests` or `repo://project/revision/path`.
    """

    evidence_id: str
    record_ids: tuple[str, ...] = ()
    status: ObservationStatus
    observed_by: str
    observed_at: Timestamp
    project_id: str
    foundry_run_id: str | None = None
    brief_digest: Digest | None = None
    revision: str | None = None
    supporting_artifacts: tuple[str, ...] = ()
    notes: str = ""


EVIDENCE_OBSERVATION = Kind("alloy.evidence_observation", "observation", EvidenceObservation)
