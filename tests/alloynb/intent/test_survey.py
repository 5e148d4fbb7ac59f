"""A look at all records that builds only those in question, and believes nothing that a full reading would not."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alloynb.compiler.selection import Selection, select_ids, select_records
from alloynb.intent.document_model import changed_model
from alloynb.intent.durable_file import RealDisk
from alloynb.intent.errors import BrokenFiles
from alloynb.intent.outline import Outlined, outline_of
from alloynb.intent.outline_cache import OutlineCache
from alloynb.intent.record import IntentRecord
from alloynb.intent.relationship_graph import check_relationships
from alloynb.intent.store import IntentStore, Survey
from alloynb.intent.yaml_folder import StoredFile
from tests.alloynb.intent.disks import FullDisk
from tests.alloynb.intent.records import WRITTEN_BY_HAND, a_record

LONG_AFTER_NS = 2**62
MANY = 12


def settled(root: Path) -> IntentStore:
    """A store to which every file looks old enough to be trusted by its times."""
    return IntentStore(root, clock_ns=lambda: LONG_AFTER_NS)


def by_hand(root: Path, number: int, text: bytes = WRITTEN_BY_HAND) -> Path:
    file = root / "intent" / f"r{number}.yaml"
    file.write_bytes(text.replace(b"payment-port", f"r{number}".encode()))
    return file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """More records than are read each time, with caches of all of them."""
    folder = tmp_path / ".alloy"
    (folder / "intent").mkdir(parents=True)
    for number in range(MANY):
        by_hand(folder, number)
    settled(folder).survey()
    return folder


def everybody(store: IntentStore, survey: Survey) -> tuple[IntentRecord, ...]:
    return store.records_of(survey, {each.id for each in survey.models})


def holds(root: Path) -> Survey:
    """What a survey finds is what a full reading without any cache finds."""
    store = settled(root)
    survey = store.survey()
    found = everybody(store, survey)
    shutil.rmtree(root / "cache", ignore_errors=True)
    scan = settled(root).scan()
    assert found == scan.models
    assert survey.models == tuple(outline_of(record) for record in scan.models)
    assert [str(each) for each in survey.faults] == [str(each) for each in scan.faults]
    assert [(each.file, each.digest) for each in survey.stored] == [
        (each.file, each.digest) for each in scan.stored
    ]
    return survey


def test_unchanged_records_are_neither_read_nor_built(root: Path) -> None:
    survey = settled(root).survey()

    assert len(survey.models) == MANY
    assert not survey.bodies
    assert {each.status for each in survey.models} == {"proposed"}
    holds(root)


def test_records_in_question_come_from_the_cache_and_the_others_are_not_looked_at(root: Path) -> None:
    store = settled(root)
    survey = store.survey()
    body = (root / "cache" / "intent.json").read_bytes()
    begin, length = survey.places["r5.yaml"]
    (root / "cache" / "intent.json").write_bytes(
        b"?" * begin + body[begin : begin + length].replace(b"stay replaceable", b"come from cache.")
    )

    (found,) = store.records_of(survey, {"shop.intent.r5"})

    assert found.title == "Payment providers come from cache."


def test_without_a_cache_a_survey_makes_one(root: Path) -> None:
    shutil.rmtree(root / "cache")

    assert len(settled(root).survey().bodies) == MANY
    assert not settled(root).survey().bodies
    assert (root / "cache" / ".gitignore").read_text() == "*\n"


def test_a_full_reading_keeps_outlines_for_the_next_survey(root: Path) -> None:
    shutil.rmtree(root / "cache")

    settled(root).load_all()

    assert not settled(root).survey().bodies


def test_what_changed_came_or_went_is_seen(root: Path) -> None:
    by_hand(root, 3, WRITTEN_BY_HAND.replace(b"status: proposed", b"status: accepted"))
    by_hand(root, 77)
    (root / "intent" / "r5.yaml").unlink()

    survey = holds(root)

    assert {each.id for each in survey.models if each.status == "accepted"} == {"shop.intent.r3"}
    assert set(survey.bodies) == {"r3.yaml", "r77.yaml"}


def test_when_much_changed_the_caches_are_renewed(root: Path) -> None:
    for number in range(MANY):
        by_hand(root, number, WRITTEN_BY_HAND.replace(b"status: proposed", b"status: accepted"))

    assert len(settled(root).survey().bodies) == MANY
    assert not settled(root).survey().bodies
    holds(root)


def test_a_file_of_the_same_size_and_time_but_other_content_is_read_again(root: Path) -> None:
    file = root / "intent" / "r4.yaml"
    facts = file.stat()
    by_hand(root, 4, WRITTEN_BY_HAND.replace(b"shop/**", b"SHOP/**"))
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    assert [each.id for each in holds(root).models if each.paths == ("SHOP/**",)] == ["shop.intent.r4"]


def test_every_fault_of_every_file_is_told_as_by_a_full_reading(root: Path) -> None:
    by_hand(root, 1, b"id: shop.intent.a\nid: shop.intent.a\n")
    by_hand(root, 2, WRITTEN_BY_HAND.replace(b"title", b"titel"))
    (root / "intent" / "r3.yaml").unlink()
    (root / "intent" / "r3.yaml").symlink_to(root / "intent" / "r4.yaml")
    (root / "intent" / "d.yml").write_bytes(WRITTEN_BY_HAND)

    assert len(holds(root).faults) == 5


def test_a_folder_that_leads_out_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / ".alloy").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".alloy" / "intent").symlink_to(tmp_path / "elsewhere")

    (fault,) = IntentStore(tmp_path / ".alloy").survey().faults

    assert "a link out of" in str(fault)


def test_outlines_that_were_changed_are_not_believed(root: Path) -> None:
    file = root / "cache" / "intent.outlines"
    file.write_bytes(file.read_bytes().replace(b'"proposed"', b'"accepted"'))

    assert {each.status for each in settled(root).survey().models} == {"proposed"}


def test_outlines_from_elsewhere_do_not_speak_for_the_files(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "clone"
    shutil.copytree(root, copy)

    assert len(settled(copy).survey().bodies) == MANY


def outlines_of(root: Path, **rules: str) -> OutlineCache:
    cache = root / "cache"
    return OutlineCache(
        cache / "intent.outlines", cache / "intent.json", root / "intent", RealDisk(), **rules
    )


def test_outlines_of_a_program_with_other_rules_are_not_believed(root: Path) -> None:
    assert len(outlines_of(root).load()) == MANY
    assert outlines_of(root, rules="another release").load() == {}


def test_outlines_without_the_bodies_they_were_written_with_are_not_believed(root: Path) -> None:
    (root / "cache" / "intent.json").unlink()

    assert len(settled(root).survey().bodies) == MANY
    holds(root)


def test_a_body_that_was_kept_for_other_bytes_is_not_taken(root: Path) -> None:
    store = settled(root)
    survey = store.survey()
    places = {**survey.places, "r1.yaml": survey.places["r2.yaml"], "r3.yaml": (3, 7), "r4.yaml": (10**9, 9)}

    found = everybody(store, Survey(survey.stored, (), {}, places))

    assert found == settled(root).load_all()


def test_what_changed_between_the_look_and_the_reading_is_taken_as_it_stands(root: Path) -> None:
    store = settled(root)
    survey = store.survey()
    (root / "cache" / "intent.json").unlink()
    (root / "intent" / "r1.yaml").unlink()
    by_hand(root, 2, WRITTEN_BY_HAND.replace(b"severity: high", b"severity: low"))

    found = everybody(store, survey)

    assert found == settled(root).load_all()
    for broken in (b"[ broken", WRITTEN_BY_HAND.replace(b"title", b"titel")):
        by_hand(root, 3, broken)
        with pytest.raises(BrokenFiles, match=r"r3\.yaml:"):
            store.records_of(survey, {"shop.intent.r3"})


def test_caches_that_cannot_be_written_are_no_fault_of_the_reader(root: Path) -> None:
    shutil.rmtree(root / "cache")
    (root / "cache").write_text("in the way")

    assert len(IntentStore(root).survey().models) == MANY
    (root / "cache").unlink()
    assert len(IntentStore(root, disk=FullDisk(0)).survey().models) == MANY


@settings(max_examples=30)
@given(damage=st.binary(max_size=40), at=st.integers(0, 1500), body=st.booleans(), keep_rest=st.booleans())
def test_damaged_caches_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, damage: bytes, at: int, body: bool, keep_rest: bool
) -> None:
    root = tmp_path_factory.mktemp("workspace") / ".alloy"
    store = settled(root)
    records = [a_record(f"r{number}", scope={"paths": [f"shop/{number}/**"]}) for number in range(2)]
    for record in records:
        store.create(record)
    store.survey()
    cache = root / "cache" / ("intent.json" if body else "intent.outlines")
    content = cache.read_bytes()
    rest = content[at + len(damage) :] if keep_rest and not body else b""
    cache.write_bytes(content[:at] + damage + rest)

    fresh = settled(root)
    survey = fresh.survey()

    assert survey.models == tuple(outline_of(record) for record in records)
    assert everybody(fresh, survey) == tuple(records)


def test_a_row_of_another_shape_is_not_believed(root: Path) -> None:
    file = root / "cache" / "intent.outlines"
    rows = json.loads(file.read_bytes().partition(b"\n")[2])
    rows["r1.yaml"][3][1] = "holy"
    content = json.dumps(rows).encode()
    outlines = outlines_of(root)
    file.write_bytes(outlines.seal(content) + b"\n" + content)

    assert outlines.load() == {}
    holds(root)


_SLUGS = st.sampled_from(["a", "b", "c", "gone"])
_LINKS = st.lists(
    st.builds(
        lambda kind, slug: {"type": kind, "target": f"shop.intent.{slug}"},
        st.sampled_from(["supports", "refines", "depends_on", "supersedes"]),
        _SLUGS,
    ),
    max_size=3,
)
_CHANGES = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["hypothesized", "proposed", "accepted", "active", "deprecated"]),
        "relationships": _LINKS,
        "strategy_ref": st.sampled_from([None, "shop.strategy.port"]),
        "scope": st.fixed_dictionaries(
            {
                "paths": st.lists(
                    st.sampled_from(["shop/**", "*.py", "!shop/b.py", "docs/", "shop/a.py"]), max_size=3
                ),
                "modules": st.lists(st.sampled_from(["shop", "shop.core", "docs"]), max_size=2),
            }
        ),
    }
)


@given(
    changes=st.lists(_CHANGES, min_size=1, max_size=3),
    paths=st.lists(st.sampled_from(["shop/a.py", "shop/b.py", "shop/", "docs/x.md"]), max_size=2),
    modules=st.lists(st.sampled_from(["shop", "shop.core.prices"]), max_size=1),
    ask=st.booleans(),
)
def test_an_outline_is_chosen_and_linked_like_its_record(
    changes: list[dict[str, Any]], paths: list[str], modules: list[str], ask: bool
) -> None:
    records = []
    for slug, fields in zip("abc", changes, strict=False):
        own = f"shop.intent.{slug}"
        links = [each for each in fields["relationships"] if each["target"] != own]
        records.append(changed_model(a_record(slug), {**fields, "relationships": links}))
    outlines = [outline_of(record) for record in records]
    selection = Selection(paths=tuple(paths), modules=tuple(modules), ask_hypotheses=ask)

    selected = select_records(records, selection)
    told = [
        [str(each) for each in check_relationships(placed)]
        for placed in (
            [StoredFile(each, Path(f"{each.slug}.yaml"), "") for each in records],
            [Outlined(each, Path(), f"{each.id.rpartition('.')[2]}.yaml", "") for each in outlines],
        )
    ]

    assert select_ids(outlines, selection) == {
        each.id for each in (*selected.constraints, *selected.questions)
    }
    assert told[0] == told[1]
