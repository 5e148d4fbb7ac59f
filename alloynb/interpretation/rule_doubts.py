"""Where an import rule that holds proves less than it seems: it names nothing, or its words promise more (spec 2.5)."""

from __future__ import annotations

from alloynb.archaeology.import_graph import ImportGraph
from alloynb.archaeology.vacuity import broken_promise
from alloynb.intent.evidence_definition import ImportBoundaryEvidence
from alloynb.interpretation.boundary import BoundaryVerdict

VACUOUS = "vacuous: the rule cannot be broken, so that it holds proves nothing"


def rule_doubts(
    definition: ImportBoundaryEvidence, verdict: BoundaryVerdict, graph: ImportGraph
) -> tuple[str, ...]:
    """Give one sentence for each doubt; empty when the rule says something, and what its words say.

    A forbidden library that nobody imports is no doubt: its absence is what keeps the rule.
    """
    rule = definition.rule
    found = [f"{VACUOUS}: {verdict.vacuous}"] if verdict.vacuous else []
    found += [
        f"{each.role} {each.name!r} names nothing: {each.why}"
        for each in verdict.unmatched
        if not each.expected
    ]
    said = broken_promise(
        definition.description, [rule.model_dump(mode="json")], graph.modules, rule.ignore_imports
    )
    return (*found, *([said] if said else []))
