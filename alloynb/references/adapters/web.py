"""A system that answers over HTTP: bounded in size and time, to one origin only, nothing decoded but JSON."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from alloynb.references.external_intent import MAX_ANSWER_BYTES, ReferenceUnavailable, UnknownReference
from alloynb.references.web_address import WebAddress, why_unsafe

MAX_REDIRECTS = 3
_CHUNK_BYTES = 16 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class WebSource:
    """One address below which each reference has its document.

    No proxy of the environment is used, and no cookie is kept.

    Attributes:
        token: sent as a bearer token to this origin alone; empty for none.
        time_limit_s: seconds for the whole answer, redirects and all.
        clock: monotonic seconds.
    """

    address: WebAddress
    token: str = ""
    time_limit_s: float = 10
    clock: Callable[[], float] = time.monotonic

    def read(self, ref: str) -> bytes:
        """Ask for the document of a reference.

        Raises:
            UnknownReference: the system answers 404 or 410.
            ReferenceUnavailable: everything else that is not one JSON document in time, of bounded size.
        """
        until = self.clock() + self.time_limit_s
        path = self.address.below(ref)
        for _ in range(MAX_REDIRECTS + 1):
            status, location, body = self._get(path, until)
            if status in _REDIRECTS:
                path = self._followed(path, location)
                continue
            if status in {404, 410}:
                raise UnknownReference(f"{self._shown(path)} answers {status}")
            if status != 200:
                raise ReferenceUnavailable(f"{self._shown(path)} answers {status}")
            return body
        raise ReferenceUnavailable(f"{self._shown(path)} was redirected more than {MAX_REDIRECTS} times")

    def _get(self, path: str, until: float) -> tuple[int, str, bytes]:
        connection = self._connection(until)
        try:
            headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
            if self.token:
                headers["Authorization"] = f"Bearer {self.token}"
            connection.request("GET", path, headers=headers)
            with connection.getresponse() as answer:
                if answer.status in _REDIRECTS:
                    return answer.status, answer.getheader("Location") or "", b""
                if (encoding := answer.getheader("Content-Encoding", "identity")) != "identity":
                    raise ReferenceUnavailable(
                        f"{self._shown(path)} answers encoded as {encoding[:40]!r}, unasked"
                    )
                return (
                    answer.status,
                    "",
                    self._body(answer, path, until) if answer.status == 200 else b"",
                )
        except TimeoutError as error:
            raise self._late(path) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            told = str(error)[:200] or type(error).__name__
            raise ReferenceUnavailable(f"{self._shown(path)} does not answer: {told}") from error
        finally:
            connection.close()

    def _body(self, answer: http.client.HTTPResponse, path: str, until: float) -> bytes:
        """The whole body, piece by piece, so that neither a flood nor a drip can hold us."""
        found = bytearray()
        while True:
            if self.clock() >= until:
                raise self._late(path)
            piece = answer.read1(_CHUNK_BYTES)
            if not piece:
                break
            found += piece
            if len(found) > MAX_ANSWER_BYTES:
                raise ReferenceUnavailable(f"{self._shown(path)} answers more than {MAX_ANSWER_BYTES} bytes")
        if answer.length:
            raise ReferenceUnavailable(f"{self._shown(path)} broke off {answer.length} bytes before its end")
        return bytes(found)

    def _connection(self, until: float) -> http.client.HTTPConnection:
        host, port, left = self.address.host, self.address.port, max(0.001, until - self.clock())
        if self.address.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=left, context=context)
        return http.client.HTTPConnection(host, port, timeout=left)

    def _followed(self, path: str, location: str) -> str:
        base = f"{self.address.scheme}://{_bracketed(self.address.host)}:{self.address.port}{path}"
        try:
            url = urljoin(base, location)
        except ValueError:
            url = ""
        if why_unsafe(url) or WebAddress.of(url).origin != self.address.origin:
            raise ReferenceUnavailable(
                f"{self._shown(path)} leads elsewhere, to {location[:120]!r}, and is not followed"
            )
        return urlsplit(url).path or "/"

    def _late(self, path: str) -> ReferenceUnavailable:
        return ReferenceUnavailable(f"{self._shown(path)} took more than {self.time_limit_s:g} s")

    def _shown(self, path: str) -> str:
        return f"{self.address.scheme}://{self.address.host}:{self.address.port}{path}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
