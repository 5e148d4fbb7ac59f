"""A pattern is one file: blocks that step in for others, and settings; a formation it does not fit keeps its order."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.blocks import load_blocks
from foundry_kernel.engine.errors import BadFormation
from foundry_kernel.engine.formation import Formation
from foundry_kernel.formations import load_formations
from foundry_kernel.formations.agent_patterns import (
    AgentPattern,
    load_agent_patterns,
    parse_agent_pattern,
    patterns_of,
    shape_formation,
)

PATTERNS = load_agent_patterns()
FORMATIONS = load_formations()
MINIMAL = 'about = "x"\nneeds = ["execute_plan"]\n'


@pytest.mark.parametrize("formation", FORMATIONS)
def test_every_pattern_leaves_a_formation_that_foundry_can_load(formation: str) -> None:
    for name in patterns_of(FORMATIONS[formation]):
        shaped = shape_formation(FORMATIONS[formation], name)
        assert (shaped.shaped, shaped.why) == (True, "")
        load_blocks(shaped.formation)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_takes_no_gate_and_no_delivery_out_of_a_run(pattern: str) -> None:
    kept = {
        "resolve_gates",
        "run_preflight",
        "verify_gates",
        "route_verification",
        "review_change",
        "commit_changes",
    }
    for formation in FORMATIONS.values():
        shaped = shape_formation(formation, pattern).formation
        assert kept & set(formation.blocks) <= set(shaped.blocks)
        assert shaped.closing_events == formation.closing_events


def test_what_does_not_fit_keeps_its_own_order_and_says_why() -> None:
    validation = FORMATIONS["validation"]
    shaped = shape_formation(validation, "single_agent")
    assert (shaped.formation, shaped.shaped) == (validation, False)
    assert shaped.facts()["agent_pattern"]["why"] == "validation has its own order of agents"
    unknown = shape_formation(FORMATIONS["iterate"], "twelve_angry_agents")
    assert "knows no agent pattern twelve_angry_agents" in unknown.why
    for nothing in ("", "no_agent"):
        assert shape_formation(FORMATIONS["iterate"], nothing).formation == FORMATIONS["iterate"]


@given(
    blocks=st.lists(st.from_regex(r"[a-f]", fullmatch=True), min_size=1, max_size=6, unique=True),
    instead=st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["x", "y", "z"]), max_size=3),
)
def test_every_other_block_stays_in_its_place(blocks: list[str], instead: dict[str, str]) -> None:
    pattern = AgentPattern(
        name="p", about="x", needs=(blocks[0],), instead={name: (new,) for name, new in instead.items()}
    )
    formation = Formation(name="f", about="x", entry_event="greet_requested", blocks=tuple(blocks))
    expected = [instead.get(name, name) for name in blocks]
    if len(set(expected)) < len(expected):
        with pytest.raises(BadFormation, match="twice"):
            pattern.shape(formation)
    else:
        assert list(pattern.shape(formation).blocks) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("about = ", "not TOML"),
        ('about = "x"\n', "needs"),
        (f"{MINIMAL}surprise = 1\n", "surprise"),
        (f'{MINIMAL}[instead]\nexecute_plan = "one"\n', "instead"),
        (f"{MINIMAL}[instead]\nverify_gates = []\n", "nothing steps in for verify_gates"),
    ],
)
def test_a_broken_file_is_named_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(BadFormation, match=words) as caught:
        parse_agent_pattern(text, "mine", "/somewhere/mine.toml")
    assert "/somewhere/mine.toml" in str(caught.value)


def test_another_package_adds_a_pattern_with_one_file_and_takes_no_name_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "their_patterns"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "pair.toml").write_text(MINIMAL)
    monkeypatch.syspath_prepend(tmp_path)
    assert load_agent_patterns(["their_patterns"])["pair"].needs == ("execute_plan",)
    (package / "single_agent.toml").write_text(MINIMAL)
    with pytest.raises(BadFormation, match="taken by"):
        load_agent_patterns(["their_patterns"])
    sys.modules.pop("their_patterns", None)
