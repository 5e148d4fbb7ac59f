"""Mode 3: an event names its brief, which is resolved from wherever it was published, verified, and run once."""

from __future__ import annotations

import functools
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from foundry_kernel.cli import main
from tests.fakes.object_store import BUCKET, FakeObjectStore, object_store
from tests.foundry_kernel.runner.tiny_workspace import Tiny, gate, make_workspace


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *arguments: object) -> None: ...


class Place:
    """A provider as a person names it, and what it holds as a person who breaks in could change it."""

    def __init__(self, said: str, folder: Path, store: FakeObjectStore | None = None) -> None:
        self.said, self._folder, self._store = said, folder, store

    def change(self, kind: str, old: bytes, new: bytes) -> None:
        if self._store is not None:
            for key in [key for key in self._store.objects if f"/{kind}/" in key]:
                self._store.objects[key] = self._store.objects[key].replace(old, new)
        for file in (self._folder / kind).glob("*.json"):
            file.write_bytes(file.read_bytes().replace(old, new))


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A workspace whose shelf was moved elsewhere."""
    made = make_workspace(tmp_path / "tiny", overlay_gates=[gate("quick", "true")])
    shutil.move(made.workspace.shelf.folder, tmp_path / "elsewhere")
    return made


@pytest.fixture(params=["directory", "http", "object store"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    folder = tmp_path / "elsewhere"
    if request.param == "directory":
        yield Place(str(folder), folder)
        return
    if request.param == "object store":
        with object_store() as store:
            for name, value in store.environment.items():
                monkeypatch.setenv(name, value)
            for file in folder.glob("*/*.json"):
                store.objects[f"tiny/shelf/{file.relative_to(folder)}"] = file.read_bytes()
            yield Place(f"s3://{BUCKET}/tiny/shelf", folder, store)
            assert not store.refused
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Place(f"http://127.0.0.1:{server.server_port}", folder)
    server.shutdown()
    server.server_close()


def names(tiny: Tiny, **changed: str) -> str:
    content = tiny.request.content
    said = {
        "brief_id": content.brief.id,
        "brief_digest": content.brief.digest,
        "prompt_pack_id": content.prompt_pack.id,
        "evidence_plan_id": content.evidence_plan.id,
    }
    return json.dumps({"alloy": said | changed})


def emit(tiny: Tiny, place: Place | str, payload: str) -> tuple[int, Any]:
    said = place if isinstance(place, str) else place.said
    arguments = ["emit", "validation_requested", "tiny", "--artifacts", said, "--payload", payload, "--json"]
    done = CliRunner().invoke(main, [*arguments, "--workspace", str(tiny.workspace.root)])
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.slow
def test_an_event_that_names_its_brief_is_run_by_it_once(tiny: Tiny, place: Place) -> None:
    code, said = emit(tiny, place, names(tiny))
    again, told = emit(tiny, place, names(tiny))

    assert (code, again) == (0, 0), said
    content = said["data"]["run_result"]["content"]
    assert content["brief"]["digest"] == tiny.request.content.brief.digest
    assert [each["name"] for each in content["gates"]] == ["quick"]
    assert (said["data"]["deduplicated"], told["data"]["deduplicated"]) == (False, True)


def test_what_the_provider_changed_is_refused(tiny: Tiny, place: Place) -> None:
    place.change("gate_overlay", b'"true"', b'"curl"')
    code, said = emit(tiny, place, names(tiny))

    assert code == 3, said
    assert not list(tiny.workspace.runs.glob("run_*"))


def test_ids_that_are_not_those_of_the_brief_are_refused(tiny: Tiny, place: Place) -> None:
    code, said = emit(tiny, place, names(tiny, prompt_pack_id="prompt_pack_01K00000000000000000000001"))

    assert code == 3
    assert "the payload names prompt_pack" in said["error"]["message"]


def test_what_nobody_holds_is_named(tiny: Tiny, place: Place) -> None:
    assert emit(tiny, place, names(tiny, brief_digest=f"sha256:{'0' * 64}"))[0] == 4
    assert emit(tiny, f"{place.said}/nowhere", names(tiny))[0] == 4
    assert emit(tiny, place, '{"alloy": {"brief_id": "x"}}')[0] == 2


def test_an_event_that_cannot_begin_a_run_leaves_no_request(tiny: Tiny, place: Place) -> None:
    said = json.loads(names(tiny))
    del said["alloy"]["brief_id"]
    before = list(tiny.workspace.mailbox.requests())
    code, told = emit(tiny, place, json.dumps(said))

    assert code == 2, told
    assert list(tiny.workspace.mailbox.requests()) == before
