"""Providers that this runner knows by name: `providers.toml` (spec 5.2, 5.6).

    [providers.team]
    place = "s3://alloy-artifacts/shop"          # a bucket and a prefix, an address, or a directory
    endpoint = "https://minio.example.org:9000"  # MinIO, Ceph; Amazon's when there is none
    region = "eu-central-1"
    access_key_id_env = "TEAM_STORE_KEY_ID"      # names of variables; a value never stands in the file
    secret_access_key_env = "TEAM_STORE_SECRET"

It lies in the configuration of the runner, `$XDG_CONFIG_HOME/foundry/`, never in a repository: whoever writes it says
where credentials of this machine are sent.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foundry_kernel.runner.configuration import configuration_folder
from foundry_kernel.runner.providers.provider import MOST_SENDS, TIME_LIMIT_S, BadPlace
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.untrusted_file import read_untrusted

FILE_NAME = "providers.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,254}")
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"

Variable = Annotated[str, Field(pattern=rf"^{_VARIABLE}$")]


class BadProviders(BadPlace):
    """`providers.toml` does not hold together."""


class ProviderSettings(BaseModel):
    """One table of the file.

    Attributes:
        credentials: `environment`: of the variables named here; `ambient`: what the machine was given (instance or
            container role, web identity); `none`: requests are not signed.
        create_only: whether the store knows `If-None-Match: *`; where it does not, objects are looked for before.
        time_limit_s: seconds that one message may take.
        sends: how often the same message is sent until an answer comes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    place: str = Field(min_length=1, max_length=1000)
    endpoint: str = Field(default="", max_length=1000)
    region: str = Field(default="", pattern=r"^[A-Za-z0-9-]{0,63}$")
    credentials: Literal["environment", "ambient", "none"] = "environment"
    access_key_id_env: Variable = "AWS_ACCESS_KEY_ID"
    secret_access_key_env: Variable = "AWS_SECRET_ACCESS_KEY"
    session_token_env: str = Field(default="", pattern=rf"^({_VARIABLE})?$")
    create_only: bool = True
    time_limit_s: float = Field(default=TIME_LIMIT_S, gt=0, le=600, strict=False)
    sends: int = Field(default=MOST_SENDS, ge=1, le=10)


class Bucket(BaseModel):
    """A bucket, a prefix in it, and how it is spoken to.

    Attributes:
        place: `s3://name/prefix`, as it may be printed.
        key_names: variables that hold key id and secret.
    """

    model_config = ConfigDict(frozen=True)

    place: str
    name: str
    prefix: str
    endpoint: str
    region: str
    anonymous: bool
    ambient: bool
    key_names: tuple[str, str]
    session_token_env: str
    create_only: bool
    time_limit_s: float


def bucket_of(settings: ProviderSettings, environment: Mapping[str, str]) -> Bucket:
    """The bucket that settings speak of; what they leave open, the usual variables of this environment say.

    Raises:
        BadPlace: place or endpoint are none, or hold more than they should; what they hold is not repeated.
    """
    name, _, prefix = settings.place.removeprefix("s3://").partition("/")
    prefix = prefix.strip("/")
    if not _BUCKET.fullmatch(name) or (prefix and not _PREFIX.fullmatch(prefix)):
        raise BadPlace(
            "a place in an object store is s3://BUCKET or s3://BUCKET/PREFIX, of letters, digits, dots, dashes",
            next_step="credentials, endpoint and region are told by the environment, or by providers.toml",
        )
    endpoint = (
        settings.endpoint or environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL", "")
    )
    _check_endpoint(endpoint)
    usual = settings.access_key_id_env == "AWS_ACCESS_KEY_ID"  # a token belongs to the key beside it
    return Bucket(
        place=f"s3://{name}/{prefix}".rstrip("/"),
        name=name,
        prefix=prefix,
        endpoint=endpoint.rstrip("/"),
        region=settings.region or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", ""),
        anonymous=settings.credentials == "none",
        ambient=settings.credentials == "ambient",
        key_names=(settings.access_key_id_env, settings.secret_access_key_env),
        session_token_env=settings.session_token_env or ("AWS_SESSION_TOKEN" if usual else ""),
        create_only=settings.create_only,
        time_limit_s=settings.time_limit_s,
    )


def providers_file(environment: Mapping[str, str]) -> Path:
    """Where the configuration of this runner is, or would be."""
    return configuration_folder(environment) / "foundry" / FILE_NAME


def read_providers(file: Path) -> Mapping[str, ProviderSettings]:
    """Read the file strictly; one that does not exist names no provider.

    Raises:
        BadProviders: with the entry that is wrong; its value is not repeated.
    """
    try:
        raw = tomllib.loads(read_untrusted(file).decode())
    except FileNotFoundError:
        return {}
    except (ArtifactError, ValueError, RecursionError) as error:
        raise BadProviders(f"{file}: not TOML: {error}") from error
    tables = raw.get("providers", {})
    if set(raw) - {"providers"} or not isinstance(tables, dict):
        raise BadProviders(f"{file}: only tables [providers.<name>] are known")
    return {name: _one(file, name, table) for name, table in tables.items()}


def could_be_name(place: str) -> bool:
    """Whether a place has the form of a name of the file; a directory of this form is named with `./`."""
    return bool(_NAME.fullmatch(place))


def _one(file: Path, name: str, table: object) -> ProviderSettings:
    if not could_be_name(name):
        raise BadProviders(f"{file}: {name[:80]!r} cannot be a name: a-z, 0-9 and dashes")
    try:
        return ProviderSettings.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(("providers", name, *map(str, first["loc"])))
        raise BadProviders(f"{file}: {where}: {first['msg']}") from None


def _check_endpoint(endpoint: str) -> None:
    if not endpoint:
        return
    try:
        parts = urlsplit(endpoint)
        good = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    else:
        good = good and not (parts.username or parts.password or parts.query or parts.fragment)
    if not good:
        raise BadPlace("an endpoint is http(s)://HOST[:PORT], and holds no credentials")
