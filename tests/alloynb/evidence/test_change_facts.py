from __future__ import annotations

from alloynb.evidence.change_facts import MOST_PATHS, commit_facts


def facts_of(paths: int, at: int = 1):
    changes = [(f"{number}.py", "added") for number in range(paths)]
    return list(
        commit_facts(
            project_id="shop", commit="c" * 40, at=at, authored_at=at, author="mel", email="", subject="",
            changes=changes,
        )
    )  # fmt: skip


def test_a_wide_commit_is_told_in_parts_of_which_none_is_lost() -> None:
    found = facts_of(2 * MOST_PATHS + 1)

    assert [fact.fact_id for fact in found] == [f"commit/shop/{'c' * 40}{part}" for part in ("", "/2", "/3")]
    told = [each["path"] for fact in found for each in fact.payload["changes"]]
    assert len(set(told)) == 2 * MOST_PATHS + 1


def test_a_time_that_no_calendar_holds_does_not_stop_the_history() -> None:
    (fact,) = facts_of(1, at=10**18)

    assert fact.occurred_at == "1970-01-01T00:00:00.000000Z"
