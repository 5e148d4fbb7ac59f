"""`providers.toml`: read strictly, names of variables only, and never from a repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_kernel.runner.providers.directory import Directory
from foundry_kernel.runner.providers.opening import open_provider
from foundry_kernel.runner.providers.settings import (
    BadProviders,
    ProviderSettings,
    bucket_of,
    read_providers,
)
from foundry_kernel.runner.providers.web import Web


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("providers = 3", "only tables"),
        ('[other]\nplace = "x"', "only tables"),
        ('[providers."No Name"]\nplace = "x"', "cannot be a name"),
        ("[providers.team]", "providers.team.place"),
        (
            '[providers.team]\nplace = "s3://box"\nsecret_access_key = "hidden"',
            "providers.team.secret_access_key",
        ),
        ('[providers.team]\nplace = "s3://box"\naccess_key_id_env = "not a name"', "access_key_id_env"),
        ('[providers.team]\nplace = "s3://box"\nsends = 0', "providers.team.sends"),
        ('[providers.team]\nplace = "s3://box"\ntime_limit_s = -1', "providers.team.time_limit_s"),
        ("[providers.team", "not TOML"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused_by_the_entry_that_is_wrong(
    tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(text)
    with pytest.raises(BadProviders, match=reason) as refused:
        read_providers(file)
    assert "hidden" not in str(refused.value)


def test_a_name_stands_for_any_place(tmp_path: Path) -> None:
    file = tmp_path / "foundry" / "providers.toml"
    file.parent.mkdir()
    file.write_text(
        f'[providers.disk]\nplace = "{tmp_path}/shared"\n\n'
        '[providers.web]\nplace = "https://alloy.example.org/shelf"\ntime_limit_s = 3\n'
    )
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    disk, web = open_provider("disk", environment), open_provider("web", environment)
    assert isinstance(disk, Directory)
    assert disk.folder == tmp_path / "shared"
    assert isinstance(web, Web)
    assert (web.time_limit_s, web.shown) == (3, "https://alloy.example.org")


def test_without_a_file_no_name_is_known(tmp_path: Path) -> None:
    assert read_providers(tmp_path / "providers.toml") == {}


def test_what_a_provider_leaves_open_the_usual_variables_say() -> None:
    settings = ProviderSettings(place="s3://box/p/q/")
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000/", "AWS_DEFAULT_REGION": "eu-1"}
    bucket = bucket_of(settings, environment)
    assert (bucket.place, bucket.prefix) == ("s3://box/p/q", "p/q")
    assert (bucket.endpoint, bucket.region) == ("http://127.0.0.1:9000", "eu-1")
    assert bucket.session_token_env == "AWS_SESSION_TOKEN"

    own = ProviderSettings(place="s3://box", endpoint="https://minio", access_key_id_env="TEAM_ID")
    named = bucket_of(own, environment)
    assert (named.endpoint, named.session_token_env) == ("https://minio", "")
