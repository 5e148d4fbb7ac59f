"""Evidence definitions in words for people and agents: which move breaks them, and how they are observed (spec 3.2)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from alloynb.intent.boundary_rule import (
    AllowedOnlyRule,
    ForbiddenRule,
    ImportBoundaryRule,
    IndependenceRule,
    LayersRule,
)
from alloynb.intent.evidence_definition import (
    CodePattern,
    DependencyEvidence,
    DependencyRule,
    EvidenceDefinition,
    GateEvidence,
    HumanReviewEvidence,
    ImportBoundaryEvidence,
    MetricEvidence,
    PatternEvidence,
    SqlCondition,
    TestEvidence,
    TraceEvidence,
)


def one_line(text: str) -> str:
    """Fold a text of several lines into one, so that it can stand in a list or a sentence."""
    return " ".join(text.split())


def sentence(text: str) -> str:
    """End a text as a sentence ends, so that another one can follow."""
    folded = one_line(text)
    return folded if folded.endswith((".", "!", "?", "…")) else f"{folded}."


def code_list(names: Iterable[str], last: str = "or") -> str:
    """Write names as code in one phrase: `a`, `b` or `c`."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def moves_against(definition: EvidenceDefinition) -> tuple[str, ...]:
    """Name the moves that break a definition, as one would warn of them: `import b from a`.

    Definitions that only a run or a human can judge name none.
    """
    match definition:
        case ImportBoundaryEvidence():
            return (_boundary_move(definition.rule),)
        case DependencyEvidence():
            return _dependency_moves(definition.dependency)
        case PatternEvidence():
            return (_pattern_move(definition.pattern, definition.description),)
        case TestEvidence():
            return (f"delete, skip or weaken {code_list(definition.test.tests)}",)
        case GateEvidence():
            gate = definition.gate
            return (f"remove, loosen or bypass the gate `{gate.name}` (`{shlex.join(gate.command)}`)",)
        case TraceEvidence() | MetricEvidence() | HumanReviewEvidence():
            return ()


def observation_words(definition: EvidenceDefinition) -> str:
    """Say how a definition is observed: the command, the reading, the condition or the question."""
    match definition:
        case GateEvidence():
            return f"`{shlex.join(definition.gate.command)}` succeeds"
        case TestEvidence():
            without = definition.test.without
            lacking = f", without {', '.join(without)}" if without else ""
            several = len(definition.test.tests) > 1
            passes = "exist and pass" if several else "exists and passes"
            return f"{code_list(definition.test.tests, 'and')} {passes}{lacking}"
        case ImportBoundaryEvidence():
            return "reading the imports finds none that the rule forbids"
        case DependencyEvidence():
            return "reading the declared dependencies finds none that the rule forbids"
        case PatternEvidence():
            finds = "finds such code" if definition.pattern.must == "occur" else "finds no such code"
            return f"searching {code_list(definition.pattern.paths, 'and')} {finds}"
        case TraceEvidence():
            return f"the trace of the run shows {_condition(definition.condition)}"
        case MetricEvidence():
            return f"the evidence store shows {_condition(definition.condition)}"
        case HumanReviewEvidence():
            days = definition.expires_days
            return (
                f"{one_line(definition.role)} answers: {one_line(definition.question)} (good for {days} days)"
            )


def _condition(condition: str | SqlCondition) -> str:
    return f"`{condition}`" if isinstance(condition, str) else f"`{one_line(condition.sql)}`"


def _boundary_move(rule: ImportBoundaryRule) -> str:
    chains = ", directly or through other modules" if rule.indirect else ""
    match rule:
        case ForbiddenRule():
            return f"import {code_list(rule.targets)} from {code_list(rule.sources)}{chains}"
        case LayersRule():
            order = " > ".join(f"`{layer}`" for layer in rule.layers)
            return f"import a higher layer from a lower one{chains} (top first: {order})"
        case IndependenceRule():
            return f"let any two of {code_list(rule.modules, 'and')} import each other{chains}"
        case AllowedOnlyRule():
            judged = f", of {code_list(rule.universe, 'and')}" if rule.universe else ""
            allowed = f"other than {code_list(rule.targets, 'and')}" if rule.targets else "beyond itself"
            return f"import anything {allowed}{judged}, from {code_list(rule.sources)}{chains}"


def _dependency_moves(rule: DependencyRule) -> tuple[str, ...]:
    places = [*rule.where, *rule.sections]
    where = f" in {code_list(places)}" if places else ""
    moves = []
    if rule.forbidden:
        moves.append(f"declare {code_list(rule.forbidden)} as a dependency{where}")
    if rule.allowed is not None:
        others = f"other than {code_list(rule.allowed, 'and')}" if rule.allowed else "at all"
        moves.append(f"declare a dependency {others}{where}")
    return tuple(moves)


def _pattern_move(pattern: CodePattern, description: str) -> str:
    """The description says it to people; the query stands in the evidence plan for machines."""
    verb = "write" if pattern.must == "not_occur" else "take out"
    told = one_line(description).rstrip(".!")
    return f"{verb} {pattern.language} code in {code_list(pattern.paths)} against this: {told}"
