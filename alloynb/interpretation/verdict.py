"""Code wrong or intent stale: a suggestion for each finding, with everything that it rests on (spec 6.4).

Nothing is decided here. Named, weighted clues lean one of three ways; each is shown with the place where it can be
looked up. What is not clear is called undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from alloynb.intent.evidence_definition import EvidenceDefinition
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.finding import DriftFinding
from alloynb.interpretation.lineage import FormerNames
from runtime_artifacts.drop_in import collect_drop_ins

Leaning = Literal["code_left_intent", "refactor_keeps_intent", "intent_is_stale"]
LEANINGS: tuple[Leaning, ...] = ("code_left_intent", "refactor_keeps_intent", "intent_is_stale")

LEAST_LEAD = 0.15
"""Two leanings that are nearer to each other than this leave the case undecided."""

PRIOR = 0.25
"""Evidence of accepted intent that fails speaks by itself for the code being wrong, though not loudly."""


@dataclass(frozen=True)
class Clue:
    """One observation.

    Attributes:
        name: of the plugin.
        weight: 0..1, how much it says by itself.
        told: what was seen, in one sentence.
        place: where it can be looked up: `path:line`, `commit …`, a record.
    """

    name: str
    leans: Leaning
    weight: float
    told: str
    place: str = ""

    @property
    def as_json(self) -> dict[str, str | float]:
        """As the evidence store keeps it."""
        return {
            "clue": self.name,
            "leans": self.leans,
            "weight": self.weight,
            "told": self.told,
            "place": self.place,
        }

    @property
    def told_with_weight(self) -> str:
        """What was seen, for which side and how much it says, and where."""
        place = f"  [{self.place}]" if self.place else ""
        return f"{self.weight:.2f} {self.leans.replace('_', ' ')}: {self.told}{place}"


@dataclass(frozen=True)
class Change:
    """What brought a deviation in: a commit, or what is not committed yet.

    Attributes:
        commit: full id; empty while it is not committed.
        message: what somebody wrote, never an instruction; empty while it is not committed.
        touched: paths that it changed, both names of a rename, sorted.
        renamed: later path by former path.
        added, removed: lines by path, without their marks; of text files, cut.
    """

    commit: str
    author: str
    at: datetime | None
    message: str
    touched: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it can be looked up."""
        return f"commit {self.commit[:12]}" if self.commit else "the working tree"


@dataclass(frozen=True)
class Case:
    """One deviation, or one rule that means nothing any more, with all that is known about it.

    Attributes:
        finding: the deviation; None for a rule that lost a name.
        lost_names: names of the rule that once meant a module of this tree and mean none now.
        siblings: all findings of the same evidence that stand, this one among them.
        governed: number of files that the evidence speaks about; 0 when that is not known.
        change: what brought it in; None when git cannot tell.
        names: former names of files and modules.
        now_called: later path by former path, of everything that was ever renamed.
        leniencies: how often somebody waived evidence of the record, or allowed a deviation from it.
        fired: review triggers of the record that ask to look again, in words.
        newer: accepted records that say they replace this one, or that conflict with it.
        line: text of the first deviating line; empty without one.
        for_types_alone: whether every deviating line stands under `if TYPE_CHECKING:`.
        commits_since: number of commits that touched the file since.
    """

    record: IntentRecord
    definition: EvidenceDefinition
    at: datetime
    finding: DriftFinding | None = None
    lost_names: tuple[str, ...] = ()
    siblings: tuple[DriftFinding, ...] = ()
    governed: int = 0
    change: Change | None = None
    names: FormerNames | None = None
    now_called: Mapping[str, str] = field(default_factory=dict)
    leniencies: int = 0
    fired: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    line: str = ""
    for_types_alone: bool = False
    commits_since: int = 0


@dataclass(frozen=True)
class Verdict:
    """What a case looks like.

    Attributes:
        leaning: the suggestion; None when the clues do not decide.
        strength: 0..1, what the clues for it come to, less what speaks against it.
        clues: all of them, strongest first.
        scores: what the clues of each leaning come to together, the prior among them.
    """

    leaning: Leaning | None
    strength: float
    clues: tuple[Clue, ...]
    scores: Mapping[Leaning, float] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The suggestion in words."""
        return _TOLD[self.leaning]

    @property
    def told_with_strength(self) -> str:
        """The suggestion in words, and how strong it is; one that is undecided has no strength."""
        return f"{self.told} ({self.strength:.0%})" if self.leaning else self.told


_TOLD: Mapping[Leaning | None, str] = {
    "code_left_intent": "looks like code that left valid intent",
    "refactor_keeps_intent": "looks like a refactor that keeps the intent; the record names the old place",
    "intent_is_stale": "looks like intent that became stale",
    None: "undecided",
}


@runtime_checkable
class ClueReader(Protocol):
    """A plugin that looks at a case and says what it sees in it. Pure."""

    name: str

    def look(self, case: Case) -> Iterable[Clue]:
        """Yield what speaks one way or another; nothing when it has nothing to say."""
        ...


def check_clue_reader(offered: object) -> ClueReader:
    """Accept a plugin.

    Raises:
        TypeError: it lacks `name` or a callable `look`.
    """
    if not isinstance(offered, ClueReader) or not callable(offered.look):
        raise TypeError("a reader of clues has `name` and `look(case)`")
    return offered


def collect_clue_readers() -> tuple[ClueReader, ...]:
    """Load the readers of this package and of the entry points `alloynb.clues`, by name.

    Raises:
        BadPlugin: names the file or entry point and what is wrong with it.
    """
    found = collect_drop_ins(
        "alloynb.interpretation.clues",
        "CLUE",
        check_clue_reader,
        name_of=lambda reader: reader.name,
        entry_points="alloynb.clues",
    )
    return tuple(each.plugin for _, each in sorted(found.items()))


def judge_case(case: Case, readers: Iterable[ClueReader] | None = None) -> Verdict:
    """Let every reader look at a case, and weigh what they saw."""
    seen = [
        clue
        for reader in (collect_clue_readers() if readers is None else readers)
        for clue in reader.look(case)
    ]
    return weigh_clues(seen, deviates=case.finding is not None)


def weigh_clues(seen: Iterable[Clue], *, deviates: bool) -> Verdict:
    """Weigh clues.

    The clues of one leaning count together as independent doubts do: 1 - Π(1 - weight). A failing check begins with a
    small weight for the code being wrong. The strongest leaning is suggested if it leads by `LEAST_LEAD`.

    Args:
        deviates: whether they are about a deviation, and not about a rule that lost a name.
    """
    clues = tuple(sorted(seen, key=lambda each: (-each.weight, each.name, each.told)))
    scores: dict[Leaning, float] = {
        leaning: _together(each.weight for each in clues if each.leans == leaning) for leaning in LEANINGS
    }
    if deviates:
        scores["code_left_intent"] = 1 - (1 - PRIOR) * (1 - scores["code_left_intent"])
    (first, most), (_, next_most) = sorted(scores.items(), key=lambda each: -each[1])[:2]
    lead = most - next_most
    if lead < LEAST_LEAD:
        return Verdict(None, lead, clues, scores)
    return Verdict(first, most * (1 - next_most), clues, scores)


def _together(weights: Iterable[float]) -> float:
    doubt = 1.0
    for weight in sorted(weights):
        doubt *= 1 - weight
    return 1 - doubt
