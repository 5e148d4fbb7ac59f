"""Blocks and formations are checked when they register; the error names the file (spec 4.2, 4.6)."""

from __future__ import annotations

from typing import Any

import pytest

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block, check_block
from foundry_kernel.engine.errors import BadBlock, BadEmission, BadFormation
from foundry_kernel.engine.formation import parse_formation
from foundry_kernel.engine.registry import BlockRegistry, compose
from foundry_kernel.engine.retry import Retry, delay_before_next
from foundry_kernel.events.catalogue import load_catalogue
from tests.fakes.foundry_run import CATALOGUE, Asked, Heard

GOOD: dict[str, Any] = {"name": "good", "kind": "observer", "sinks": (Asked,), "emits": (Heard,)}


async def work(context: BlockContext) -> BlockResult:
    """Work."""
    return BlockResult("worked")


def not_async(context: BlockContext) -> BlockResult:
    return BlockResult("worked")


class Fast(Settings):
    speed: int = 1


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"name": "Not Good"}, "snake_case"),
        ({"sinks": ()}, "sinks on nothing"),
        ({"sinks": ("no_such_event",)}, "sinks on 'no_such_event', which is not in the catalogue"),
        ({"emits": ("no_such_event",)}, "emits 'no_such_event', which is not in the catalogue"),
        ({"kind": "mutator"}, "must say its dry_run_events"),
        ({"kind": "wizard"}, "not observer or mutator"),
        ({"dry_run_events": lambda trigger: []}, "always runs"),
        (
            {"kind": "mutator", "dry_run_events": lambda trigger: [], "concurrent": True},
            "never runs beside others",
        ),
        ({"timeout_s": 0}, "timeout_s is not above 0"),
    ],
)
def test_a_block_that_does_not_hold_together_is_refused_with_its_file(
    wrong: dict[str, Any], complaint: str
) -> None:
    made = block(**{**GOOD, **wrong})(work)
    with pytest.raises(BadBlock, match=complaint) as caught:
        check_block(made, CATALOGUE)
    assert __file__ in str(caught.value)


def test_work_that_is_not_async_is_refused() -> None:
    with pytest.raises(BadBlock, match="not an async function"):
        check_block(block(**GOOD)(not_async), CATALOGUE)  # type: ignore[arg-type]


def test_something_else_is_not_a_block() -> None:
    with pytest.raises(BadBlock, match="decorate its work"):
        check_block(work, CATALOGUE)


def test_a_name_is_taken_once_also_by_a_block_from_a_notebook_cell() -> None:
    registry = BlockRegistry(CATALOGUE, [block(**GOOD)(work)])
    with pytest.raises(BadBlock, match="is taken by"):
        registry.register(block(**GOOD)(work))


def test_settings_that_do_not_fit_are_refused() -> None:
    made = block(**GOOD, settings=Fast)(work)
    registry = BlockRegistry(CATALOGUE)
    for wrong in ({"speed": "very"}, {"sped": 2}):
        with pytest.raises(BadBlock, match=r"settings of block 'good': spe?ed"):
            registry.register(made, wrong)
    registry.register(made, {"speed": 3})
    assert registry.settings_of("good") == Fast(speed=3)


def test_the_digest_of_a_registry_follows_from_what_decides_the_chain() -> None:
    one, two = block(**GOOD)(work), block(**{**GOOD, "name": "other"})(work)
    digests = {BlockRegistry(CATALOGUE, blocks).digest for blocks in ([one], [one, two], [two, one], [one])}
    assert len(digests) == 3


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"tries": 5}, {"delay_s": -1}, {"factor": 0.5}])
def test_a_retry_without_bounds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="retry"):
        Retry(**wrong)


@pytest.mark.parametrize(
    ("try_number", "failure_class", "delay_s"),
    [
        (1, "execution", 2),
        (2, "dispatch", 6),
        (3, "execution", None),
        (1, "safety", None),
        (1, "semantic", None),
    ],
)
def test_delays_grow_and_end(try_number: int, failure_class: str, delay_s: float | None) -> None:
    assert delay_before_next(Retry(3, 2, 3), try_number, failure_class) == delay_s


FORMATION = """
name = "greet"
about = "Hello."
entry_event = "greet_requested"
blocks = ["compose_greeting"]
"""
LIBRARY = load_catalogue()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "not TOML"),
        (FORMATION.replace("about", "abuot"), "about: Field required"),
        (FORMATION + 'moods = ["good"]\n', "moods"),
        (
            FORMATION.replace("greet_requested", "greeting_composed"),
            "entry_event: 'greeting_composed' is none",
        ),
        (FORMATION + 'closing_events = ["no_such"]\n', "closing_events: unknown event type"),
        (FORMATION + 'closing_events = ["greeting_composed"]\n', "does not say `success`"),
        (FORMATION.replace('"compose_greeting"', '"a", "a"'), "'a' stands twice"),
        (FORMATION + "[parameters.other]\nx = 1\n", "parameters.other: no such block takes part"),
        (FORMATION.replace('"compose_greeting"', ""), "blocks"),
    ],
)
def test_a_formation_that_does_not_hold_together_is_refused_with_its_file(text: str, complaint: str) -> None:
    with pytest.raises(BadFormation, match=complaint) as caught:
        parse_formation(text, "mine.toml", LIBRARY)
    assert str(caught.value).startswith("mine.toml: ")


def test_a_formation_takes_only_blocks_that_are_there_and_begin_something() -> None:
    formation = parse_formation(FORMATION, "mine.toml", LIBRARY)
    with pytest.raises(BadFormation, match="no block 'compose_greeting'; known are other"):
        compose(formation, {"other": block(**GOOD)(work)}, LIBRARY)
    lost = block(name="compose_greeting", kind="observer", sinks=("plan_completed",), emits=())(work)
    with pytest.raises(BadFormation, match="no block sinks on greet_requested"):
        compose(formation, {"compose_greeting": lost}, LIBRARY)


def test_a_trigger_is_only_read_as_what_it_is() -> None:
    from foundry_kernel.engine.block import Trigger

    trigger = Trigger(event=None, payload=Asked(), settings=Settings())  # type: ignore[arg-type]
    with pytest.raises(BadBlock):
        trigger.settings_as(Fast)
    trigger = Trigger(event=type("E", (), {"event_type": "asked"})(), payload=Asked(), settings=Settings())
    with pytest.raises(BadEmission, match="asked is not heard"):
        trigger.payload_as(Heard)
