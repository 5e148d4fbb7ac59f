"""What a person answered to the question of human-review evidence: a committed file that counts for a while (spec 2.3).

`.alloy/reviews/review_….yaml`, one answer each, read as strictly as records. An answer is bound to the question as it
was put: who rewords the question asks it anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from alloynb.intent.evidence_definition import HumanReviewEvidence
from alloynb.intent.strict_model import EvidenceId, NamedModel, Text, Timestamp
from alloynb.intent.yaml_folder import YamlFolder

Verdict = Literal["holds", "broken"]


class ReviewAnswer(NamedModel):
    """One answer.

    Attributes:
        question: as it was put.
        role: whom the record asks; that `who` has it is for the review of the commit to see.
        answer: whether the capability holds.
        until: first moment at which the answer counts no more.
    """

    id: str = Field(pattern=r"^review_[0-9A-HJKMNP-TV-Z]{26}$")
    evidence_id: EvidenceId
    question: Text
    role: Text
    answer: Verdict
    who: Text
    why: Text
    answered_at: Timestamp
    until: Timestamp

    @model_validator(mode="after")
    def _counts_for_a_while(self) -> Self:
        if self.until <= self.answered_at:
            raise ValueError("`until` is not after `answered_at`: the answer would never count")
        return self

    def told(self) -> str:
        """Who said what, when and why, in one line."""
        return f"{self.who} on {self.answered_at:%Y-%m-%d}: {self.why}"

    def ends(self, definition: HumanReviewEvidence) -> datetime:
        """When it counts no more: the earlier of what the file says and what the definition allows by now."""
        return min(self.until, self.answered_at + timedelta(days=definition.expires_days))


class ReviewStore(YamlFolder[ReviewAnswer]):
    """The answers of a repository: `.alloy/reviews/<id>.yaml`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "reviews", ReviewAnswer)
