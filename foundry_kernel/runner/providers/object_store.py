"""An S3-compatible object store as a provider: Amazon's, MinIO, Ceph and others (spec 5.2, 5.6).

Objects are created, never replaced: with `If-None-Match: *` where the store knows it. Credentials come from variables
of the runner's environment, which the configuration names; a message never repeats their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from foundry_kernel.errors import CannotDispatch
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.runner.providers.provider import (
    NoAnswer,
    NotHeld,
    ProviderRefuses,
    ProviderUnreachable,
    Sending,
    checked_name,
)
from foundry_kernel.runner.providers.settings import Bucket
from runtime_artifacts.canonical import MAX_DOCUMENT_BYTES, replace_odd_characters

_CODE = re.compile(r"status code: (\d{3})")
_WHY = re.compile(r"kind: (Timeout|Connect|Interrupted)\b")
_PIECE = 1024 * 1024
_DEFAULT_REGION = "us-east-1"


class StoreNotInstalled(CannotDispatch):
    """The library that speaks to object stores is an extra, and is not installed."""


class NoCredentials(CannotDispatch):
    """The variables that should hold the credentials are not set in the environment of this runner."""


@dataclass
class ObjectStore:
    """One bucket, below one prefix.

    Attributes:
        store: of the library; every name that it is given lies below the prefix.
        redactor: knows the values of the credentials.
    """

    bucket: Bucket
    store: Any
    redactor: Redactor
    sending: Sending = field(default_factory=Sending)

    @property
    def shown(self) -> str:
        """The place without anything that was configured for it."""
        return self.bucket.place

    @property
    def resent(self) -> int:
        """Transport retries until now."""
        return self.sending.resent

    def fetch(self, name: str) -> bytes:
        """Get an object, see `Provider.fetch`."""
        return self.sending.until_answered(lambda: self._get(checked_name(name)))

    def keep(self, name: str, text: bytes) -> bool:
        """Create an object, see `Provider.keep`.

        It is looked for first: a store that does not know the condition would replace what stands there without a word.
        """
        try:
            self.fetch(name)
        except NotHeld:
            return self.sending.until_answered(lambda: self._create(name, text))
        return False

    def _get(self, name: str) -> bytes:
        import obstore
        from obstore.exceptions import BaseError

        try:
            answer = obstore.get(self.store, name)
            if answer.meta["size"] > MAX_DOCUMENT_BYTES:
                raise ProviderUnreachable(f"{self.shown}: {name} has more than {MAX_DOCUMENT_BYTES} bytes")
            return b"".join(bytes(piece) for piece in answer.stream(min_chunk_size=_PIECE))
        except (BaseError, OSError, ValueError) as error:
            raise self._understood(error, f"{self.shown} does not give {name}") from error

    def _create(self, name: str, text: bytes) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError

        told = f"{self.shown} does not take {name}"
        mode: Literal["create", "overwrite"] = "create" if self.bucket.create_only else "overwrite"
        try:
            obstore.put(self.store, name, text, mode=mode, use_multipart=False)
        except AlreadyExistsError as error:
            if _code(error) == 409:  # another writer is at it; whoever comes again learns what it wrote
                raise NoAnswer(f"{told}: another writer is putting it there") from error
            return False
        except (BaseError, OSError, ValueError) as error:
            if mode == "create" and _code(error) == 501:
                raise ProviderUnreachable(
                    f"{told}: it cannot create without replacing (If-None-Match)",
                    next_step="say `create_only = false` of it in providers.toml: then it is only looked at before",
                ) from error
            raise self._understood(error, told) from error
        return True

    def _understood(self, error: Exception, told: str) -> Exception:
        """What an error of the library means; its first line, without values of credentials."""
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

        why = _WHY.search(str(error))
        first = next(iter(str(error).splitlines()), "")
        reason = replace_odd_characters(self.redactor(first))[:300] + (f" ({why[1].lower()})" if why else "")
        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            return ProviderRefuses(
                f"{told}: {reason}",
                next_step=f"look at the values of {' and '.join(self.bucket.key_names)}; "
                "a store that may not be listed answers so too when it does not hold something",
            )
        if isinstance(error, FileNotFoundError):
            return NotHeld(f"{self.shown} holds no {told.rpartition(' ')[2]}")
        code = _code(error)
        repeats = (400 <= code < 500 and code not in {408, 429}) or code == 501
        return (ProviderUnreachable if repeats or isinstance(error, ValueError) else NoAnswer)(
            f"{told}: {reason}"
        )


def open_store(bucket: Bucket, environment: Mapping[str, str], sending: Sending) -> ObjectStore:
    """Make ready to speak to a bucket; nothing is sent yet.

    Raises:
        StoreNotInstalled: the extra is missing.
        NoCredentials: a variable that is named is not set.
    """
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise StoreNotInstalled(
            f"{bucket.place} needs a library that is not installed here",
            next_step="pip install 'alloy-foundry[object-store]'",
        ) from error
    redactor = Redactor()
    secrets = {name: environment.get(name, "") for name in (*bucket.key_names, bucket.session_token_env)}
    redactor.learn({name: value for name, value in secrets.items() if value})
    config: dict[str, Any] = {
        "region": bucket.region or _DEFAULT_REGION,
        "virtual_hosted_style_request": False,
        "skip_signature": bucket.anonymous,
        "conditional_put": "etag",
    }
    if bucket.endpoint:
        config |= {"endpoint": bucket.endpoint, "aws_endpoint_url_s3": bucket.endpoint}
    store = S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        config=config,  # type: ignore[arg-type, unused-ignore]
        client_options={
            "allow_http": bucket.endpoint.startswith("http://"),
            "timeout": timedelta(seconds=bucket.time_limit_s),
            "connect_timeout": timedelta(seconds=min(5.0, bucket.time_limit_s)),
        },
        retry_config={"max_retries": 0},  # sent again here, where it is counted
        **_credentials(bucket, secrets),
    )
    return ObjectStore(bucket, store, redactor, sending)


def _credentials(bucket: Bucket, secrets: Mapping[str, str]) -> dict[str, Any]:
    """Exactly the credentials that are named, so that none of another account in the environment is mixed in."""
    if bucket.anonymous or bucket.ambient:
        return {}
    missing = [name for name in bucket.key_names if not secrets[name]]
    if missing:
        raise NoCredentials(
            f"{bucket.place}: not set here: {', '.join(missing)}",
            next_step="set them, or name other variables in providers.toml (`credentials` says which ways there are)",
        )
    key_id, secret = (secrets[name] for name in bucket.key_names)
    found = {
        "access_key_id": key_id,
        "secret_access_key": secret,
        "token": secrets[bucket.session_token_env] or None,
        "expires_at": None,
    }
    return {"credential_provider": lambda: found}


def _code(error: Exception) -> int:
    """HTTP status in an error of the library, or 0."""
    found = _CODE.search(str(error))
    return int(found[1]) if found else 0
