"""Which agents work together: always the same for the same inputs, never less oversight for more at stake."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.compiler.agent_formation import COVERS, RULES, FormationInputs, choose_formation

CALM = FormationInputs(
    criticality="low",
    confidence=1.0,
    code_risk="low",
    capabilities=1,
    ambiguity=0,
    past_failures=0,
    evidence_strength=1.0,
    writes=True,
)
LEVELS = ("low", "medium", "high")
INPUTS = st.builds(
    FormationInputs,
    criticality=st.sampled_from(LEVELS),
    confidence=st.sampled_from((0.0, 0.4, 0.49, 0.5, 0.9, 1.0)),
    code_risk=st.sampled_from(LEVELS),
    capabilities=st.integers(1, 30),
    ambiguity=st.integers(0, 8),
    past_failures=st.integers(0, 6),
    evidence_strength=st.sampled_from((0.0, 0.3, 0.99, 1.0)),
    writes=st.booleans(),
)


@pytest.mark.parametrize(
    ("changes", "pattern"),
    [
        ({}, "single_agent"),
        ({"writes": False}, "single_agent"),
        ({"ambiguity": 1}, "plan_then_execute"),
        ({"capabilities": 3}, "plan_then_execute"),
        ({"code_risk": "high"}, "plan_then_execute"),
        ({"criticality": "medium"}, "execute_then_review"),
        ({"criticality": "high", "writes": False}, "single_agent"),
        ({"evidence_strength": 0.5}, "execute_then_review"),
        ({"past_failures": 1}, "execute_then_review"),
        ({"past_failures": 2, "code_risk": "medium"}, "plan_execute_review"),
        ({"criticality": "high", "ambiguity": 2}, "plan_execute_review"),
        ({"past_failures": 3}, "adversarial_review"),
        ({"criticality": "high", "ambiguity": 5}, "adversarial_review"),
        ({"criticality": "high", "confidence": 0.4}, "human_in_the_loop"),
        ({"criticality": "high", "evidence_strength": 0.0}, "human_in_the_loop"),
        ({"criticality": "medium", "evidence_strength": 0.0}, "execute_then_review"),
    ],
)
def test_each_input_asks_for_its_own_oversight(changes, pattern):
    assert choose_formation(replace(CALM, **changes)).pattern == pattern


@given(inputs=INPUTS)
def test_the_same_inputs_give_the_same_formation_with_reasons(inputs):
    chosen = choose_formation(inputs)
    assert chosen == choose_formation(replace(inputs))
    assert chosen.reasons


@given(inputs=INPUTS, other=INPUTS)
def test_more_at_stake_more_doubt_or_more_freedom_never_gives_less_oversight(inputs, other):
    def worse(one, two, *, least=False):
        return min(one, two) if least else max(one, two)

    riskier = FormationInputs(
        criticality=max(inputs.criticality, other.criticality, key=LEVELS.index),
        confidence=worse(inputs.confidence, other.confidence, least=True),
        code_risk=max(inputs.code_risk, other.code_risk, key=LEVELS.index),
        capabilities=worse(inputs.capabilities, other.capabilities),
        ambiguity=worse(inputs.ambiguity, other.ambiguity),
        past_failures=worse(inputs.past_failures, other.past_failures),
        evidence_strength=worse(inputs.evidence_strength, other.evidence_strength, least=True),
        writes=inputs.writes or other.writes,
    )
    assert COVERS[choose_formation(inputs).pattern] <= COVERS[choose_formation(riskier).pattern]


@given(inputs=INPUTS)
def test_at_most_one_agent_may_write_and_only_where_writing_is_allowed(inputs):
    writers = [role.name for role in choose_formation(inputs).roles if role.access == "full"]
    assert writers == (["executor"] if inputs.writes else [])


def test_every_pattern_and_every_rule_can_be_chosen():
    reached = {
        choose_formation(replace(CALM, **changes)).pattern
        for changes in (
            {},
            {"ambiguity": 1},
            {"past_failures": 1},
            {"past_failures": 1, "ambiguity": 1},
            {"past_failures": 3},
            {"criticality": "high", "confidence": 0.1},
        )
    }
    assert reached == set(COVERS)
    assert {rule.need for rule in RULES} == COVERS["human_in_the_loop"]
