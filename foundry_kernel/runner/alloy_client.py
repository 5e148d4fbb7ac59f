"""Speaks to a shared Alloy, always outward: one message at a time, sent again when no answer came (spec 5.1, 5.3, 5.4).

A message that is sent again is the same message and says how often it was sent: these are transport retries, counted
apart from everything else. So is a message that is said once more because none of its sends had an answer. What was
refused is not sent again.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from foundry_kernel.errors import CannotDispatch, FoundryError, Unsafe
from runtime_artifacts.content import Content

API = "/alloy/api/v1"
RUNNER_HEADER = "X-Alloy-Runner"
RUNNER_KEY_HEADER = "X-Alloy-Runner-Key"
MOST_SENDS = 6
ANSWER_LIMIT_S = 30.0
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 10.0
_LONGEST_ANSWER = 64 * 1024 * 1024


class NoAnswer(CannotDispatch):
    """The shared Alloy does not answer, however often it is asked."""


class LeaseLost(CannotDispatch):
    """The request is not ours any more, or has ended."""


class RefusedByAlloy(Unsafe):
    """The shared Alloy knows us not, or does not let us do this."""


class NotUnderstood(FoundryError):
    """The shared Alloy does not take the message as it is."""

    failure_class = "validation"


@dataclass
class AlloyClient:
    """One runner's way to a shared Alloy. May be used by several threads: each message has a connection of its own.

    Attributes:
        url: `http://host:port` or `https://…`, with the server's own base path if it has one.
        transport_retries: how often messages about a request were sent again since it was accepted, by request.
    """

    url: str
    runner_id: str
    key: str = field(repr=False)
    wait: Callable[[float], object] = time.sleep
    most_sends: int = MOST_SENDS
    transport_retries: dict[str, int] = field(default_factory=dict)
    _unanswered: set[tuple[str, str]] = field(default_factory=set)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def poll(self, message: Content) -> Mapping[str, Any] | None:
        """Ask whether there is something to do.

        Raises:
            NoAnswer, RefusedByAlloy: it does not answer, or not to us.
        """
        waits = float(getattr(message, "wait_s", 0.0))
        answer = self._send("POST", f"/runners/{self.runner_id}/run-requests/next", message, more_s=waits)
        return answer if isinstance(answer, dict) else None

    def tell_capabilities(self, manifest: Mapping[str, Any]) -> None:
        """Say what this installation supports."""
        self._request(
            "PUT", f"/runners/{self.runner_id}/capabilities", {"manifest": manifest}, ANSWER_LIMIT_S
        )

    def accept(self, request_id: str, message: Content) -> Mapping[str, Any]:
        """Accept a request; what is sent again is counted anew from here on.

        Raises:
            LeaseLost: somebody else was quicker.
            NoAnswer, RefusedByAlloy, NotUnderstood: it cannot be said.
        """
        with self._counting:
            self.transport_retries.pop(request_id, None)
            self._unanswered = {each for each in self._unanswered if each[0] != request_id}
        return self.say(request_id, "accepted", message)

    def say(self, request_id: str, act: str, message: Content) -> Mapping[str, Any]:
        """Say something about a request: `accepted`, `heartbeat`, `started`, `events`, `completed`, `failed`, …

        Raises:
            LeaseLost: it is not ours any more.
            NoAnswer, RefusedByAlloy, NotUnderstood: it cannot be said.
        """
        answer = self._send("POST", f"/run-requests/{request_id}/{act}", message, request_id=request_id)
        return answer if isinstance(answer, dict) else {}

    def _send(
        self, method: str, path: str, message: Content, *, request_id: str = "", more_s: float = 0.0
    ) -> Any:
        said = (request_id, path)
        for sends in range(1, self.most_sends + 1):
            if request_id and (sends > 1 or said in self._unanswered):
                self._count(said)
            counts = {"sends": sends, "resent": self.transport_retries.get(request_id, 0)}
            known = {name: count for name, count in counts.items() if name in type(message).model_fields}
            try:
                body = message.model_copy(update=known).model_dump(mode="json", exclude_none=True)
                return self._request(method, path, body, ANSWER_LIMIT_S + more_s)
            except NoAnswer:
                if sends == self.most_sends:
                    self._unanswered.add(said)
                    raise
                self.wait(min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (sends - 1)))
        raise NoAnswer(f"{self.url} was not asked")

    def _count(self, said: tuple[str, str]) -> None:
        request_id, _ = said
        with self._counting:
            self._unanswered.discard(said)
            self.transport_retries[request_id] = self.transport_retries.get(request_id, 0) + 1

    def _request(self, method: str, path: str, body: Mapping[str, Any], limit_s: float) -> Any:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise NotUnderstood(
                f"{self.url[:200]!r} is no address of a shared Alloy", next_step="http(s)://HOST"
            )
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=limit_s)
        headers = {
            "Content-Type": "application/json",
            RUNNER_HEADER: self.runner_id,
            RUNNER_KEY_HEADER: self.key,
        }
        where = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}".rstrip(":")
        try:
            connection.request(method, f"{parts.path.rstrip('/')}{API}{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read(_LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{where} does not answer: {error}", next_step="is it running?") from error
        finally:
            connection.close()
        return self._understood(answer.status, text, where)

    def _understood(self, status: int, text: bytes, where: str) -> Any:
        try:
            envelope = json.loads(text)
        except ValueError:
            envelope = {}
        if status < 300 and isinstance(envelope, dict) and envelope.get("success"):
            return envelope.get("data")
        error = envelope.get("error") if isinstance(envelope, dict) else None
        said = str(error.get("message", "")) if isinstance(error, dict) else ""
        told = f"{where} says: {said or f'HTTP {status}'}"[:1000]
        if status == 409:
            raise LeaseLost(told, next_step="stop the run")
        if status in {401, 403}:
            raise RefusedByAlloy(told, next_step="is the runner registered there, and for this project?")
        if status >= 500 or status == 429:  # somebody guesses behind our address: it is not about us
            raise NoAnswer(told)
        raise NotUnderstood(told)
