"""Systems that own product and design intent: asked plainly, bounded, and believed in nothing but what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from alloynb.references.adapters.folder import FolderSource
from alloynb.references.adapters.web import WebSource
from alloynb.references.configuration import ReferenceSystem
from alloynb.references.external_intent import (
    ReferenceUnavailable,
    UnknownReference,
    UnusableIntent,
    check_reference,
    intent_of,
)
from alloynb.references.kept_answers import KeptAnswers
from alloynb.references.web_address import WebAddress, why_unsafe
from tests.alloynb.references.hostile import PAY, Hostile, closed_port, hostile_server


@pytest.fixture(scope="module")
def address() -> Iterator[WebAddress]:
    with hostile_server() as url:
        yield WebAddress.of(url)


def test_a_system_is_asked_over_http_and_what_it_says_is_named_by_digest(address: WebAddress) -> None:
    said = intent_of("epilogue", "checkout/pay", WebSource(address).read("checkout/pay"))
    assert (said.version, said.title, said.values["goal"]) == ("7", PAY["title"], PAY["goal"])
    taken = intent_of("epilogue", "checkout/pay", WebSource(address).read("checkout/pay"), ("goal",))
    assert set(taken.values) == {"goal"}
    assert taken.digest == said.digest


def test_a_redirect_to_the_same_place_is_followed(address: WebAddress) -> None:
    assert intent_of("epilogue", "moved", WebSource(address).read("moved")).version == "7"


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("elsewhere", "leads elsewhere"),
        ("downgrade", "leads elsewhere"),
        ("nowhere", "leads elsewhere"),
        ("circle", "redirected more than 3 times"),
        ("broken", "answers 500"),
        ("gzip", "encoded as 'gzip'"),
        ("flood", "more than 262144 bytes"),
        ("cut", "broke off|does not answer"),
    ],
)
def test_an_answer_that_is_no_bounded_document_of_this_place_is_refused(
    address: WebAddress, ref: str, words: str
) -> None:
    with pytest.raises(ReferenceUnavailable, match=words) as caught:
        WebSource(address).read(ref)
    assert caught.value.exit_code == 4


def test_a_drip_ends_at_the_time_limit(address: WebAddress) -> None:
    with pytest.raises(ReferenceUnavailable, match=r"took more than 0\.3 s"):
        WebSource(address, time_limit_s=0.3).read("drip")


def test_nobody_there_is_told(address: WebAddress) -> None:
    nobody = WebAddress("http", "127.0.0.1", closed_port(), "/")
    with pytest.raises(ReferenceUnavailable, match="does not answer"):
        WebSource(nobody).read("checkout/pay")
    with pytest.raises(UnknownReference, match="answers 404"):
        WebSource(address).read("nothing/here")


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("another", "answered with 'something/else'"),
        ("html", "not JSON"),
        ("list", "not a JSON object"),
        ("twice", "not JSON that we take"),
        ("deep", "not JSON that we take"),
        ("number", "not JSON that we take"),
        ("escape", "not JSON that we take"),
        ("versionless", "says no version"),
        ("large", "a brief keeps at most"),
    ],
)
def test_a_document_that_is_no_intent_is_refused(address: WebAddress, ref: str, words: str) -> None:
    with pytest.raises(UnusableIntent, match=words):
        intent_of("epilogue", ref, WebSource(address).read(ref))


def test_a_token_goes_to_its_own_place_and_no_other(address: WebAddress) -> None:
    Hostile.seen.clear()
    with pytest.raises(ReferenceUnavailable):
        WebSource(address, token="secret").read("elsewhere")
    assert Hostile.seen == [("/intent/elsewhere", "Bearer secret")]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "https://user:word@example.org/x",
        "https://example.org/x?token=1",
        "https://example.org/x#y",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "https://",
        "https://[",
        "http://127.0.0.1.example.org/x",
    ],
)
def test_an_address_that_could_leak_or_lead_astray_is_not_configured(url: str) -> None:
    assert why_unsafe(url)
    with pytest.raises(ValueError, match="url: "):
        ReferenceSystem(kind="product", url=url)


@pytest.mark.parametrize(
    "ref", ["../secret", "/etc/passwd", "a//b", "", "a b", "a\n", "x" * 300, "a/../b", "-x"]
)
def test_a_reference_that_climbs_or_hides_something_is_refused(ref: str) -> None:
    with pytest.raises(UnusableIntent, match="is no reference"):
        check_reference(ref)


def test_a_folder_answers_in_json_and_yaml_alike(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "pay.json").write_text(json.dumps(PAY))
    as_json = intent_of("epilogue", "checkout/pay", FolderSource(tmp_path).read("checkout/pay"))
    (tmp_path / "checkout" / "pay.json").rename(tmp_path / "checkout" / "pay.yaml")
    assert intent_of("epilogue", "checkout/pay", FolderSource(tmp_path).read("checkout/pay")) == as_json


def test_a_folder_refuses_what_is_not_there_twice_there_or_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "product"
    source = FolderSource(folder)
    with pytest.raises(UnknownReference):
        source.read("pay")
    folder.mkdir()
    (tmp_path / "secret.json").write_text(json.dumps(PAY | {"id": "pay"}))
    (folder / "pay.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(UnusableIntent, match=r"leaves the workspace|leads out"):
        source.read("pay")
    (folder / "pay.json").unlink()
    for suffix in ("json", "yaml"):
        (folder / f"pay.{suffix}").write_text("{}")
    with pytest.raises(UnusableIntent, match=r"both pay\.json and pay\.yaml"):
        source.read("pay")
    (folder / "pay.json").unlink()
    (folder / "pay.yaml").write_text("id: &a pay\nother: *a\n")
    with pytest.raises(UnusableIntent) as caught:
        source.read("pay")
    assert caught.value.file == folder / "pay.yaml"


def test_an_answer_that_was_kept_and_changed_since_is_not_believed(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path / "kept")
    assert kept.last("pay") is None
    kept.keep("pay", b"{}")
    assert kept.last("pay") == b"{}"
    (document,) = (tmp_path / "kept").glob("*.json")
    document.chmod(0o644)
    document.write_bytes(b"[]")
    assert kept.last("pay") is None


def test_a_system_is_one_place() -> None:
    for fields in ({}, {"folder": "x", "url": "https://example.org"}, {"folder": "x", "token_variable": "T"}):
        with pytest.raises(ValueError):
            ReferenceSystem.model_validate({"kind": "product", **fields})
