"""The mailbox: requests out, results back, through files that are created once (spec 3.7, 5.3).

    requests/<request id>.json          the request artifact
    keys/<hex of idempotency key>.json  which request took the key
    claims/<request id>.json            which run accepted the request
    results/<request id>/<attempt>.json one run result an attempt

Every file is created whole or not at all and never changed, so a crash between any two of them leaves a state that
the next caller understands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from runtime_artifacts.canonical import parse_json
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import AlreadyClaimed, InvalidContent, KeyConflict, Place, UnknownRequest
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.identity import is_id
from runtime_artifacts.kinds import read_file
from runtime_artifacts.run_result import RUN_RESULT, RunResult
from runtime_artifacts.write_once import create_once


@dataclass(frozen=True)
class Claim:
    """One runner's acceptance of one request."""

    request_id: str
    run_id: str
    runner_id: str
    claimed_at: str


@dataclass(frozen=True)
class Posted:
    """Answer to a posting: the request that holds the key, and whether it was there before."""

    request: Artifact[ExecutionRequest]
    deduplicated: bool


class Mailbox:
    """Requests, claims and results below one folder."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self.folder = folder

    def post(self, request: Artifact[ExecutionRequest]) -> Posted:
        """Post a request, unless its idempotency key was posted before: then the earlier request is the answer.

        Raises:
            KeyConflict: the key was taken by a request for something else.
            OSError: it cannot be written.
        """
        create_once(self._request_file(request.id), request.to_bytes())
        key_file = self._key_file(request.content.idempotency_key)
        holder = {"request_id": request.id, "digest": request.digest}
        if create_once(key_file, _line(holder)):
            return Posted(request, deduplicated=False)
        held = self._holder_of(request.content.idempotency_key)
        if held == request.id:
            return Posted(request, deduplicated=False)
        self._request_file(request.id).unlink(missing_ok=True)
        earlier = self.request(str(held))
        if _what_is_asked(earlier.content) != _what_is_asked(request.content):
            raise KeyConflict(
                f"idempotency key {request.content.idempotency_key} is held by {earlier.id}, which asks for "
                "something else",
                place=Place(key_file),
            )
        return Posted(earlier, deduplicated=True)

    def request(self, request_id: str) -> Artifact[ExecutionRequest]:
        """Take one request, verified.

        Raises:
            UnknownRequest: there is none of this id.
            DigestMismatch, MalformedDocument, UnknownSchema, InvalidContent: it was changed or is damaged.
        """
        file = self._request_file(request_id)
        if not file.is_file():
            raise UnknownRequest(f"no request {request_id} in {self.folder}")
        return read_file(EXECUTION_REQUEST, file)

    def requests(self) -> Iterator[Artifact[ExecutionRequest]]:
        """Yield every request that holds its key, verified, oldest first.

        A request without its key was never posted: its poster died in between, and will post again.
        """
        for file in sorted((self.folder / "requests").glob("runreq_*.json")):
            request = read_file(EXECUTION_REQUEST, file)
            if self._holder_of(request.content.idempotency_key) == request.id:
                yield request

    def holder_of(self, idempotency_key: str) -> Artifact[ExecutionRequest] | None:
        """The request that was posted under a key, verified, or None."""
        held = self._holder_of(idempotency_key)
        return None if held is None else self.request(held)

    def claim(self, request_id: str, run_id: str, runner_id: str, claimed_at: str) -> Claim:
        """Accept a request for a run; of several runners exactly one succeeds.

        Raises:
            AlreadyClaimed: another was first; the message names its run.
            UnknownRequest: there is no such request.
        """
        self.request(request_id)
        claim = Claim(request_id, run_id, runner_id, claimed_at)
        if create_once(self._claim_file(request_id), _line(asdict(claim))):
            return claim
        standing = self.claim_of(request_id)
        holder = f"run {standing.run_id} by {standing.runner_id}" if standing else "another run"
        raise AlreadyClaimed(f"request {request_id} was accepted by {holder}")

    def claim_of(self, request_id: str) -> Claim | None:
        """Who accepted a request, or None."""
        file = self._claim_file(request_id)
        try:
            value = parse_json(file.read_bytes(), file)
            return Claim(**value)
        except FileNotFoundError:
            return None
        except TypeError as error:
            raise InvalidContent(f"not a claim: {error}", place=Place(file)) from error

    def deliver(self, result: Artifact[RunResult]) -> bool:
        """Deliver the result of one attempt; the first delivery of an attempt stands.

        Returns:
            True if this call delivered it, False if a result of this attempt was there.
        """
        content = result.content
        self._request_file(content.run_request_id)
        file = self.folder / "results" / content.run_request_id / f"{content.attempt:04d}.json"
        return create_once(file, result.to_bytes())

    def results(self, request_id: str) -> list[Artifact[RunResult]]:
        """Every delivered result of a request, verified, first attempt first."""
        self._request_file(request_id)
        files = sorted((self.folder / "results" / request_id).glob("[0-9]*.json"))
        return [read_file(RUN_RESULT, file) for file in files]

    def _key_file(self, idempotency_key: str) -> Path:
        return self.folder / "keys" / f"{idempotency_key.removeprefix('sha256:')}.json"

    def _holder_of(self, idempotency_key: str) -> str | None:
        file = self._key_file(idempotency_key)
        try:
            held = parse_json(file.read_bytes(), file)
        except FileNotFoundError:
            return None
        if not isinstance(held, dict) or not isinstance(held.get("request_id"), str):
            raise InvalidContent("does not say which request holds the key", place=Place(file))
        return str(held["request_id"])

    def _request_file(self, request_id: str) -> Path:
        if not is_id(request_id, EXECUTION_REQUEST.id_prefix):
            raise UnknownRequest(f"{request_id[:80]!r} is not the id of a request")
        return self.folder / "requests" / f"{request_id}.json"

    def _claim_file(self, request_id: str) -> Path:
        self._request_file(request_id)
        return self.folder / "claims" / f"{request_id}.json"


def _what_is_asked(request: ExecutionRequest) -> dict[str, object]:
    """What two requests of one key must agree on: all but who correlates them and where copies lie."""
    asked = request.model_dump(mode="json", exclude={"correlation_id", "reporting"})
    for name in ("brief", "prompt_pack", "gate_overlay", "evidence_plan"):
        asked[name] = asked[name]["digest"]
    return asked


def _line(value: dict[str, str]) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode()
