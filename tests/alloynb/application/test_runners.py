"""A runner is let in by a person, known by a key that nobody else can guess, and shut out for good."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alloynb.application.runners import (
    RegisterRunner,
    RevokeRunner,
    Runner,
    RunnerNameTaken,
    RunnerRevoked,
    UnknownRunner,
    WrongKey,
    authenticate_runner,
    find_runner,
    register_runner,
    revoke_runner,
    runners,
)
from alloynb.application.wrong_keys import TooManyWrongKeys, WrongKeys
from alloynb.errors import AlloyError
from alloynb.intent.authority import Principal
from alloynb.intent.errors import MissingAuthority
from tests.fakes.evidence_store import TickingClock
from tests.fakes.remote_runner import Shared, shared_alloy


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    """A shared shop."""
    return shared_alloy(tmp_path / "shop")


def test_the_key_is_shown_once_and_is_kept_nowhere(shared: Shared) -> None:
    runner = shared.register("near")
    key = shared.keys["near"]
    everything = b"".join(
        file.read_bytes() for file in shared.workspace.alloy_dir.rglob("*") if file.is_file()
    )

    assert key.encode() not in everything
    known = authenticate_runner(
        shared.workspace, runner.runner_id, key, source="here", wrong_keys=WrongKeys(shared.workspace.clock)
    )
    assert (known.name, known.projects, known.trusted_for_mutation) == ("near", ("shop",), False)


def test_a_name_belongs_to_one_runner(shared: Shared) -> None:
    shared.register("near")
    with pytest.raises(RunnerNameTaken):
        shared.register("near")
    with pytest.raises(AlloyError, match="cannot be the name"):
        shared.register("../near")
    assert [each.name for each in runners(shared.workspace)] == ["near"]


def test_who_may_not_manage_runners_lets_nobody_in(shared: Shared) -> None:
    (shared.workspace.alloy_dir / "authority.yaml").write_text("principals:\n  ada: [manage_runners]\n")
    opened = shared.governed.reopened()
    register_runner(opened, RegisterRunner("near"))
    ben = type(opened)(opened.root, opened.settings, Principal("ben"), opened.clock)

    with pytest.raises(MissingAuthority):
        register_runner(ben, RegisterRunner("his"))
    with pytest.raises(MissingAuthority):
        revoke_runner(ben, RevokeRunner("near"))


def test_a_revoked_runner_is_refused_with_its_right_key(shared: Shared) -> None:
    runner = shared.register("near")
    revoke_runner(shared.workspace, RevokeRunner("near", "the laptop was sold"))
    revoke_runner(shared.workspace, RevokeRunner("near", "again"))

    with pytest.raises(RunnerRevoked, match="revoked by ada"):
        authenticate_runner(
            shared.workspace,
            runner.runner_id,
            shared.keys["near"],
            source="here",
            wrong_keys=WrongKeys(shared.workspace.clock),
        )
    told = shared.workspace.warehouse.query("SELECT step, why FROM runner_events ORDER BY happened_at").rows
    assert [tuple(row) for row in told] == [("registered", None), ("revoked", "the laptop was sold")]
    with pytest.raises(UnknownRunner):
        revoke_runner(shared.workspace, RevokeRunner("nobody"))


def test_a_key_that_is_guessed_ten_thousand_times_is_refused_and_told_without_filling_the_disk(
    shared: Shared,
) -> None:
    runner, clock = shared.register("near"), TickingClock()
    wrong_keys, looked_at, waits = WrongKeys(clock), 0, []
    for number in range(10_000):
        try:
            authenticate_runner(
                shared.workspace,
                runner.runner_id,
                f"guess {number}",
                source="10.0.0.9",
                wrong_keys=wrong_keys,
            )
        except TooManyWrongKeys as error:
            waits.append(error.retry_after_s)
        except WrongKey:
            looked_at += 1

    assert looked_at == 10
    assert min(waits) >= 1
    told = shared.workspace.warehouse.query(
        "SELECT step, times, source FROM runner_events WHERE step <> 'registered' ORDER BY times"
    ).rows
    assert [tuple(row) for row in told[-2:]] == [
        ("rate_limited", 1_000, "10.0.0.9"),
        ("rate_limited", 10_000, "10.0.0.9"),
    ]
    assert len(told) == 13
    same = authenticate_runner(
        shared.workspace, runner.runner_id, shared.keys["near"], source="10.0.0.2", wrong_keys=wrong_keys
    )
    assert same == find_runner(shared.workspace, "near"), "the runner itself comes from elsewhere"
    clock.advance(timedelta(seconds=61))
    with pytest.raises(WrongKey):
        authenticate_runner(
            shared.workspace, runner.runner_id, "once more", source="10.0.0.9", wrong_keys=wrong_keys
        )


def test_who_guesses_from_the_address_of_a_runner_does_not_stop_its_work(shared: Shared) -> None:
    runner, late = shared.register("near"), shared.register("late")
    clock = TickingClock()
    wrong_keys = WrongKeys(clock)

    def enter(who: Runner, key: str) -> Runner:
        return authenticate_runner(
            shared.workspace, who.runner_id, key, source="the proxy", wrong_keys=wrong_keys
        )

    enter(runner, shared.keys["near"])
    for number in range(20):
        with pytest.raises((WrongKey, TooManyWrongKeys)):
            enter(runner, f"guess {number}")

    assert enter(runner, shared.keys["near"]) == runner
    with pytest.raises(TooManyWrongKeys):
        enter(late, shared.keys["near"])
    with pytest.raises(TooManyWrongKeys):
        enter(late, shared.keys["late"])
    revoke_runner(shared.workspace, RevokeRunner("near"))
    with pytest.raises(RunnerRevoked):
        enter(runner, shared.keys["near"])


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(shared: Shared) -> None:
    clock = TickingClock()
    wrong_keys = WrongKeys(clock)
    for _ in range(10):
        wrong_keys.note("10.0.0.9")
    assert wrong_keys.wait_s("10.0.0.9") > 0
    clock.advance(timedelta(days=-1))

    assert wrong_keys.wait_s("10.0.0.9") == 0


def test_it_is_not_told_whether_a_runner_exists(shared: Shared) -> None:
    runner, wrong_keys = shared.register("near"), WrongKeys(shared.workspace.clock)
    said = set()
    for runner_id in (runner.runner_id, "runner_01K00000000000000000000009", "../../etc/passwd", "\x1b[2J"):
        with pytest.raises(WrongKey) as refused:
            authenticate_runner(shared.workspace, runner_id, "x", source="a", wrong_keys=wrong_keys)
        said.add(str(refused.value))

    assert len(said) == 1
