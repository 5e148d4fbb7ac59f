"""Files behind `http(s)://…` as a provider; it can only be read from (spec 5.2)."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from foundry_kernel.runner.providers.provider import (
    TIME_LIMIT_S,
    BadPlace,
    NoAnswer,
    NotHeld,
    ProviderRefuses,
    ProviderUnreachable,
    Sending,
    checked_name,
)
from runtime_artifacts.canonical import MAX_DOCUMENT_BYTES

_PIECE = 1024 * 1024


@dataclass
class Web:
    """An address under which artifacts are served as files.

    Attributes:
        time_limit_s: seconds that one message may take, > 0.
    """

    address: str
    time_limit_s: float = TIME_LIMIT_S
    sending: Sending = field(default_factory=Sending)

    @property
    def shown(self) -> str:
        """Scheme and host alone: a path or user may be a secret."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.hostname}"

    @property
    def resent(self) -> int:
        """Transport retries until now."""
        return self.sending.resent

    def fetch(self, name: str) -> bytes:
        """Get a file, see `Provider.fetch`."""
        return self.sending.until_answered(lambda: self._get(checked_name(name)))

    def keep(self, name: str, text: bytes) -> bool:
        """Refuse: how to put a file there differs from server to server.

        Raises:
            BadPlace: always.
        """
        raise BadPlace(
            f"{self.shown} can only be read from",
            next_step="publish to the directory that it serves, or to an object store",
        )

    def _get(self, name: str) -> bytes:
        told = f"{self.shown} does not give {name}"
        try:
            with urllib.request.urlopen(
                f"{self.address.rstrip('/')}/{name}", timeout=self.time_limit_s
            ) as answer:
                text = self._read(answer, told)
                promised = answer.headers.get("Content-Length", "")
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in {401, 403}:
                raise ProviderRefuses(f"{told}: {error}") from error
            if error.code in {404, 410}:
                raise NotHeld(f"{told}: {error}") from error
            kind = NoAnswer if error.code >= 500 or error.code in {408, 429} else ProviderUnreachable
            raise kind(f"{told}: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{told}: {error}") from error
        except ValueError as error:
            raise BadPlace(f"{told}: {error}") from error
        if len(text) > MAX_DOCUMENT_BYTES:
            raise ProviderUnreachable(f"{self.shown}: {name} has more than {MAX_DOCUMENT_BYTES} bytes")
        if promised.isdigit() and len(text) < int(promised):
            raise NoAnswer(f"{told}: the answer broke off")
        return text

    def _read(self, answer: http.client.HTTPResponse, told: str) -> bytes:
        """Read one byte more than an artifact may have, at most; a trickle does not buy more time."""
        until = time.monotonic() + self.time_limit_s
        text = b""
        while len(text) <= MAX_DOCUMENT_BYTES and (piece := answer.read1(_PIECE)):
            text += piece
            if time.monotonic() > until:
                raise NoAnswer(f"{told}: not within {self.time_limit_s:g} s")
        return text
