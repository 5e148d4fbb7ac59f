"""What cells define is checked like a file, takes part in runs, and can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from foundry_kernel.engine.block import Block, BlockContext, BlockResult, block
from foundry_kernel.engine.errors import BadBlock, BadFormation, UnknownFormation
from foundry_kernel.events.payload import EntryPayload, Payload
from foundry_kernel.kernel.session import Cell, NotDefinedHere, Session
from foundry_kernel.kernel.session_lists import blocks_table, taken_text


class LookAround(EntryPayload):
    """Somebody should look around."""


class Sought(Payload):
    """Somebody looked."""

    found: bool = True


async def _work(context: BlockContext) -> BlockResult:
    """Look."""
    return BlockResult("looked")


_work.__module__ = "__main__"  # as if a cell had defined it


def a_block(name: str, sinks: Sequence[Any], emits: Sequence[Any] = (), **more: Any) -> Block:
    return block(name=name, kind="observer", sinks=sinks, emits=emits, **more)(_work)


@pytest.fixture
def session() -> Session:
    return Session()


def test_a_block_of_a_cell_names_the_cell_as_its_origin(session: Session) -> None:
    taken = session.define(Cell("cell [3]"), [a_block("look", ["validation_completed"])])
    assert [each.name for each in taken.defined] == ["look"]
    assert session.available["look"].origin == "cell [3]"


def test_an_error_names_the_cell_and_nothing_of_the_cell_is_taken_in(session: Session) -> None:
    good, bad = a_block("good", ["validation_completed"]), a_block("bad", ["no_such_event"])
    with pytest.raises(
        BadBlock, match=r"^cell \[3\]: block 'bad': it sinks on 'no_such_event', which is not"
    ):
        session.define(Cell("cell [3]"), [Sought, good, bad])
    assert session.blocks == ()
    assert "sought" not in session.catalogue


def test_running_a_cell_again_replaces_its_block_at_its_place(session: Session) -> None:
    session.define(Cell("cell [1]"), [a_block("first", ["validation_completed"])])
    session.define(Cell("cell [2]"), [a_block("second", ["validation_completed"])])
    taken = session.define(Cell("cell [3]"), [a_block("first", ["greet_requested"])])
    assert taken.defined[0].replaced == "cell [1]"
    assert [each.name for each in session.blocks] == ["first", "second"], (
        "order of registration is order of work"
    )
    assert session.available["first"].sinks == ("greet_requested",)


def test_what_a_cell_no_longer_defines_is_forgotten(session: Session) -> None:
    session.define(Cell("cell [1]", id="abc"), [a_block("old_name", ["validation_completed"])])
    taken = session.define(Cell("cell [2]", id="abc"), [a_block("new_name", ["validation_completed"])])
    assert taken.forgotten == ("old_name",)
    assert [each.name for each in session.blocks] == ["new_name"]
    assert "old_name is forgotten" in taken_text(taken, session)


def test_an_event_type_that_another_cell_needs_cannot_be_taken_away(session: Session) -> None:
    session.define(Cell("cell [1]", id="abc"), [Sought])
    session.define(Cell("cell [2]"), [a_block("look", [Sought])])
    with pytest.raises(BadBlock, match=r"no longer defines sought, which block look of cell \[2\] needs"):
        session.define(Cell("cell [3]", id="abc"), [a_block("other", ["validation_completed"])])
    with pytest.raises(BadBlock, match="event sought is needed by look; forget look first"):
        session.forget("sought")
    session.forget("look")
    session.forget("sought")
    assert "sought" not in session.catalogue


def test_an_installed_event_type_cannot_be_defined_anew(session: Session) -> None:
    taken = type("GreetRequested", (Payload,), {"__doc__": "Mine.", "__module__": "__main__"})
    with pytest.raises(BadBlock, match=r"cell \[1\]: event 'greet_requested' is taken by foundry_kernel"):
        session.define(Cell("cell [1]"), [taken])


def test_an_event_type_says_what_it_means(session: Session) -> None:
    silent = type("Silent", (Payload,), {"__module__": "__main__"})
    with pytest.raises(BadBlock, match="Silent has no docstring"):
        session.define(Cell("cell [1]"), [silent])


def test_two_blocks_of_one_name_in_a_cell_are_a_mistake(session: Session) -> None:
    with pytest.raises(BadBlock, match=r"cell \[1\]: it defines two blocks named 'look'"):
        session.define(
            Cell("cell [1]"), [a_block("look", ["greet_requested"]), a_block("look", ["greet_requested"])]
        )


def test_a_block_of_an_installed_ones_name_stands_for_it_until_it_is_forgotten(session: Session) -> None:
    installed = session.installed["compose_greeting"]
    session.define(Cell("cell [1]"), [replace(installed, work=_work)])
    assert session.chain("greet_requested", {}).registry.blocks[0].origin == "cell [1]"
    session.forget("compose_greeting")
    assert session.chain("greet_requested", {}).registry.blocks[0].origin == installed.origin


def test_blocks_that_the_chain_can_reach_follow_the_formation(session: Session) -> None:
    session.define(
        Cell("cell [1]"),
        [
            Sought,
            a_block("after", [Sought]),
            a_block("look", ["greeting_delivered"], [Sought]),
            a_block("far", ["pipeline_checked"]),
        ],
    )
    chain = session.chain("greet_requested", {})
    assert chain.formation.name == "greet"
    assert chain.formation.blocks == ("compose_greeting", "deliver_greeting", "after", "look")


def test_an_entry_event_of_the_session_needs_no_formation(session: Session) -> None:
    session.define(Cell("cell [1]", digest="sha256:aa"), [LookAround, a_block("look", [LookAround])])
    chain = session.chain("look_around", {})
    assert chain.formation.blocks == ("look",)
    assert chain.about == {"session_blocks": {"look": {"origin": "cell [1]", "cell_digest": "sha256:aa"}}}


def test_chosen_blocks_are_just_these(session: Session) -> None:
    session.define(Cell("cell [1]"), [a_block("look", ["greeting_composed"])])
    chain = session.chain("greet_requested", {}, blocks=["compose_greeting"])
    assert [each.name for each in chain.registry.blocks] == ["compose_greeting"]
    with pytest.raises(BadFormation, match="--blocks: 'look' stands twice"):
        session.chain("greet_requested", {}, blocks=["look", "look"])
    with pytest.raises(BadFormation, match="no block 'zzz'"):
        session.chain("greet_requested", {}, blocks=["zzz"])


def test_a_formation_must_begin_with_the_event(session: Session) -> None:
    with pytest.raises(
        BadFormation, match=r"formation greet begins with greet_requested, not validation_requested"
    ):
        session.chain("validation_requested", {}, formation="greet")


def test_an_event_that_nothing_sinks_on_says_what_to_do(session: Session) -> None:
    session.define(Cell("cell [1]"), [LookAround])
    with pytest.raises(
        UnknownFormation, match="no block of this session sinks on it; define one with %%block"
    ):
        session.chain("look_around", {})


def test_forgetting_what_is_not_there_says_what_is(session: Session) -> None:
    session.define(Cell("cell [1]"), [a_block("look", ["greet_requested"])])
    with pytest.raises(NotDefinedHere, match="no cell defines 'luck'; this session defines look"):
        session.forget("luck")


def test_the_list_of_blocks_begins_with_the_sessions(session: Session) -> None:
    session.define(Cell("cell [4]"), [a_block("zz_mine", ["greet_requested"])])
    rows = blocks_table(session).rows
    assert rows[0] == ("zz_mine", "observer", "greet_requested", "-", "cell [4]")
    assert "foundry_kernel/blocks/compose_greeting.py" in {row[4] for row in rows}
    assert {row[0] for row in blocks_table(session, "greeting_composed").rows} >= {
        "compose_greeting",
        "deliver_greeting",
    }


def test_what_was_taken_in_is_told_with_the_way_to_try_it(session: Session) -> None:
    here = Cell("cell [1]")
    said = taken_text(session.define(here, [a_block("look", ["validation_completed"])]), session)
    assert "✓ block look (observer): validation_completed → nothing; cell [1]" in said
    assert "Try it: %foundry emit validation_requested PROJECT" in said
