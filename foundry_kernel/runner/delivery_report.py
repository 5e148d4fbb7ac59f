"""From a journal's facts to what a run changed, committed and pushed (spec 3.7, 4.8). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import CommitMade


@dataclass(frozen=True)
class Delivery:
    """What a run did to its branch.

    Attributes:
        commits: in order.
        changed_files: every path that was changed in the run's own tree, sorted, whether or not it was committed.
    """

    commits: tuple[CommitMade, ...] = ()
    changed_files: tuple[str, ...] = ()

    @property
    def branch(self) -> str | None:
        """Branch that the commits are on."""
        return self.commits[-1].branch if self.commits else None

    @property
    def revision_after(self) -> str | None:
        """The last commit."""
        return self.commits[-1].commit if self.commits else None


def delivery_of(facts: Sequence[Fact]) -> Delivery:
    """Read it from what really happened; simulated events count for nothing."""
    pushes = {payload.get("commit"): payload for payload in _real(facts, "project_changes_pushed")}
    commits = tuple(
        _commit(payload, pushes.get(payload["commit"]))
        for payload in _real(facts, "project_changes_committed")
        if payload.get("commit")
    )
    changed = {
        path for payload in _real(facts, "execution_completed") for path in payload.get("changed_files", ())
    }
    return Delivery(commits, tuple(sorted(changed)))


def questions_of(facts: Sequence[Fact]) -> tuple[str, ...]:
    """What a plan asked of a human before anything was done, each once."""
    asked = (
        question for payload in _real(facts, "plan_completed") for question in payload.get("questions", ())
    )
    return tuple(dict.fromkeys(asked))


def _commit(committed: dict[str, Any], push: dict[str, Any] | None) -> CommitMade:
    pushed = push is not None and bool(push.get("success")) and bool(push.get("remote"))
    outcome = "not tried" if push is None else str(push.get("reason") or f"pushed to {push.get('remote')}")
    return CommitMade(
        commit=committed["commit"],
        branch=committed.get("branch", ""),
        subject=committed.get("subject", ""),
        pushed=pushed,
        push_outcome=outcome,
    )


def _real(facts: Iterable[Fact], event_type: str) -> list[dict[str, Any]]:
    return [
        fact.payload
        for fact in facts
        if fact.kind == "event" and fact.event_type == event_type and not fact.simulated
    ]
