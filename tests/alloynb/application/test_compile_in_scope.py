"""Compiling for a place: what is out of scope is held against the rest, but shapes nothing and is not built."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alloynb.application.compile_intent import CompileIntent, compile_command, compile_intent, preview_brief
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.compiler.refusal import CompilationRefused, RecordNotGuiding, UnknownRecord
from alloynb.intent.authority import Principal
from alloynb.intent.errors import BrokenFiles
from tests.alloynb.intent.records import WRITTEN_BY_HAND

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CHECKOUT = CompileIntent(paths=("shop/checkout/",))
IN_SCOPE, MANY = 2, 14


def write(root: Path, number: int, *changes: tuple[str, str]) -> Path:
    text = WRITTEN_BY_HAND.decode().replace("payment-port", f"r{number:02}")
    place = "shop/checkout/**" if number < IN_SCOPE else f"shop/part{number}/**"
    for old, new in (("shop/**", place), ("status: proposed", "status: accepted"), *changes):
        text = text.replace(old, new)
    file = root / ".alloy" / "intent" / f"r{number:02}.yaml"
    file.write_text(text)
    return file


def opened(root: Path, count: int) -> Workspace:
    root.mkdir()
    initialize_workspace(InitializeWorkspace(root, "shop"))
    for number in range(count):
        write(root, number)
    return again(root)


def again(root: Path) -> Workspace:
    return open_workspace(root, principal=Principal("ana"), clock=lambda: NOON)


def test_the_same_is_compiled_alone_among_many_and_from_whatever_is_cached(tmp_path: Path) -> None:
    alone = preview_brief(opened(tmp_path / "alone", IN_SCOPE), CHECKOUT)
    root = opened(tmp_path / "many", MANY).root
    cold = preview_brief(again(root), CHECKOUT)
    warm = preview_brief(again(root), CHECKOUT)
    write(root, MANY - 1, ("severity: high", "severity: low"))
    changed = preview_brief(again(root), CHECKOUT)
    shutil.rmtree(root / ".alloy" / "cache")

    assert alone == cold == warm == changed == preview_brief(again(root), CHECKOUT)
    assert [each.slug for each in compile_command(again(root), CHECKOUT).records] == ["r00", "r01"]


def test_a_record_that_came_into_scope_is_compiled(tmp_path: Path) -> None:
    root = opened(tmp_path / "many", MANY).root
    preview_brief(again(root), CHECKOUT)
    write(root, 9, ("shop/part9/**", "shop/checkout/**"))

    brief = preview_brief(again(root), CHECKOUT).brief

    assert [each.record_id for each in brief.content.relevant_intent.records] == [
        f"shop.intent.r{number}" for number in ("00", "01", "09")
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("title:", "titel:", 4, "unknown field"),
        ("status: accepted", "status: accepted\nsupersedes: shop.intent.lost", 31, "there is no such id"),
        ("status: accepted", "status: accepted\nstrategy_ref: shop.strategy.lost", 31, "no such id"),
    ],
)
def test_a_fault_out_of_scope_still_stops_a_compilation(
    tmp_path: Path, old: str, new: str, line: int, told: str
) -> None:
    root = opened(tmp_path / "many", MANY).root
    preview_brief(again(root), CHECKOUT)
    write(root, 9, (old, new))

    for _ in range(2):
        with pytest.raises(BrokenFiles, match=told) as broken:
            preview_brief(again(root), CHECKOUT)
        assert f"r09.yaml:{line}: " in str(broken.value)


def test_a_refusal_is_told_as_if_every_record_had_been_given(tmp_path: Path) -> None:
    root = opened(tmp_path / "many", MANY).root
    write(root, 9, ("status: accepted", "status: proposed"))

    with pytest.raises(UnknownRecord, match=f"'shop.intent.lost' among {MANY}"):
        preview_brief(again(root), CompileIntent(record_ids=("lost",)))
    with pytest.raises(RecordNotGuiding, match="r09 is proposed"):
        preview_brief(again(root), CompileIntent(record_ids=("r09",)))
    with pytest.raises(CompilationRefused, match="no-such-template"):
        preview_brief(again(root), CompileIntent("no-such-template", record_ids=("lost",)))


def test_compiling_activates_what_is_in_scope_and_nothing_else(tmp_path: Path) -> None:
    root = opened(tmp_path / "many", MANY).root

    done = compile_intent(again(root), CHECKOUT)

    assert done.activated == ("shop.intent.r00", "shop.intent.r01")
    assert [each.slug for each in again(root).intent.load_all() if each.status == "active"] == ["r00", "r01"]
    assert compile_intent(again(root), CHECKOUT).activated == ()


def test_a_run_that_was_put_down_as_a_source_is_a_past_failure_and_a_store_is_not(tmp_path: Path) -> None:
    workspace = opened(tmp_path / "shop", IN_SCOPE)
    before = preview_brief(workspace, CHECKOUT).brief
    file = write(workspace.root, 0)
    source = "sources: [{source_type: foundry_trace, ref: 'trace://run_1/gates/tests'}]\n"
    file.write_text(re.sub(r"(?m)^sources:.*\n(?:[ -].*\n)*", source, file.read_text()))
    after = preview_brief(again(workspace.root), CHECKOUT).brief

    assert [each.past_failures for each in before.content.threats_to_watch] == [(), ()]
    assert [each.past_failures for each in after.content.threats_to_watch] == [
        ("trace://run_1/gates/tests",),
        (),
    ]
    assert before.digest != after.digest
