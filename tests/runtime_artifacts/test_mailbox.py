"""A request is posted once, claimed once, and answered once an attempt, whoever dies in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime_artifacts.envelope import Artifact, content_digest
from runtime_artifacts.errors import (
    AlreadyClaimed,
    ArtifactError,
    DigestMismatch,
    InvalidContent,
    KeyConflict,
    ShelfConflict,
    UnknownRequest,
)
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.identity import new_id
from runtime_artifacts.kinds import read_as
from runtime_artifacts.mailbox import Mailbox
from runtime_artifacts.run_result import RUN_RESULT, RunResult
from tests.contract.golden_story import tell
from tests.runtime_artifacts.racing import leftovers, race

TIME = "2026-03-02T12:00:00.000000Z"
Request = Artifact[ExecutionRequest]
GOLDEN_REQUEST = json.loads(tell()["foundry_execution_request"].to_bytes())
GOLDEN_RESULT = json.loads(tell()["foundry_run_result"].to_bytes())


def request(id: str | None = None, payload: Any = None, **content: Any) -> Request:
    """A request like the golden one, under the key that follows from it."""
    document = json.loads(json.dumps(GOLDEN_REQUEST))
    document["id"] = id or new_id("runreq")
    document["content"] |= content
    if payload is not None:
        document["content"]["foundry"]["payload"] = payload
    key = ExecutionRequest.model_validate(document["content"]).derived_key()
    document["content"]["idempotency_key"] = key
    document["digest"] = content_digest(document["schema"], document["content"])
    return read_as(EXECUTION_REQUEST, json.dumps(document).encode())


def result(of: Request, attempt: int = 1, status: str = "completed") -> Artifact[RunResult]:
    """A result of one attempt."""
    document = json.loads(json.dumps(GOLDEN_RESULT))
    document["id"] = new_id("result")
    document["content"] |= {"run_request_id": of.id, "attempt": attempt, "status": status}
    document["digest"] = content_digest(document["schema"], document["content"])
    return read_as(RUN_RESULT, json.dumps(document).encode())


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    """An empty mailbox whose folder does not exist."""
    return Mailbox(tmp_path / "mailbox")


def files(mailbox: Mailbox) -> list[str]:
    """Every file of a mailbox."""
    return sorted(
        str(each.relative_to(mailbox.folder)) for each in mailbox.folder.rglob("*") if each.is_file()
    )


def test_a_posted_request_is_there_for_the_runner(mailbox: Mailbox) -> None:
    posted = request()

    assert not mailbox.post(posted).deduplicated
    assert list(mailbox.requests()) == [posted] == [mailbox.holder_of(posted.content.idempotency_key)]
    assert mailbox.request(posted.id) == posted


def test_posting_again_answers_with_the_first_request(mailbox: Mailbox) -> None:
    first = request()
    mailbox.post(first)

    again = mailbox.post(request(correlation_id="another", reporting={"callback": "x"}))

    assert (again.request, again.deduplicated) == (first, True)
    assert list(mailbox.requests()) == [first]
    assert len(files(mailbox)) == 2
    assert not mailbox.post(first).deduplicated, "the same request, sent twice by its transport"


def test_where_copies_lie_and_what_the_revision_is_called_ask_for_nothing_else(mailbox: Mailbox) -> None:
    mailbox.post(request())
    moved = {**GOLDEN_REQUEST["content"]["brief"], "local_path": "elsewhere.json"}
    approvals = [{**each, "local_path": None} for each in GOLDEN_REQUEST["content"]["approvals"]]
    repo = {**GOLDEN_REQUEST["content"]["repo"], "branch": "other"}

    assert mailbox.post(request(brief=moved, approvals=approvals, repo=repo)).deduplicated


@pytest.mark.parametrize("approvals", [[], [GOLDEN_REQUEST["content"]["brief"]]], ids=["fewer", "others"])
def test_what_was_approved_since_asks_for_nothing_else(mailbox: Mailbox, approvals: list[Any]) -> None:
    first = request()
    mailbox.post(first)

    again = mailbox.post(request(approvals=approvals))

    assert (again.request, again.deduplicated) == (first, True)
    assert list(mailbox.requests()) == [first]


@pytest.mark.parametrize("other", [{"drift_policy": "allow_descendant"}], ids=str)
def test_the_same_key_for_something_else_is_a_conflict(mailbox: Mailbox, other: dict[str, Any]) -> None:
    first = request()
    mailbox.post(first)
    before = files(mailbox)

    with pytest.raises(
        KeyConflict, match=f"is held by {first.id}, which asks for something else; record an override"
    ):
        mailbox.post(request(**other))
    assert files(mailbox) == before


def test_an_override_is_a_request_of_its_own_once(mailbox: Mailbox) -> None:
    first = request()
    mailbox.post(first)
    override = {"by": "principal:mira", "at": TIME, "why": "the network failed", "of_request": first.id}

    assert not mailbox.post(request(override=override)).deduplicated
    assert mailbox.post(request(override=override)).deduplicated


def test_another_payload_is_another_request(mailbox: Mailbox) -> None:
    mailbox.post(request(payload={"a": None}))

    assert not mailbox.post(request(payload={})).deduplicated


def test_an_id_names_one_request(mailbox: Mailbox) -> None:
    first = request()
    mailbox.post(first)
    before = files(mailbox)

    with pytest.raises(ShelfConflict, match="another request stands under this id"):
        mailbox.post(request(id=first.id, payload={"other": True}))
    assert files(mailbox) == before
    assert list(mailbox.requests()) == [first]


def _post(folder: Path, posted: Request) -> str:
    return Mailbox(folder).post(posted).request.id


def test_of_two_posters_of_one_key_at_once_one_request_comes(mailbox: Mailbox) -> None:
    pairs = [(request(payload={"n": n}), request(payload={"n": n})) for n in range(30)]

    answers = race(_post, [((mailbox.folder, one), (mailbox.folder, other)) for one, other in pairs])

    for (one, other), (first, second) in zip(pairs, answers, strict=True):
        assert first == second
        assert first in {one.id, other.id}
    assert [each.id for each in mailbox.requests()] == sorted(first for first, _ in answers)
    assert not leftovers(mailbox.folder)


def _claim(folder: Path, request_id: str, run_id: str) -> str:
    return Mailbox(folder).claim(request_id, run_id, "runner:laptop", TIME).run_id


def test_of_two_claimants_at_once_one_wins(mailbox: Mailbox) -> None:
    posted = [request(payload={"n": n}) for n in range(30)]
    for each in posted:
        mailbox.post(each)

    answers = race(
        _claim, [((mailbox.folder, each.id, "run_a"), (mailbox.folder, each.id, "run_b")) for each in posted]
    )

    for each, answer in zip(posted, answers, strict=True):
        assert "AlreadyClaimed" in answer
        winner = mailbox.claim_of(each.id)
        assert winner is not None
        assert set(answer) == {"AlreadyClaimed", winner.run_id}


def test_the_loser_is_told_who_won(mailbox: Mailbox) -> None:
    posted = request()
    mailbox.post(posted)
    mailbox.claim(posted.id, "run_1", "runner:laptop", TIME)

    with pytest.raises(AlreadyClaimed, match=r"was accepted by run run_1 by runner:laptop"):
        mailbox.claim(posted.id, "run_2", "runner:server", TIME)


class TestAfterACrash:
    """Each state that a dead process can leave is understood by the next."""

    def test_a_request_without_its_key_was_never_posted(self, mailbox: Mailbox) -> None:
        orphan = self.orphan(mailbox)

        assert list(mailbox.requests()) == []
        assert mailbox.holder_of(orphan.content.idempotency_key) is None
        with pytest.raises(UnknownRequest, match="does not hold its key; post it again"):
            mailbox.claim(orphan.id, "run_1", "runner:laptop", TIME)

    def test_posting_it_again_completes_it(self, mailbox: Mailbox) -> None:
        orphan = self.orphan(mailbox)

        assert not mailbox.post(orphan).deduplicated
        assert list(mailbox.requests()) == [orphan]

    def test_another_request_of_the_same_key_takes_its_place_and_it_never_runs(
        self, mailbox: Mailbox
    ) -> None:
        orphan, other = self.orphan(mailbox), request()

        assert mailbox.post(other).request == other
        assert list(mailbox.requests()) == [other]
        with pytest.raises(UnknownRequest):
            mailbox.claim(orphan.id, "run_1", "runner:laptop", TIME)
        assert mailbox.post(orphan).request == other
        assert len(files(mailbox)) == 2

    def test_a_claim_without_a_result_stays_a_claim(self, mailbox: Mailbox) -> None:
        posted = request()
        mailbox.post(posted)
        claim = mailbox.claim(posted.id, "run_1", "runner:laptop", TIME)

        assert mailbox.claim_of(posted.id) == claim
        assert mailbox.results(posted.id) == []

    @staticmethod
    def orphan(mailbox: Mailbox) -> Request:
        """A request whose poster died before it wrote the key."""
        orphan = request()
        mailbox.post(orphan)
        mailbox._key_file(orphan.content.idempotency_key).unlink()
        return orphan


def test_a_result_is_delivered_once_an_attempt(mailbox: Mailbox) -> None:
    posted = request()
    mailbox.post(posted)
    first = result(posted)

    assert mailbox.deliver(first)
    assert not mailbox.deliver(result(posted, status="completed_with_findings"))
    assert mailbox.deliver(second := result(posted, attempt=2))
    assert mailbox.results(posted.id) == [first, second]


def test_results_come_in_the_order_of_attempts_however_many(mailbox: Mailbox) -> None:
    posted = request()
    mailbox.post(posted)
    for attempt in (10_000, 9_999, 2, 10):
        mailbox.deliver(result(posted, attempt))

    assert [each.content.attempt for each in mailbox.results(posted.id)] == [2, 10, 9_999, 10_000]


def _deliver(folder: Path, of: Request, status: str) -> bool:
    return Mailbox(folder).deliver(result(of, status=status))


def test_of_two_results_at_once_the_first_stands(mailbox: Mailbox) -> None:
    posted = [request(payload={"n": n}) for n in range(20)]
    statuses = ("completed", "completed_with_findings")

    answers = race(
        _deliver,
        [((mailbox.folder, each, statuses[0]), (mailbox.folder, each, statuses[1])) for each in posted],
    )

    for each, answer in zip(posted, answers, strict=True):
        assert sorted(answer) == [False, True]
        assert [found.content.status for found in mailbox.results(each.id)] == [statuses[answer.index(True)]]


Damage = Callable[[Mailbox, Request], None]


def _edited(mailbox: Mailbox, posted: Request) -> None:
    file = mailbox._request_file(posted.id)
    file.write_bytes(file.read_bytes().replace(b'"dry_run"', b'"full"'))


def _exchanged(mailbox: Mailbox, posted: Request) -> None:
    mailbox._request_file(posted.id).write_bytes(
        request(id=posted.id, drift_policy="allow_descendant").to_bytes()
    )


def _renamed(mailbox: Mailbox, posted: Request) -> None:
    mailbox._request_file(posted.id).write_bytes(request(payload={"other": 1}).to_bytes())


@pytest.mark.parametrize("damage", [_edited, _exchanged, _renamed])
def test_a_request_that_was_changed_after_it_was_posted_is_never_claimed(
    mailbox: Mailbox, damage: Damage
) -> None:
    posted = request()
    mailbox.post(posted)
    damage(mailbox, posted)

    for act in (
        lambda: mailbox.claim(posted.id, "run_1", "runner:laptop", TIME),
        lambda: list(mailbox.requests()),
        lambda: mailbox.holder_of(posted.content.idempotency_key),
        lambda: mailbox.post(request()),
    ):
        with pytest.raises(DigestMismatch):
            act()
    assert mailbox.claim_of(posted.id) is None


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'"x"', b"{}", b'{"request_id": 1, "digest": ""}', b'{"a":""}', b"\xff"]
)
def test_a_damaged_key_or_claim_is_a_typed_error(mailbox: Mailbox, text: bytes) -> None:
    posted = request()
    mailbox.post(posted)
    mailbox.claim(posted.id, "run_1", "runner:laptop", TIME)
    mailbox._claim_file(posted.id).write_bytes(text)
    mailbox._key_file(posted.content.idempotency_key).write_bytes(text)

    for act in (lambda: mailbox.claim_of(posted.id), lambda: mailbox.post(request())):
        with pytest.raises(ArtifactError):
            act()


def test_the_claim_of_another_request_does_not_count(mailbox: Mailbox) -> None:
    one, other = request(), request(payload={"n": 1})
    for each in (one, other):
        mailbox.post(each)
        mailbox.claim(each.id, f"run_{each.id}", "runner:laptop", TIME)
    mailbox._claim_file(one.id).write_bytes(mailbox._claim_file(other.id).read_bytes())

    with pytest.raises(InvalidContent, match="a claim of"):
        mailbox.claim_of(one.id)


def test_the_result_of_another_request_or_attempt_does_not_count(mailbox: Mailbox) -> None:
    one, other = request(), request(payload={"n": 1})
    mailbox.deliver(result(one))
    mailbox.deliver(result(other, attempt=2))
    folder = mailbox.folder / "results"
    for wrong in ("0002.json", "0001.json"):
        (folder / one.id / "0001.json").write_bytes((folder / other.id / "0002.json").read_bytes())
        (folder / other.id / "0002.json").replace(folder / other.id / wrong)
        with pytest.raises(DigestMismatch, match="the result of another request or attempt stands here"):
            mailbox.results(one.id)
        (folder / other.id / wrong).replace(folder / other.id / "0002.json")


@pytest.mark.parametrize("id", ["", "../x", "runreq_", "run_01JNAB3WC8", "runreq_x/../../y", "x" * 9999])
def test_what_is_not_the_id_of_a_request_leads_nowhere(mailbox: Mailbox, id: str) -> None:
    for act in (
        lambda: mailbox.request(id),
        lambda: mailbox.claim(id, "run_1", "runner:laptop", TIME),
        lambda: mailbox.claim_of(id),
        lambda: mailbox.results(id),
    ):
        with pytest.raises(UnknownRequest) as caught:
            act()
        assert len(str(caught.value)) < 200
    with pytest.raises(UnknownRequest):
        mailbox.holder_of("../" + id)
