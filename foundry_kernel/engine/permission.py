"""What a human has allowed a run to do, as it was verified before the run began (spec 3.8, 4.8)."""

from __future__ import annotations

from dataclasses import dataclass

from runtime_artifacts.approval import ApprovalScope


@dataclass(frozen=True)
class Permission:
    """What was allowed. By default nothing is: a block that needs something asks here, and goes without.

    Attributes:
        scopes: of approvals whose signature, subject and time were verified, or of a human's recorded override.
        commit: whether the run may commit on its own branch.
        push: whether the run may push that branch.
        by: who allowed it.
        why: in their words.
    """

    scopes: frozenset[ApprovalScope] = frozenset()
    commit: bool = False
    push: bool = False
    by: str = ""
    why: str = ""

    def as_json(self) -> dict[str, object]:
        """Plain JSON for the journal's first line."""
        return {
            "scopes": sorted(self.scopes),
            "commit": self.commit,
            "push": self.push,
            "by": self.by,
            "why": self.why,
        }
