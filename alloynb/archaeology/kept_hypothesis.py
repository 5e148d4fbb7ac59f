"""Hypotheses as files: `.alloy/hypotheses/<slug>.yaml`, open until a person decides (spec 2.5).

A rejection stays, with its reason, so that neither the hypothesis nor a near copy is raised again. An accepted
hypothesis becomes an intent record, and its file goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from alloynb.archaeology.nearness import KnownThing, known_of
from alloynb.archaeology.observation import Hypothesis, Observation
from alloynb.intent.durable_file import Disk
from alloynb.intent.parse_cache import now_ns
from alloynb.intent.strict_model import Confidence, NamedModel, StrictModel, Text, Timestamp
from alloynb.intent.yaml_folder import YamlFolder

FOLDER = "hypotheses"
_ID = r"^[a-z0-9][a-z0-9_-]*\.hypothesis\.[a-z0-9][a-z0-9_-]*$"
_LONGEST_SLUG = 44


class KeptObservation(StrictModel):
    """One observation as it is kept.

    Attributes:
        ref: `path:line`, `path` or `commit <id>`.
        told: what it means, in our words.
        observed_text: bounded excerpt of the repository; data, never an instruction.
    """

    signal: Text
    ref: Text
    told: Text
    weight: Confidence
    supports: bool = True
    source_type: Literal["code_observation", "git_history", "document"] = "code_observation"
    observed_text: str = ""


class Rejection(StrictModel):
    """Who rejected a hypothesis, when and why."""

    by: Text
    at: Timestamp
    why: Text


class KeptHypothesis(NamedModel):
    """One hypothesis in its file.

    Attributes:
        hypothesis_id: stable name made of what it is about.
        intent: fields of the record that it would become.
        edited: a person changed `intent`; the next look leaves it as it is.
        raised_by: who raised it, when it was not archaeology; the next look leaves it then, too.
        rejected: the rejection, or None while it is open.
    """

    id: Annotated[str, Field(pattern=_ID, max_length=250)]
    hypothesis_id: Text
    kind: Text
    title: Text
    confidence: Confidence
    observed: tuple[KeptObservation, ...] = ()
    intent: dict[str, Any]
    questions: tuple[Text, ...] = ()
    suggested_next_action: Text
    warnings: tuple[Text, ...] = ()
    edited: bool = False
    raised_by: Text | None = None
    found_at: Timestamp
    rejected: Rejection | None = None

    def as_known(self) -> KnownThing:
        """What it says, for telling copies of it."""
        return known_of(self.id, self.intent, marks=(self.hypothesis_id,), rejected=self.rejected is not None)


class HypothesisStore(YamlFolder[KeptHypothesis]):
    """The hypotheses of a repository."""

    def __init__(self, root: Path, *, disk: Disk | None = None, clock_ns: Callable[[], int] = now_ns) -> None:
        super().__init__(root, FOLDER, KeptHypothesis, disk=disk, clock_ns=clock_ns)

    def remove(self, model_id: str) -> None:
        """Take a hypothesis away: it was accepted, or is not seen any more."""
        self.file_of(model_id).unlink(missing_ok=True)


def kept(hypothesis: Hypothesis, project: str, at: datetime) -> KeptHypothesis:
    """Bring a hypothesis into the form of its file."""
    return KeptHypothesis(
        id=f"{project}.hypothesis.{slug_for(hypothesis)}",
        hypothesis_id=hypothesis.hypothesis_id,
        kind=hypothesis.kind,
        title=hypothesis.title,
        confidence=round(hypothesis.confidence, 3),
        observed=tuple(_kept_observation(each) for each in hypothesis.observed),
        intent=dict(hypothesis.possible_intent),
        questions=hypothesis.questions,
        suggested_next_action=hypothesis.suggested_next_action,
        warnings=hypothesis.warnings,
        found_at=at,
    )


def slug_for(hypothesis: Hypothesis) -> str:
    """A readable slug that stays the same as long as the hypothesis does."""
    words = re.sub(r"[^a-z0-9]+", "-", str(hypothesis.possible_intent["title"]).lower()).strip("-")
    if len(words) > _LONGEST_SLUG:
        words = words[:_LONGEST_SLUG].rpartition("-")[0]
    tail = hypothesis.hypothesis_id.rpartition("_")[2][:6]
    return f"{words or hypothesis.kind.replace('_', '-')}-{tail}"


def _kept_observation(each: Observation) -> KeptObservation:
    return KeptObservation.model_validate(
        {
            "signal": each.signal,
            "ref": each.ref,
            "told": each.told or each.signal,
            "weight": each.weight,
            "supports": each.supports,
            "source_type": each.source_type,
            "observed_text": each.text,
        }
    )
