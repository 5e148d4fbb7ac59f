"""Deviations that stood when evidence was first demanded: a committed list that only shrinks (spec 6.4).

`.alloy/baselines/<record>--<evidence>.yaml`, one list for each evidence definition. What is mended is moved to
`dropped` and never counts again. The list checks itself: entries and dropped ids together are what was adopted, by
digest, so that an entry that somebody wrote in by hand is noticed wherever the file is read, without any history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from alloynb.intent.evidence_definition import split_evidence_id
from alloynb.intent.strict_model import EvidenceId, NamedModel, StrictModel, Text, Timestamp, slug_of
from alloynb.intent.yaml_folder import YamlFolder

FindingId = Text


class BaselineEntry(StrictModel):
    """One deviation that stood.

    Attributes:
        path: where it was, for people; the id is what counts.
    """

    finding_id: FindingId
    path: Text
    message: Text


class Adoption(StrictModel):
    """Who took the list over, when and why, and what it was.

    Attributes:
        count: number of deviations at that time.
        digest: of their ids.
        definition: digest of the evidence definition, as it was then.
    """

    by: Text
    at: Timestamp
    why: Text
    revision: Text
    count: int = Field(ge=0)
    digest: Text
    definition: Text


class Baseline(NamedModel):
    """The list of one evidence definition.

    Attributes:
        entries: what still stands, sorted by id.
        dropped: ids of what was mended since.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*--[a-z0-9][a-z0-9_-]*$")
    evidence_id: EvidenceId
    adopted: Adoption
    entries: tuple[BaselineEntry, ...] = ()
    dropped: tuple[FindingId, ...] = ()

    @model_validator(mode="after")
    def _is_named_after_its_evidence(self) -> Self:
        if self.id != baseline_id(self.evidence_id):
            raise ValueError(f"a baseline of {self.evidence_id} has the id {baseline_id(self.evidence_id)}")
        return self

    @property
    def finding_ids(self) -> frozenset[str]:
        """Ids of what may stand."""
        return frozenset(each.finding_id for each in self.entries)

    @property
    def is_as_adopted(self) -> bool:
        """Whether entries and dropped ids are together exactly what was adopted; else somebody grew the list."""
        everything = [*(each.finding_id for each in self.entries), *self.dropped]
        return len(everything) == self.adopted.count and digest_of_ids(everything) == self.adopted.digest

    def without(self, mended: Iterable[str]) -> Baseline:
        """The list without what was mended."""
        gone = set(mended) & self.finding_ids
        return self.model_copy(
            update={
                "entries": tuple(each for each in self.entries if each.finding_id not in gone),
                "dropped": tuple(sorted({*self.dropped, *gone})),
            }
        )

    def told(self) -> str:
        """Who adopted it, when and why, in one line."""
        return f"{self.adopted.by} on {self.adopted.at:%Y-%m-%d}, in the baseline: {self.adopted.why}"


def baseline_id(evidence_id: str) -> str:
    """Name the baseline of an evidence definition: `<record slug>--<evidence id>`."""
    record_id, local = split_evidence_id(evidence_id)
    return f"{slug_of(record_id)}--{local}"


def digest_of_ids(finding_ids: Iterable[str]) -> str:
    """Name a set of finding ids."""
    return "sha256:" + hashlib.sha256("\n".join(sorted(finding_ids)).encode()).hexdigest()


class BaselineStore(YamlFolder[Baseline]):
    """The baselines of a repository: `.alloy/baselines/<record>--<evidence>.yaml`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "baselines", Baseline)
