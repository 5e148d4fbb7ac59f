"""What becomes of each gate and of the agent pattern on the way to a target; a required gate is never lost silently."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.compiler.lowering import gate_command, gate_file
from alloynb.compiler.refusal import RequiredGateLost
from alloynb.compiler.target import CROSSING_SCHEMAS
from alloynb.compiler.translation import GateFate, refuse_lost_gates, translate
from runtime_artifacts.capability_manifest import CapabilityManifest, FormationCapability
from runtime_artifacts.gate_overlay import GateOverlay, OverlayGate

NATIVE = CapabilityManifest(
    foundry_version="1",
    entry_events=("validation_requested", "iteration_requested"),
    reads_schemas=CROSSING_SCHEMAS,
    resolves_briefs=True,
    resolves_prompt_packs=True,
    resolves_gate_overlays=True,
    exports_traces=True,
)
WITHOUT = NATIVE.model_copy(update={"resolves_gate_overlays": False})
GATES = GateOverlay(
    project_id="shop",
    gates=(
        OverlayGate(name="a.total", command=("alloynb", "check", "a#total"), mode="required_for_dry_run"),
        OverlayGate(name="a.speed", command="make speed", mode="required_for_mutation"),
        OverlayGate(name="a.style", command=("make", "style"), mode="advisory"),
    ),
)


@pytest.fixture(scope="module")
def brief(compile_shop, worked_example):
    return compile_shop(worked_example).brief.content


def _told(brief, manifest, file=None, gates=GATES, by_request=True):
    return translate(manifest, brief, gates, file, by_request=by_request)


def _file(*entries) -> bytes:
    return json.dumps({"gates": list(entries)}).encode()


def test_a_target_with_overlays_gets_the_brief_as_it_is_and_nothing_is_told(brief):
    told = _told(brief, NATIVE)
    assert {each.becomes for each in told.gates} == {"overlay"}
    assert (told.told, told.lost_required) == ((), ())
    refuse_lost_gates(told, "brief_1")


def test_required_gates_that_nobody_would_run_are_refused_by_name_and_what_is_advisory_is_told(brief):
    told = _told(brief, WITHOUT)
    assert [each.gate for each in told.lost_required] == ["a.total", "a.speed"]
    with pytest.raises(RequiredGateLost, match=r"a\.total, a\.speed") as caught:
        refuse_lost_gates(told, "brief_1")
    assert "alloynb brief materialize brief_1" in caught.value.next_step
    only_advice = _told(brief, WITHOUT, gates=GateOverlay(project_id="shop", gates=GATES.gates[2:]))
    refuse_lost_gates(only_advice, "brief_1")
    assert "gate a.style is only advice now" in only_advice.told[0]


def test_the_gate_file_that_is_laid_out_loses_nothing_once_it_is_the_repositorys_own(brief):
    told = _told(brief, WITHOUT, gate_file(GATES).encode())
    assert told.kept_by_repository == {"a.total", "a.speed", "a.style"}
    assert not told.lost_required
    assert told.told == (
        "Foundry 1 takes no gate overlay; run from .hone-gates.json instead: a.speed, a.style, a.total",
    )


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"name": "a.total", "command": "true"}, "runs something else"),
        ({"name": "a.total", "command": ["alloynb", "check"]}, "runs something else"),
        ({"name": "a.total", "command": "alloynb check 'a#total'", "required": False}, "is not required"),
        ({"name": "other", "command": "alloynb check 'a#total'"}, "has no such gate"),
    ],
)
def test_a_gate_of_the_repository_counts_only_when_it_asks_for_no_less(brief, entry, why):
    fate = _told(brief, WITHOUT, _file(entry)).gates[0]
    assert (fate.becomes, fate.is_required_and_lost) == ("checklist", True)
    assert why in fate.why


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"gates": 3}', b'{"gates": [3, {"name": 4}]}', b"\xff"])
def test_a_gate_file_that_cannot_be_read_keeps_no_gate(brief, text):
    assert {each.becomes for each in _told(brief, WITHOUT, text).gates} == {"checklist"}


def test_what_a_gate_file_cannot_say_is_lost(brief):
    gate = OverlayGate(name="a", command="make", working_directory="sub", mode="required_for_dry_run")
    overlay = GateOverlay(project_id="shop", gates=(gate,))
    told = _told(brief, WITHOUT, gate_file(overlay).encode(), overlay)
    assert "working directory" in told.gates[0].why


@given(
    commands=st.lists(
        st.one_of(
            st.text("ab '\"$\\;", min_size=1).filter(str.strip),
            st.lists(st.text("ab '\"$\\;", min_size=1), min_size=1).map(tuple),
        ),
        min_size=1,
        max_size=5,
    ),
    modes=st.lists(
        st.sampled_from(["advisory", "required_for_dry_run", "required_for_mutation"]), min_size=5, max_size=5
    ),
)
def test_whatever_a_gate_runs_its_own_line_in_the_gate_file_keeps_it(commands, modes):
    gates = tuple(
        OverlayGate(name=f"g{at}", command=command, mode=modes[at]) for at, command in enumerate(commands)
    )
    overlay = GateOverlay(project_id="shop", gates=gates)
    from alloynb.compiler.lowering import PROJECTION
    from alloynb.compiler.translation import gate_fates

    kept = gate_fates(overlay, gate_file(overlay).encode(), PROJECTION, "it")
    assert {each.becomes for each in kept} == {"repository"}
    other = json.loads(gate_file(overlay))
    for entry in other["gates"]:
        entry["command"] += " || true"
    lost = gate_fates(overlay, json.dumps(other).encode(), PROJECTION, "it")
    assert all(isinstance(each, GateFate) and each.becomes == "checklist" for each in lost)
    assert all(gate_command(gate) for gate in gates)


def test_the_pattern_of_agents_is_kept_only_by_formations_that_say_so(compile_shop, worked_example):
    brief = compile_shop(worked_example, template="iterate").brief.content
    pattern = brief.agent_formation.pattern

    def with_formation(**other):
        one = FormationCapability(name="iterate", entry_event="iteration_requested", **other)
        return NATIVE.model_copy(update={"formations": (one,)})

    assert _told(brief, with_formation(agent_patterns=(pattern,))).pattern.honoured
    lost = _told(brief, with_formation())
    assert not lost.pattern.honoured
    assert f"the agent pattern {pattern} is only advice" in lost.told[-1]
    assert not _told(brief, NATIVE).pattern.honoured, "a target that says nothing promises nothing"


def test_a_brief_without_agents_loses_no_pattern(brief):
    assert brief.agent_formation.pattern == "no_agent"
    assert _told(brief, WITHOUT).pattern.honoured
