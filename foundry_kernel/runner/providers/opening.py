"""A provider by its place, or by the name that this runner knows it under (spec 5.2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from foundry_kernel.runner.providers.directory import Directory
from foundry_kernel.runner.providers.provider import BadPlace, Provider, Sending
from foundry_kernel.runner.providers.settings import (
    ProviderSettings,
    bucket_of,
    could_be_name,
    providers_file,
    read_providers,
)
from foundry_kernel.runner.providers.web import Web


def open_provider(
    place: str, environment: Mapping[str, str], wait: Callable[[float], object] = time.sleep
) -> Provider:
    """Make ready to use a place; nothing is asked of it yet.

    Args:
        place: `s3://bucket/prefix`, `http(s)://…`, a directory, or a name of `providers.toml`.
        environment: variables of the runner, which hold the credentials.
        wait: given seconds, waits before a message is sent again.

    Raises:
        BadPlace: this is no place.
        BadProviders: the configuration does not hold together.
        StoreNotInstalled, NoCredentials: an object store cannot be spoken to from here.
    """
    settings = _settings(place, environment)
    sending = Sending(settings.sends, wait)
    scheme = urlsplit(settings.place).scheme if "://" in settings.place else ""
    if scheme in {"http", "https"}:
        return Web(settings.place, settings.time_limit_s, sending)
    if scheme == "s3":
        from foundry_kernel.runner.providers.object_store import open_store

        return open_store(bucket_of(settings, environment), environment, sending)
    if scheme:
        raise BadPlace(
            f"{scheme[:20]}:// is no place that artifacts come from",
            next_step="a directory, http(s)://…, or s3://…; other object stores through their S3-compatible endpoint",
        )
    return Directory(Path(settings.place).expanduser())


def _settings(place: str, environment: Mapping[str, str]) -> ProviderSettings:
    if not could_be_name(place):
        return ProviderSettings(place=place)
    file = providers_file(environment)
    known = read_providers(file)
    if place in known:
        return known[place]
    if not Path(place).is_dir():
        raise BadPlace(
            f"{file} names no provider {place!r}, and no such directory is here",
            next_step=f"a directory that is to be made is named ./{place}",
        )
    return ProviderSettings(place=place)
