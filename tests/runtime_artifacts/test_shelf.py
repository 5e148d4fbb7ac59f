"""The shelf keeps each artifact once, and never hands out a changed one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime_artifacts.envelope import Artifact, seal
from runtime_artifacts.errors import (
    ArtifactError,
    DigestMismatch,
    MalformedDocument,
    NotOnShelf,
    ShelfConflict,
)
from runtime_artifacts.gate_overlay import GATE_OVERLAY, GateOverlay
from runtime_artifacts.identity import new_id
from runtime_artifacts.shelf import Shelf
from runtime_artifacts.trace_summary import TRACE_SUMMARY, TraceSummary
from tests.runtime_artifacts.racing import leftovers, race

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def overlay(
    project: str, created_at: datetime = NOON, created_by: str = "principal:mira"
) -> Artifact[GateOverlay]:
    """A small compiled artifact."""
    content = GateOverlay(project_id=project)
    return seal(
        GATE_OVERLAY, content, created_at=created_at, created_by=created_by, compiler_version="test 1"
    )


def trace(id: str) -> Artifact[TraceSummary]:
    """A small artifact with an id of its own."""
    content = TraceSummary(
        foundry_run_id="r", trace_id="t", project_id="p", entry_event="e", throttle="dry_run"
    )
    return seal(TRACE_SUMMARY, content, id=id, created_at=NOON, created_by="x", compiler_version="test 1")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty shelf whose folder does not exist."""
    return Shelf(tmp_path / "shelf")


def test_what_is_put_is_got_verified(shelf: Shelf) -> None:
    artifact = shelf.put(GATE_OVERLAY, overlay("shop"))

    assert shelf.get(GATE_OVERLAY, artifact.digest) == artifact
    assert shelf.path_of(GATE_OVERLAY, artifact.digest).name == artifact.digest[7:] + ".json"


def test_the_first_of_the_same_content_stands(shelf: Shelf) -> None:
    first = shelf.put(GATE_OVERLAY, overlay("shop"))
    second = shelf.put(GATE_OVERLAY, overlay("shop", datetime(2027, 1, 1, tzinfo=UTC), "principal:jo"))

    assert second == first
    assert len(list(shelf.folder.rglob("*"))) == 2


def test_two_processes_that_put_the_same_content_agree_which_stands(shelf: Shelf) -> None:
    pairs = [(overlay(f"p{n}"), overlay(f"p{n}", created_by="principal:jo")) for n in range(30)]
    put = [((shelf.folder, one), (shelf.folder, other)) for one, other in pairs]

    answers = race(_put, put)

    for (one, other), (first, second) in zip(pairs, answers, strict=True):
        assert first == second == shelf.get(GATE_OVERLAY, one.digest)
        assert first in (one, other)
    assert not leftovers(shelf.folder)


def _put(folder: Path, artifact: Artifact[Any]) -> Artifact[Any]:
    return Shelf(folder).put(GATE_OVERLAY, artifact)


def test_the_same_content_under_another_id_of_its_own_is_a_conflict(shelf: Shelf) -> None:
    shelf.put(TRACE_SUMMARY, trace(new_id("trace")))

    with pytest.raises(ShelfConflict, match="the same content stands here as trace_"):
        shelf.put(TRACE_SUMMARY, trace(new_id("trace")))


