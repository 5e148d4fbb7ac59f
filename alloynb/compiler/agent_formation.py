"""Which agents work together on a brief, chosen by what is at stake and what is known, with the reasons (spec 3.2).

| pattern             | who                                                     | when                             |
| ------------------- | ------------------------------------------------------- | -------------------------------- |
| single agent        | executor                                                | little at stake, gates see it    |
| plan then execute   | planner, executor                                       | what to do is not obvious        |
| execute then review | executor, reviewer                                      | a mistake would hurt             |
| plan execute review | planner, executor, reviewer                             | both                             |
| adversarial review  | two proposers apart, judge, executor, reviewer          | one line of thought failed       |
| human in the loop   | assistant, a human who decides, executor, reviewer      | too much at stake for what is known |

Each rule asks for one kind of oversight. More at stake, more doubt or more freedom never asks for less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from runtime_artifacts.formation_brief import AgentFormation, AgentRole, FormationPattern, Severity

Need = Literal["plan", "review", "competition", "human"]
Risk = Literal["low", "medium", "high"]
_RANK: Mapping[str, int] = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True)
class FormationInputs:
    """What the choice rests on.

    Attributes:
        criticality: severity of the most severe capability that is protected.
        confidence: of the least certain record that guides, 0..1.
        code_risk: how much code the records open: `low` when each names few places, `high` when one names none.
        capabilities: number of capabilities that are affected.
        ambiguity: number of open questions and of conflicts that a human had to settle.
        past_failures: number of failures that traces tell of.
        evidence_strength: share of the required evidence that a gate observes, 0..1.
        writes: an agent may change files.
    """

    criticality: Severity
    confidence: float
    code_risk: Risk
    capabilities: int
    ambiguity: int
    past_failures: int
    evidence_strength: float
    writes: bool


@dataclass(frozen=True)
class _Rule:
    need: Need
    holds: Callable[[FormationInputs], bool]
    reason: Callable[[FormationInputs], str]


RULES: tuple[_Rule, ...] = (
    _Rule(
        "plan",
        lambda it: it.ambiguity >= 1,
        lambda it: (
            f"{_counted(it.ambiguity, 'question is', 'questions are')} open or had to be settled, so somebody "
            "thinks before anything is touched."
        ),
    ),
    _Rule(
        "plan",
        lambda it: it.capabilities >= 3,
        lambda it: f"{it.capabilities} capabilities are affected, and a step for one can harm another.",
    ),
    _Rule(
        "plan",
        lambda it: _RANK[it.code_risk] >= 1,
        lambda it: (
            "The records open many places, so the plan says which few are touched."
            if it.code_risk == "medium"
            else "A record names no place, so the plan has to say where."
        ),
    ),
    _Rule(
        "review",
        lambda it: it.writes and _RANK[it.criticality] >= 1,
        lambda it: (
            f"An agent may write, and a capability of severity {it.criticality} is at stake: somebody else looks."
        ),
    ),
    _Rule(
        "review",
        lambda it: it.evidence_strength < 1,
        lambda it: f"Gates observe {it.evidence_strength:.0%} of the required evidence; the rest needs eyes.",
    ),
    _Rule(
        "review",
        lambda it: it.past_failures >= 1,
        lambda it: f"It failed {_counted(it.past_failures, 'time', 'times')} before; the review knows how.",
    ),
    _Rule(
        "competition",
        lambda it: it.past_failures >= 3,
        lambda it: (
            "One line of thought failed three times or more: two proposals are made apart, and one is chosen."
        ),
    ),
    _Rule(
        "competition",
        lambda it: it.criticality == "high" and it.ambiguity >= 5,
        lambda it: (
            f"Much is at stake and {it.ambiguity} questions are open: proposals compete before one is built."
        ),
    ),
    _Rule(
        "human",
        lambda it: it.criticality == "high" and it.confidence < 0.5,
        lambda it: (
            f"Much is at stake, and one record is held with confidence {it.confidence:g}: a human leads."
        ),
    ),
    _Rule(
        "human",
        lambda it: it.writes and it.criticality == "high" and it.evidence_strength == 0,
        lambda it: "An agent may write where much is at stake, and no gate would notice harm: a human leads.",
    ),
)
"""Every reason for more than one agent alone; the table is the policy."""

COVERS: Mapping[FormationPattern, frozenset[Need]] = {
    "single_agent": frozenset(),
    "plan_then_execute": frozenset({"plan"}),
    "execute_then_review": frozenset({"review"}),
    "plan_execute_review": frozenset({"plan", "review"}),
    "adversarial_review": frozenset({"plan", "review", "competition"}),
    "human_in_the_loop": frozenset({"plan", "review", "competition", "human"}),
}
"""Oversight that each pattern gives, the least first; the first that covers every need is chosen."""

_PLANNER = AgentRole(
    name="planner", access="read_only", capability_class="reasoning", handoff="steps, each tied to a record"
)
_REVIEWER = AgentRole(
    name="reviewer", access="read_only", capability_class="reasoning", handoff="approve, change or stop"
)


def _proposer(name: str) -> AgentRole:
    return AgentRole(
        name=name,
        access="read_only",
        capability_class="reasoning",
        handoff="a proposal, made without seeing the other",
    )


_BEFORE: Mapping[FormationPattern, tuple[AgentRole, ...]] = {
    "plan_then_execute": (_PLANNER,),
    "plan_execute_review": (_PLANNER,),
    "adversarial_review": (
        _proposer("proposer one"),
        _proposer("proposer two"),
        AgentRole(
            name="judge",
            access="read_only",
            capability_class="reasoning",
            handoff="the proposal that is built, and why the other is not",
        ),
    ),
    "human_in_the_loop": (
        AgentRole(
            name="assistant",
            access="read_only",
            capability_class="reasoning",
            handoff="options with their price, for a human who decides before anything is touched",
        ),
    ),
}


def choose_formation(inputs: FormationInputs) -> AgentFormation:
    """Choose the pattern with the least oversight that covers every need, and say why.

    The same inputs give the same choice. `no_agent` is no choice of this: a template that needs none says so.
    """
    fired = [rule for rule in RULES if rule.holds(inputs)]
    needs = {rule.need for rule in fired}
    pattern = next(name for name, covered in COVERS.items() if needs <= covered)
    executor = AgentRole(
        name="executor",
        access="full" if inputs.writes else "read_only",
        capability_class="coding" if inputs.writes else "reasoning",
        handoff="the change in the worktree" if inputs.writes else "what was found",
    )
    after = (_REVIEWER,) if "review" in COVERS[pattern] else ()
    reasons = tuple(rule.reason(inputs) for rule in fired) or (
        "Little is at stake, the place is named, nothing is open, and gates observe all required evidence.",
    )
    return AgentFormation(
        pattern=pattern, roles=(*_BEFORE.get(pattern, ()), executor, *after), reasons=reasons
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
