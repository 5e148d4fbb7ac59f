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

from runtime_artifacts.canonical import is_digest, parse_json
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import (
    AlreadyClaimed,
    DigestMismatch,
    InvalidContent,
    KeyConflict,
    Place,
    ShelfConflict,
    UnknownRequest,
)
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.identity import is_id
from runtime_artifacts.kinds import read_file
from runtime_artifacts.run_result import RUN_RESULT, RunResult
from runtime_artifacts.untrusted_file import read_untrusted
from runtime_artifacts.write_once import create_once

_Request = Artifact[ExecutionRequest]


@dataclass(frozen=True)
class Claim:
    """One runner's acceptance of one request."""

    request_id: str
    run_id: str
    runner_id: str
    claimed_at: str


@dataclass(frozen=True)
class _Holder:
    """The request that holds an idempotency key."""

    request_id: str
    digest: str


@dataclass(frozen=True)
class Posted:
    """Answer to a posting: the request that holds the key, and whether it was there before."""

    request: _Request
    deduplicated: bool


class Mailbox:
    """Requests, claims and results below one folder."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self.folder = folder

    def post(self, request: _Request) -> Posted:
        """Post a request, unless its idempotency key was posted before: then the earlier request is the answer.

        A poster that died between the request and its key posts again, with the same request or another.

        Raises:
            InvalidContent: the key does not follow from what is asked.
            KeyConflict: the key was taken by a request for something else.
            ShelfConflict: another request stands under this id.
            DigestMismatch: the earlier request was changed after it was posted.
            OSError: it cannot be written.
        """
        _check_key(request.content)
        file = self._request_file(request.id)
        if not create_once(file, request.to_bytes()) and self.request(request.id).digest != request.digest:
            raise ShelfConflict("another request stands under this id", place=Place(file))
        key_file = self._key_file(request.content.idempotency_key)
        if create_once(key_file, _line(_Holder(request.id, request.digest))):
            return Posted(request, deduplicated=False)
        earlier = self.holder_of(request.content.idempotency_key)
        if earlier is None:
            raise UnknownRequest("the key was removed while the request was posted", place=Place(key_file))
        if earlier.id == request.id:
            return Posted(earlier, deduplicated=False)
        file.unlink(missing_ok=True)
        if what_is_asked(earlier.content) != what_is_asked(request.content):
            raise KeyConflict(
                f"idempotency key {request.content.idempotency_key} is held by {earlier.id}, which asks for "
                "something else",
                place=Place(key_file),
                next_step="record an override to run it again",
            )
        return Posted(earlier, deduplicated=True)

    def request(self, request_id: str) -> _Request:
        """Take one request, verified, whether its key was posted or not.

        Raises:
            UnknownRequest: there is none of this id.
            DigestMismatch, MalformedDocument, UnknownSchema, InvalidContent, UnsafePath: it was changed or is damaged.
        """
        file = self._request_file(request_id)
        if not file.is_file():
            raise UnknownRequest(f"no request {request_id} in {self.folder}")
        found = read_file(EXECUTION_REQUEST, file)
        if found.id != request_id:
            raise DigestMismatch(f"expected {request_id}, found {found.id}", place=Place(file, "/id"))
        return found

    def requests(self) -> Iterator[_Request]:
        """Yield every request that holds its key, verified, oldest first.

        A request without its key was never posted: its poster died in between, and will post again.

        Raises:
            DigestMismatch, MalformedDocument, UnknownSchema, InvalidContent, UnsafePath: a file was changed.
        """
        for file in sorted((self.folder / "requests").glob("runreq_*.json")):
            request = self.request(file.stem)
            if self._holds_its_key(request):
                yield request

    def holder_of(self, idempotency_key: str) -> _Request | None:
        """The request that was posted under a key, verified, or None.

        Raises:
            DigestMismatch: it is not the request that was posted.
        """
        held = self._holder_of(idempotency_key)
        if held is None:
            return None
        request = self.request(held.request_id)
        return request if self._holds_its_key(request) else None

    def claim(self, request_id: str, run_id: str, runner_id: str, claimed_at: str) -> Claim:
        """Accept a request for a run; of several runners exactly one succeeds.

        Raises:
            AlreadyClaimed: another was first; the message names its run.
            UnknownRequest: there is no such request, or its posting was never completed.
        """
        if not self._holds_its_key(self.request(request_id)):
            raise UnknownRequest(f"request {request_id} does not hold its key", next_step="post it again")
        claim = Claim(request_id, run_id, runner_id, claimed_at)
        if create_once(self._claim_file(request_id), _line(claim)):
            return claim
        standing = self.claim_of(request_id)
        holder = f"run {standing.run_id} by {standing.runner_id}" if standing else "another run"
        raise AlreadyClaimed(f"request {request_id} was accepted by {holder}")

    def claim_of(self, request_id: str) -> Claim | None:
        """Who accepted a request, or None.

        Raises:
            MalformedDocument, InvalidContent: the file was changed.
        """
        file = self._claim_file(request_id)
        try:
            claim = Claim(**_texts(file))
        except FileNotFoundError:
            return None
        except TypeError as error:
            raise InvalidContent(f"not a claim: {error}", place=Place(file)) from error
        if claim.request_id != request_id:
            raise InvalidContent(f"a claim of {claim.request_id[:80]!r}", place=Place(file, "/request_id"))
        return claim

    def deliver(self, result: Artifact[RunResult]) -> bool:
        """Deliver the result of one attempt; the first delivery of an attempt stands.

        Returns:
            True if this call delivered it, False if a result of this attempt was there.
        """
        content = result.content
        self._request_file(content.run_request_id)
        file = self.folder / "results" / content.run_request_id / _result_name(content)
        return create_once(file, result.to_bytes())

    def results(self, request_id: str) -> list[Artifact[RunResult]]:
        """Every delivered result of a request, verified, first attempt first.

        Raises:
            DigestMismatch, MalformedDocument, UnknownSchema, InvalidContent, UnsafePath: a file was changed.
        """
        self._request_file(request_id)
        found = []
        for file in (self.folder / "results" / request_id).glob("[0-9]*.json"):
            result = read_file(RUN_RESULT, file)
            if (result.content.run_request_id, _result_name(result.content)) != (request_id, file.name):
                raise DigestMismatch(
                    "the result of another request or attempt stands here", place=Place(file)
                )
            found.append(result)
        return sorted(found, key=lambda each: each.content.attempt)

    def _holds_its_key(self, request: _Request) -> bool:
        held = self._holder_of(request.content.idempotency_key)
        if held is None or held.request_id != request.id:
            return False
        if held.digest != request.digest:
            raise DigestMismatch(
                f"request {request.id}: expected {held.digest}, found {request.digest}",
                place=Place(self._request_file(request.id)),
                next_step="it was exchanged after it was posted; find out by whom",
            )
        return True

    def _holder_of(self, idempotency_key: str) -> _Holder | None:
        file = self._key_file(idempotency_key)
        try:
            return _Holder(**_texts(file))
        except FileNotFoundError:
            return None
        except TypeError as error:
            raise InvalidContent("does not say which request holds the key", place=Place(file)) from error

    def _key_file(self, idempotency_key: str) -> Path:
        if not is_digest(idempotency_key):
            raise UnknownRequest(f"{idempotency_key[:80]!r} is not an idempotency key")
        return self.folder / "keys" / f"{idempotency_key.removeprefix('sha256:')}.json"

    def _request_file(self, request_id: str) -> Path:
        if not is_id(request_id, EXECUTION_REQUEST.id_prefix):
            raise UnknownRequest(f"{request_id[:80]!r} is not the id of a request")
        return self.folder / "requests" / f"{request_id}.json"

    def _claim_file(self, request_id: str) -> Path:
        self._request_file(request_id)
        return self.folder / "claims" / f"{request_id}.json"


def _check_key(request: ExecutionRequest) -> None:
    expected = request.derived_key()
    if request.idempotency_key != expected:
        raise InvalidContent(
            f"the idempotency key of what is asked is {expected}, not {request.idempotency_key}",
            place=Place(pointer="/content/idempotency_key"),
        )


def _result_name(result: RunResult) -> str:
    return f"{result.attempt:04d}.json"


def what_is_asked(request: ExecutionRequest) -> dict[str, object]:
    """What two requests of one key must agree on: all but correlation, places of copies, label of the revision.

    Approvals say themselves what they are for, and may come after the request; they do not change what is asked.
    """
    asked = request.model_dump(mode="json", exclude={"correlation_id", "reporting", "approvals"})
    for name in ("brief", "prompt_pack", "gate_overlay", "evidence_plan"):
        asked[name] = asked[name]["digest"]
    asked["repo"].pop("branch", None)  # a label of the revision, which is what counts
    return asked


def _texts(file: Path) -> dict[str, str]:
    """A small object of texts.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: it is something else.
    """
    value = parse_json(read_untrusted(file), file)
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise TypeError("an object of texts is needed")
    return value


def _line(value: Claim | _Holder) -> bytes:
    return (json.dumps(asdict(value), ensure_ascii=False) + "\n").encode()