DAMAGES = {
    "edited": lambda text: text.replace(b'"shop"', b'"shed"'),
    "cut": lambda text: text[: len(text) // 2],
    "empty": lambda text: b"",
    "exchanged": lambda text: overlay("other").to_bytes(),
    "zeros": lambda text: b"\0" * len(text),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_found_by_every_reader(shelf: Shelf, damage: Any) -> None:
    artifact = shelf.put(GATE_OVERLAY, overlay("shop"))
    file = shelf.path_of(GATE_OVERLAY, artifact.digest)
    file.write_bytes(damage(file.read_bytes()))

    for read in (
        lambda: shelf.get(GATE_OVERLAY, artifact.digest),
        lambda: shelf.find(GATE_OVERLAY, artifact.id),
        lambda: list(shelf.all(GATE_OVERLAY)),
    ):
        with pytest.raises((DigestMismatch, MalformedDocument)) as caught:
            read()
        assert str(file) in str(caught.value)
    with pytest.raises(
        ShelfConflict, match=r"what stands on the shelf is damaged: .*; remove it and compile again"
    ):
        shelf.put(GATE_OVERLAY, artifact)


@pytest.mark.parametrize(
    "make", [Path.mkdir, lambda file: file.symlink_to("nothing")], ids=["folder", "link"]
)
def test_what_is_no_file_in_the_place_of_one_is_a_conflict(shelf: Shelf, make: Any) -> None:
    artifact = overlay("shop")
    file = shelf.path_of(GATE_OVERLAY, artifact.digest)
    file.parent.mkdir(parents=True)
    make(file)

    with pytest.raises(ShelfConflict):
        shelf.put(GATE_OVERLAY, artifact)
    with pytest.raises(ArtifactError):
        shelf.get(GATE_OVERLAY, artifact.digest)


def test_damage_to_one_does_not_hide_another(shelf: Shelf) -> None:
    one, other = shelf.put(GATE_OVERLAY, overlay("shop")), shelf.put(GATE_OVERLAY, overlay("other"))
    shelf.path_of(GATE_OVERLAY, one.digest).write_bytes(b"")

    assert shelf.find(GATE_OVERLAY, other.id) == other
    assert shelf.find(GATE_OVERLAY, other.digest[:20]) == other


@pytest.mark.parametrize("wanted", ["", "x", "sha256:", "gate_overlay_", "brief_01JNAB3WC8", "a" * 9999])
def test_nothing_is_found_by_what_names_none_or_several(shelf: Shelf, wanted: str) -> None:
    shelf.put(GATE_OVERLAY, overlay("shop"))
    shelf.put(GATE_OVERLAY, overlay("other"))

    with pytest.raises(NotOnShelf) as caught:
        shelf.find(GATE_OVERLAY, wanted)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("beginning", ["id", "id[:20]", "digest", "digest[:15]", "digest[7:20]"])
def test_an_unambiguous_beginning_finds(shelf: Shelf, beginning: str) -> None:
    kept = shelf.put(GATE_OVERLAY, overlay("shop"))
    shelf.put(GATE_OVERLAY, overlay("other"))
    short = {
        "id": kept.id,
        "id[:20]": kept.id[:20],
        "digest": kept.digest,
        "digest[:15]": kept.digest[:15],
        "digest[7:20]": kept.digest[7:20],
    }

    assert shelf.find(GATE_OVERLAY, short[beginning]) == kept


def test_an_artifact_with_an_id_of_its_own_is_found_by_it(shelf: Shelf) -> None:
    kept = shelf.put(TRACE_SUMMARY, trace("trace_01JNAB3WC80000000000000001"))

    assert shelf.find(TRACE_SUMMARY, "trace_01JNAB3WC8") == kept
    with pytest.raises(NotOnShelf):
        shelf.find(TRACE_SUMMARY, "trace_02")


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "../../etc/passwd", "sha256:../x", "sha256:" + "A" * 64, "0" * 64]
)
def test_what_is_not_a_digest_leads_nowhere(shelf: Shelf, digest: str) -> None:
    with pytest.raises(NotOnShelf, match="is not a digest"):
        shelf.get(GATE_OVERLAY, digest)


def test_a_missing_artifact_says_the_next_step(shelf: Shelf) -> None:
    with pytest.raises(NotOnShelf, match=r"no artifact sha256:0+; compile it again"):
        shelf.get(GATE_OVERLAY, "sha256:" + "0" * 64)


def test_all_come_oldest_first_in_whatever_zone_they_were_written(shelf: Shelf) -> None:
    times = {
        "c": "2026-03-02T13:00:00+02:00",
        "a": "2026-03-02T09:00:00.5Z",
        "d": "2026-03-02T12:00:00Z",
        "b": "2026-03-02T09:00:00.75Z",
    }
    for project, written in times.items():
        artifact = overlay(project)
        file = shelf.path_of(GATE_OVERLAY, artifact.digest)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**artifact.as_json(), "created_at": written}))
    (shelf.folder / "gate_overlay" / "notes.json").write_text("not on the shelf")

    assert [each.content.project_id for each in shelf.all(GATE_OVERLAY)] == ["a", "b", "c", "d"]
