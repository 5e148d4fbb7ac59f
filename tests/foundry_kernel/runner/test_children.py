"""A request is executed in a process of its own, which ends with its runner and not with the database."""

from __future__ import annotations

from pathlib import Path

from foundry_kernel.runner.backends.backend import Holding, QueueUnreachable, Wish, work_of
from foundry_kernel.runner.children import ChildExecutor
from tests.foundry_kernel.runner.tiny_workspace import gate, make_workspace, reseal


def test_a_database_that_is_gone_for_a_while_ends_no_run(tmp_path: Path) -> None:
    tiny = make_workspace(tmp_path / "tiny", overlay_gates=[gate("slow", "sleep", "2")])
    tiny.workspace.mailbox.post(tiny.request)
    asked = []

    def wish() -> Wish | None:
        asked.append(1)
        if len(asked) < 10:
            raise QueueUnreachable("the queue cannot be used: connection refused")
        return None

    work = work_of(tiny.request, (), changes=False)
    finished = ChildExecutor(tiny.workspace).execute(work, Holding(work.key, 1), wish)

    assert len(asked) > 10
    assert finished.status == "completed", finished


def test_what_was_run_here_before_under_another_request_is_the_answer(tmp_path: Path) -> None:
    tiny = make_workspace(tmp_path / "tiny")
    executor, key = ChildExecutor(tiny.workspace), tiny.request.content.idempotency_key
    first = work_of(tiny.request, (), changes=False)
    executor.materialize(first)
    ran = executor.execute(first, Holding(key, 1), lambda: None)
    again = reseal(tiny.request.content)
    second = work_of(again, (), changes=False)
    executor.materialize(second)
    answered = executor.execute(second, Holding(key, 1), lambda: None)

    assert ran.result is not None
    assert answered.result == ran.result
    assert answered.run_id == ran.run_id
    assert len(list(tiny.workspace.runs.glob("run_*"))) == 1


def test_a_result_names_the_runner_that_executed_it(tmp_path: Path) -> None:
    tiny = make_workspace(tmp_path / "tiny")
    work = work_of(tiny.request, (), changes=False)
    executor = ChildExecutor(tiny.workspace, "runner_near")
    executor.materialize(work)
    ran = executor.execute(work, Holding(work.key, 1), lambda: None)

    assert ran.result is not None
    assert ran.result["content"]["runner_id"] == "runner_near"
    assert ran.result["created_by"] == "runner_near"
