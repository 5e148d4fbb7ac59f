"""Where the intent itself cannot stand: what a contradiction detector is given, and what it asks (spec 6.4).

A detector only asks. Its question goes to a human, who simplifies or preserves; a detector changes no record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from alloynb.errors import AlloyError
from alloynb.intent.expectation import Expectation
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.drop_in import collect_drop_ins
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.identity import id_of_digest

AskStore = Callable[[str, Sequence[Any]], "list[dict[str, Any]]"]
"""One statement that only reads, and its parameters → rows; raises AlloyError when it fails or takes too long."""


class ContradictionQuestion(BaseModel):
    """Something that only a human can decide.

    Attributes:
        question_id: the same as long as the same is asked for the same reason.
        reason: name of the detector that raised it.
        record_ids: sorted.
        question: in plain words.
        evidence: what led to it, one sentence each.
        about: ids of shared expectations and strategies that it is about.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question_id: str
    reason: str
    record_ids: tuple[str, ...]
    question: str
    evidence: tuple[str, ...]
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangedReference:
    """Product or design intent that says something else than when a record was last compiled into a brief.

    Attributes:
        ref: as people write it: `epilogue:checkout/pay`.
        record_ids: records that refer to it, sorted.
        digest: of what it says now; empty when that is unknown.
        told: one sentence: what changed, from which version to which.
    """

    ref: str
    record_ids: tuple[str, ...]
    digest: str
    told: str


@dataclass(frozen=True)
class IntentLook:
    """All intent of a project, and what can be asked about it.

    Attributes:
        at: aware moment of the look.
        ask_store: asks the evidence store; read only, within a time limit.
        confirmed_at: when a human last read a record and called it still true, or None.
        changed_references: product and design intent that changed under records.
    """

    project: str
    records: tuple[IntentRecord, ...]
    at: datetime
    ask_store: AskStore
    expectations: tuple[Expectation, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    confirmed_at: Callable[[str], datetime | None] = lambda record_id: None
    changed_references: tuple[ChangedReference, ...] = ()

    @cached_property
    def guiding(self) -> Mapping[str, IntentRecord]:
        """Records that guide runs, by id, sorted."""
        return {
            record.id: record
            for record in sorted(self.records, key=lambda each: each.id)
            if record.guides_runs
        }

    def leaning_on(self, shared_id: str) -> tuple[str, ...]:
        """Ids of the records that guide runs and lean on a shared expectation or strategy, sorted."""
        return tuple(
            record_id
            for record_id, record in self.guiding.items()
            if shared_id in (record.expectation_ref, record.strategy_ref)
        )


@dataclass(frozen=True)
class Asked:
    """What a detector made of a look.

    Attributes:
        questions: for a human.
        doubts: what could not be found out, and why, in words.
    """

    questions: tuple[ContradictionQuestion, ...] = ()
    doubts: tuple[str, ...] = ()


@runtime_checkable
class ContradictionDetector(Protocol):
    """A plugin that knows one way in which intent stops to hold.

    `ask` may raise AlloyError or ArtifactError; that is told as a doubt.
    """

    reason: str

    def ask(self, look: IntentLook) -> Asked:
        """Ask what only a human can decide; answer nothing."""
        ...


def question_of(
    reason: str,
    identity: Mapping[str, Any],
    record_ids: Iterable[str],
    question: str,
    evidence: Iterable[str],
    *,
    about: Iterable[str] = (),
) -> ContradictionQuestion:
    """Make a question whose id follows from its reason and identity.

    Args:
        identity: what makes it this question; when it changes, an earlier answer does not count any more.
    """
    named = {"reason": reason, **identity}
    return ContradictionQuestion(
        question_id=id_of_digest("question", digest_of(named)),
        reason=reason,
        record_ids=tuple(sorted(set(record_ids))),
        question=question,
        evidence=tuple(evidence),
        about=tuple(sorted(set(about))),
    )


def check_detector(offered: object) -> ContradictionDetector:
    """Accept a plugin.

    Raises:
        TypeError: it lacks `reason` or a callable `ask`.
        ValueError: its reason is no plain name.
    """
    if not isinstance(offered, ContradictionDetector) or not callable(offered.ask):
        raise TypeError("a contradiction detector has `reason` and `ask(look)`")
    if not str(offered.reason).isidentifier():
        raise ValueError(f"`reason` is a plain name such as `review_trigger`, not {offered.reason!r}")
    return offered


def collect_contradiction_detectors() -> Mapping[str, ContradictionDetector]:
    """Load the detectors of this package and of the entry points `alloynb.contradictions`, by reason.

    Raises:
        BadPlugin: names the file or entry point and what is wrong with it.
    """
    found = collect_drop_ins(
        "alloynb.interpretation.contradictions",
        "DETECTOR",
        check_detector,
        name_of=lambda detector: detector.reason,
        entry_points="alloynb.contradictions",
    )
    return {name: each.plugin for name, each in found.items()}


def find_contradictions(
    look: IntentLook, detectors: Mapping[str, ContradictionDetector] | None = None
) -> Asked:
    """Let every detector ask; one that cannot does not keep the others from it.

    Args:
        detectors: the installed ones when None.

    Returns:
        Questions by reason and records, each once; doubts.

    Raises:
        BadPlugin: an installed detector is broken.

    Spec: 6.4.
    """
    installed = collect_contradiction_detectors() if detectors is None else detectors
    questions: dict[str, ContradictionQuestion] = {}
    doubts: list[str] = []
    for reason, detector in installed.items():
        try:
            asked = detector.ask(look)
        except (AlloyError, ArtifactError) as error:
            doubts.append(f"{reason.replace('_', ' ')}: {error}")
            continue
        questions |= {each.question_id: each for each in asked.questions}
        doubts += asked.doubts
    ordered = sorted(questions.values(), key=lambda each: (each.reason, each.record_ids, each.question_id))
    return Asked(tuple(ordered), tuple(doubts))
