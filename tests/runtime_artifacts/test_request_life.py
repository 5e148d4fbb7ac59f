"""Whatever is said to a request by whomever, it has at most one end, and one holder at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime_artifacts.errors import InvalidContent, UnknownRequest
from runtime_artifacts.identity import new_id
from runtime_artifacts.life_files import RequestLives
from runtime_artifacts.request_life import IllegalStep, LifeStep, RequestLife, life_of
from tests.runtime_artifacts.racing import race

AT = "2026-03-02T12:00:00.000000Z"
REQUEST = "runreq_01K00000000000000000000001"
RUNNERS = ("runner_a", "runner_b")


def accepted(number: int = 1, by: str = "runner_a", lease_s: float = 30.0) -> LifeStep:
    return LifeStep(
        kind="accepted",
        at=AT,
        by=by,
        lease=number,
        lease_id=new_id("lease"),
        lease_s=lease_s,
        run_id=new_id("run"),
    )


def step(kind: str, lease: int | None = None, by: str = "runner_a", **more: object) -> LifeStep:
    return LifeStep.model_validate({"kind": kind, "at": AT, "by": by, "lease": lease, **more})


def ended(lease: int | None = None, status: str = "completed") -> LifeStep:
    return step("ended", lease, status=status)


ANY_STEP = st.one_of(
    st.builds(accepted, st.integers(1, 4), st.sampled_from(RUNNERS)),
    st.builds(
        step,
        st.sampled_from(("started", "handed_back", "expired")),
        st.integers(1, 4),
        st.sampled_from(RUNNERS),
    ),
    st.builds(step, st.just("cancel_asked"), st.none(), st.just("ada")),
    st.builds(
        ended,
        st.one_of(st.none(), st.integers(1, 4)),
        st.sampled_from(("completed", "failed", "stopped", "cancelled")),
    ),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(ANY_STEP, max_size=25))
def test_no_order_of_messages_gives_a_request_two_ends_or_two_holders(said: list[LifeStep]) -> None:
    life = RequestLife(REQUEST)
    for each in said:
        try:
            life = life.after(each)
        except IllegalStep:
            continue
        assert sum(one.kind == "ended" for one in life.steps) <= 1
        assert sum(lease.ended_by is None for lease in life.leases) <= 1
        assert (life.end is not None) == (life.state == "ended") == (life.steps[-1].kind == "ended")

    assert life_of(REQUEST, life.steps) == life
    if life.end is not None:
        assert life.end is life.steps[-1]
        with pytest.raises(IllegalStep):
            life.after(step("cancel_asked"))


@settings(max_examples=100, deadline=None)
@given(st.lists(ANY_STEP, max_size=12))
def test_every_request_can_still_be_brought_to_its_end(said: list[LifeStep]) -> None:
    life = RequestLife(REQUEST)
    for each in said:
        try:
            life = life.after(each)
        except IllegalStep:
            continue
    if life.open_lease is not None:
        life = life.after(step("expired", life.open_lease.number))
    if life.end is None:
        life = life.after(ended(status="cancelled"))

    assert life.state == "ended"


def test_a_runner_that_was_given_up_cannot_end_what_another_works_on() -> None:
    life = life_of(REQUEST, [accepted(1), step("started", 1), step("expired", 1), accepted(2, "runner_b")])

    with pytest.raises(IllegalStep, match="not the one that counts"):
        life.after(ended(1))
    assert life.after(ended(2)).state == "ended"
    assert life.runner_retries == 1


def test_work_that_arrives_late_counts_while_nobody_else_took_it_up() -> None:
    life = life_of(REQUEST, [accepted(1), step("started", 1), step("expired", 1)])

    assert life.state == "waiting"
    assert life.after(ended(1)).state == "ended"


def test_what_was_handed_back_is_not_ended_by_who_handed_it_back() -> None:
    life = life_of(REQUEST, [accepted(1), step("handed_back", 1)])

    with pytest.raises(IllegalStep):
        life.after(ended(1))


def test_nobody_takes_up_what_shall_end() -> None:
    with pytest.raises(IllegalStep, match="asked for its end"):
        life_of(REQUEST, [step("cancel_asked", by="ada"), accepted(1)])


@pytest.fixture
def lives(tmp_path: Path) -> RequestLives:
    """No lives yet, in a folder that does not exist."""
    return RequestLives(tmp_path / "mailbox")


def test_a_request_that_nobody_touched_waits(lives: RequestLives) -> None:
    assert lives.life(REQUEST).state == "waiting"
    assert not lives.has_ended(REQUEST)
    assert list(lives.touched()) == []


def _accept(folder: Path, request_id: str, runner: str) -> str:
    def decide(life: RequestLife) -> LifeStep | None:
        return accepted(len(life.leases) + 1, runner)

    return RequestLives(folder).add(request_id, decide).leases[-1].runner_id


def test_of_two_runners_at_once_one_gets_the_lease(lives: RequestLives) -> None:
    ids = [new_id("runreq") for _ in range(10)]
    rounds = [((lives.folder, each, "runner_a"), (lives.folder, each, "runner_b")) for each in ids]

    for request_id, answers in zip(ids, race(_accept, rounds), strict=True):
        assert sorted(answers, key=lambda each: each != "IllegalStep")[0] == "IllegalStep"
        assert [lease.runner_id for lease in lives.life(request_id).leases] == [
            each for each in answers if each != "IllegalStep"
        ]


def test_a_lease_holds_from_the_last_time_its_holder_was_heard(lives: RequestLives) -> None:
    life = lives.add(REQUEST, lambda _: accepted(1, lease_s=30.0))
    began = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    assert lives.holds_until(life.leases[0]) == began + timedelta(seconds=30)
    lives.beat(life.leases[0], began + timedelta(seconds=20))
    assert lives.holds_until(life.leases[0]) == began + timedelta(seconds=50)


def test_an_end_is_known_although_who_ended_it_died_before_noting_it(lives: RequestLives) -> None:
    lives.add(REQUEST, lambda _: ended(status="cancelled"))
    (lives.folder / "ended" / REQUEST).unlink()

    assert lives.has_ended(REQUEST)
    assert (lives.folder / "ended" / REQUEST).exists()


def test_a_life_that_was_tampered_with_is_refused_with_the_file(lives: RequestLives) -> None:
    lives.add(REQUEST, lambda _: accepted(1))
    file = lives.folder / "lives" / REQUEST / "0001.json"
    file.write_text('{"kind": "ended", "at": "yesterday", "by": "x"}')

    with pytest.raises(InvalidContent, match=r"0001\.json"):
        lives.life(REQUEST)
    file.rename(file.with_name("0003.json"))
    with pytest.raises(InvalidContent, match="step 3 where 1 is next"):
        lives.life(REQUEST)
    with pytest.raises(UnknownRequest):
        lives.life("../../etc")
