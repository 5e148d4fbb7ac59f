"""The object store as a provider: signed, bounded, sent again when no answer came, never replaced, never repeated."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.runner.providers.object_store import NoCredentials
from foundry_kernel.runner.providers.opening import open_provider
from foundry_kernel.runner.providers.provider import (
    BadPlace,
    NoAnswer,
    NotHeld,
    Provider,
    ProviderRefuses,
    ProviderUnreachable,
    checked_name,
)
from tests.fakes.object_store import BUCKET, KEY_ID, REGION, SECRET, FakeObjectStore, object_store

NAME = f"gate_overlay/{'0a' * 32}.json"
KEY = f"shop/{NAME}"
TEXT = b'{"command": ["true"]}'


@pytest.fixture
def store() -> Iterator[FakeObjectStore]:
    with object_store() as opened:
        yield opened


@pytest.fixture
def waits() -> list[float]:
    """Seconds that were waited before a message was sent again."""
    return []


@pytest.fixture
def provider(store: FakeObjectStore, waits: list[float], tmp_path: Path) -> Provider:
    return opened(store, tmp_path, waits)


def opened(store: FakeObjectStore, folder: Path, waits: list[float], **settings: object) -> Provider:
    """A provider as `providers.toml` describes it."""
    configure(folder, **settings)
    return open_provider("team", {**store.environment, "XDG_CONFIG_HOME": str(folder)}, waits.append)


def configure(folder: Path, **settings: object) -> None:
    file = folder / "foundry" / "providers.toml"
    file.parent.mkdir(exist_ok=True)
    said = {"place": f"s3://{BUCKET}/shop", "region": REGION, **settings}
    file.write_text("[providers.team]\n" + "".join(f"{key} = {json.dumps(said[key])}\n" for key in said))


def test_an_object_is_created_once_below_the_prefix_and_read_back(
    store: FakeObjectStore, provider: Provider
) -> None:
    assert provider.keep(NAME, TEXT) is True
    assert provider.keep(NAME, b"something else") is False
    assert provider.fetch(NAME) == TEXT
    assert store.objects == {KEY: TEXT}
    assert store.asked == [f"GET {KEY}", f"PUT {KEY} once", f"GET {KEY}", f"GET {KEY}"]
    assert not store.refused, "each request was signed, path style"
    assert provider.resent == 0


@pytest.mark.parametrize("fault", ["busy", "broken off"])
def test_a_message_without_an_answer_is_sent_again_and_counted(
    store: FakeObjectStore, provider: Provider, waits: list[float], fault: str
) -> None:
    store.objects[KEY] = TEXT
    store.faults[:] = [fault, fault]  # type: ignore[list-item]
    assert provider.fetch(NAME) == TEXT
    assert (provider.resent, waits) == (2, [0.2, 0.4])


def test_whoever_never_answers_is_given_up(store: FakeObjectStore, provider: Provider) -> None:
    store.faults[:] = ["busy"] * 9
    with pytest.raises(NoAnswer, match=r"s3://artifacts/shop does not give .*503"):
        provider.fetch(NAME)
    assert (provider.resent, len(store.asked)) == (3, 4)


def test_a_slow_answer_costs_its_time_limit_and_no_more(
    store: FakeObjectStore, tmp_path: Path, waits: list[float]
) -> None:
    store.objects[KEY] = TEXT
    store.faults[:] = ["slow", "slow"]
    hurried = opened(store, tmp_path, waits, time_limit_s=0.3, sends=2)
    with pytest.raises(NoAnswer, match="timeout"):
        hurried.fetch(NAME)
    assert hurried.fetch(NAME) == TEXT


def test_a_put_whose_answer_was_lost_is_done_once(store: FakeObjectStore, provider: Provider) -> None:
    store.put_faults[:] = ["answer lost"]
    assert provider.keep(NAME, TEXT) is False, "it stands there: this or another call put it there"
    assert store.objects == {KEY: TEXT}
    assert provider.resent == 1


def test_another_writer_at_the_same_moment_is_waited_for(store: FakeObjectStore, provider: Provider) -> None:
    store.put_faults[:] = ["other writer", "other writer"]
    assert provider.keep(NAME, TEXT) is True
    assert provider.resent == 2


def test_a_store_that_cannot_create_without_replacing_is_named_with_the_setting_that_helps(
    store: FakeObjectStore, tmp_path: Path, waits: list[float]
) -> None:
    store.conditions = "unknown"
    with pytest.raises(ProviderUnreachable, match="create_only = false"):
        opened(store, tmp_path, waits).keep(NAME, TEXT)
    assert not waits, "it would only say so again"

    patient = opened(store, tmp_path, waits, create_only=False)
    assert [patient.keep(NAME, TEXT), patient.keep(NAME, b"else")] == [True, False]
    assert store.objects == {KEY: TEXT}


def test_a_store_that_ignores_the_condition_replaces_nothing_either(
    store: FakeObjectStore, provider: Provider
) -> None:
    store.conditions = "ignored"
    store.objects[KEY] = b"of yesterday"
    assert provider.keep(NAME, TEXT) is False
    assert store.objects == {KEY: b"of yesterday"}


def test_what_is_larger_than_an_artifact_may_be_is_not_downloaded(
    store: FakeObjectStore, provider: Provider
) -> None:
    store.objects[KEY] = TEXT
    store.faults[:] = ["huge"]
    with pytest.raises(ProviderUnreachable, match="more than 16777216 bytes"):
        provider.fetch(NAME)


def test_a_refusal_is_not_asked_again_and_names_the_variables(
    store: FakeObjectStore, tmp_path: Path, waits: list[float]
) -> None:
    store.faults[:] = ["refused"]
    with pytest.raises(ProviderRefuses, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") as refused:
        opened(store, tmp_path, waits).fetch(NAME)
    assert (refused.value.exit_code, waits) == (3, [])

    wrong = {**store.environment, "AWS_SECRET_ACCESS_KEY": "of another account"}
    with pytest.raises(ProviderRefuses):
        open_provider(f"s3://{BUCKET}/shop", wrong).fetch(NAME)
    assert store.refused == [f"GET /{BUCKET}/{KEY}: SignatureDoesNotMatch"]


def test_credentials_are_taken_from_the_variables_that_are_named_and_from_no_others(
    store: FakeObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "AWS_SESSION_TOKEN", "of another account"
    )  # the library looks at the process by itself
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    store.objects[KEY] = TEXT
    named = {
        "access_key_id_env": "TEAM_ID",
        "secret_access_key_env": "TEAM_SECRET",
        "endpoint": store.address,
    }
    configure(tmp_path, **named)
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "TEAM_ID": KEY_ID, "TEAM_SECRET": SECRET}

    assert open_provider("team", environment).fetch(NAME) == TEXT
    with pytest.raises(NoCredentials, match="not set here: TEAM_SECRET"):
        open_provider("team", {**environment, "TEAM_SECRET": ""})


def test_what_is_not_signed_on_purpose_is_not_let_in_here(
    store: FakeObjectStore, tmp_path: Path, waits: list[float]
) -> None:
    with pytest.raises(ProviderRefuses):
        opened(store, tmp_path, waits, credentials="none").fetch(NAME)


def test_no_message_repeats_a_credential(store: FakeObjectStore, provider: Provider) -> None:
    store.faults[:] = ["echo"]
    with pytest.raises(ProviderUnreachable) as failed:
        provider.fetch(NAME)
    said = str(failed.value)
    assert "***AWS_SECRET_ACCESS_KEY***" in said
    assert SECRET not in said
    assert KEY_ID not in said


def test_nothing_is_there_until_somebody_puts_it_there(store: FakeObjectStore, provider: Provider) -> None:
    with pytest.raises(NotHeld, match=f"s3://{BUCKET}/shop holds no {NAME}"):
        provider.fetch(NAME)


@given(st.text() | st.from_regex(r"[a-z_/.%0-9]{1,90}"))
def test_a_name_never_leads_out_of_the_prefix(name: str) -> None:
    try:
        kind, _, file = checked_name(name).partition("/")
    except BadPlace:
        return
    assert kind.replace("_", "").isalpha()
    assert len(file) == 69
    assert not set(name) & {"%", "\\", "\n"}
    assert ".." not in name


@pytest.mark.parametrize(
    "place",
    [
        "s3://",
        "s3://UPPER/x",
        "s3://artifacts/../others",
        "s3://artifacts/a//b",
        "s3://artifacts/a%2e%2e",
        f"s3://{KEY_ID}:{SECRET}@artifacts/x",
        "s3://artifacts/x?endpoint=http://elsewhere",
        "gs://artifacts/x",
        "ftp://artifacts/x",
        "unknown-name",
    ],
)
def test_what_names_no_place_is_refused_before_anything_is_sent(
    store: FakeObjectStore, tmp_path: Path, place: str
) -> None:
    environment = {**store.environment, "XDG_CONFIG_HOME": str(tmp_path)}
    with pytest.raises(BadPlace) as refused:
        open_provider(place, environment)
    assert SECRET not in str(refused.value)
    assert not store.asked


def test_without_the_library_the_extra_is_named(store: FakeObjectStore) -> None:
    code = "import sys; sys.modules['obstore.store'] = None; from foundry_kernel.cli import main; main()"
    call = ("emit", "validation_requested", "x", "--artifacts", f"s3://{BUCKET}/shop", "--json")
    done = subprocess.run(
        (sys.executable, "-c", code, *call, "--workspace", str(Path(__file__).parents[4])),
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout)["error"]
    assert (done.returncode, said["type"]) == (4, "StoreNotInstalled"), done.stderr
    assert said["next_step"] == "pip install 'alloy-foundry[object-store]'"
