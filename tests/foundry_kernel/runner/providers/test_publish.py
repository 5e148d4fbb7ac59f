"""Publishing: a brief and its parts go to a place once, whole, the brief last, and nothing there is replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from foundry_kernel.cli import main
from foundry_kernel.runner.providers.directory import Directory
from foundry_kernel.runner.providers.provider import ProviderUnreachable
from foundry_kernel.runner.providers.publish import PlaceHoldsAnother, publish_brief
from tests.fakes.object_store import BUCKET, FakeObjectStore, object_store
from tests.foundry_kernel.runner.tiny_workspace import Tiny, gate, make_workspace


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(tmp_path / "tiny", overlay_gates=[gate("quick", "true")])


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeObjectStore]:
    with object_store() as opened:
        for name, value in opened.environment.items():
            monkeypatch.setenv(name, value)
        yield opened


def publish(tiny: Tiny, place: str) -> tuple[int, Any]:
    arguments = ["publish", tiny.request.content.brief.id, place, "--workspace", str(tiny.workspace.root)]
    done = CliRunner().invoke(main, [*arguments, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_a_brief_and_its_parts_are_put_there_once_with_the_brief_last(
    tiny: Tiny, store: FakeObjectStore
) -> None:
    code, said = publish(tiny, f"s3://{BUCKET}/tiny")
    again, told = publish(tiny, f"s3://{BUCKET}/tiny")

    assert (code, again) == (0, 0), said
    kinds = [name.partition("/")[0] for name in said["data"]["created"]]
    assert kinds == ["prompt_pack", "gate_overlay", "evidence_plan", "formation_brief"]
    assert told["data"]["created"] == []
    assert told["data"]["stood"] == said["data"]["created"]
    assert set(store.objects) == {f"tiny/{name}" for name in said["data"]["created"]}
    assert not store.refused


@pytest.mark.slow
def test_what_was_published_is_run_by_the_command_that_it_tells(
    tiny: Tiny, store: FakeObjectStore, tmp_path: Path
) -> None:
    _, said = publish(tiny, f"s3://{BUCKET}/tiny")
    program, *emit = said["data"]["emit"]
    store.faults[:] = ["busy", "broken off"]
    far = make_workspace(tmp_path / "far")
    done = CliRunner().invoke(main, [*emit, "--workspace", str(far.workspace.root), "--json"])

    assert program == "foundry-kernel"
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)["data"]["run_result"]["content"]
    assert result["brief"]["digest"] == tiny.request.content.brief.digest
    assert [each["name"] for each in result["gates"]] == ["quick"]
    assert result["retries"]["transport"] == 2
    for file in far.workspace.root.glob(".alloy/runs/**/*"):
        assert not file.is_file() or b"test/secret" not in file.read_bytes()


def test_what_stands_there_under_another_digest_is_a_refusal_and_stays(
    tiny: Tiny, store: FakeObjectStore
) -> None:
    _, said = publish(tiny, f"s3://{BUCKET}/tiny")
    overlay = next(key for key in store.objects if "gate_overlay" in key)
    tampered = store.objects[overlay].replace(b'"true"', b'"curl"')
    store.objects[overlay] = tampered
    code, told = publish(tiny, f"s3://{BUCKET}/tiny")

    assert said["success"]
    assert (code, told["error"]["type"]) == (3, "PlaceHoldsAnother")
    assert "nothing was replaced" in told["error"]["next_step"]
    assert store.objects[overlay] == tampered


def test_a_place_that_fails_half_way_holds_no_brief_and_the_next_time_it_holds_all(
    tiny: Tiny, store: FakeObjectStore
) -> None:
    store.put_faults[:] = ["answer lost", "echo"]
    code, told = publish(tiny, f"s3://{BUCKET}/tiny")
    assert code == 4, told
    assert not [key for key in store.objects if "formation_brief" in key]

    code, told = publish(tiny, f"s3://{BUCKET}/tiny")
    assert (code, len(told["data"]["created"]), len(told["data"]["stood"])) == (0, 3, 1)


def test_a_directory_is_made_and_an_address_can_only_be_read_from(tiny: Tiny, tmp_path: Path) -> None:
    code, said = publish(tiny, str(tmp_path / "shared"))
    assert code == 0, said
    assert len(list((tmp_path / "shared").glob("*/*.json"))) == 4
    code, said = publish(tiny, "http://127.0.0.1:9/shelf")
    assert (code, said["error"]["type"]) == (2, "BadPlace")
    assert "can only be read from" in said["error"]["message"]


def test_a_damaged_file_in_a_directory_is_a_refusal_and_a_full_disk_an_error(
    tiny: Tiny, tmp_path: Path
) -> None:
    brief = tiny.request.content.brief
    file = tmp_path / "shared" / "formation_brief" / f"{brief.digest.removeprefix('sha256:')}.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    with pytest.raises(PlaceHoldsAnother):
        publish_brief(tiny.workspace, brief.id, Directory(tmp_path / "shared"))
    assert file.read_text() == "{}"

    (tmp_path / "in the way").write_text("a file")
    with pytest.raises(ProviderUnreachable, match="takes no"):
        publish_brief(tiny.workspace, brief.id, Directory(tmp_path / "in the way"))
