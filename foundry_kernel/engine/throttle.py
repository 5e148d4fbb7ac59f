"""The throttle: set once at the entry event, carried by every event (spec 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runtime_artifacts.envelope import Throttle

BlockKind = Literal["observer", "mutator"]
Reach = Literal["workspace", "outside"]
"""How far a mutator's effect goes: files of the run's own work tree and folder, or anything beyond them (a ref, the
network, another folder)."""


@dataclass(frozen=True)
class Decision:
    """What a throttle means for one execution of one block.

    Attributes:
        run: the block's work is done; otherwise its `dry_run_events` stand for it.
        deliver: blocks act on what it emits; otherwise it is only recorded and broadcast.
    """

    run: bool
    deliver: bool


def decide(throttle: Throttle, kind: BlockKind, reach: Reach = "workspace") -> Decision:
    """Decide what happens with a block.

    ============  =======================  =======================================  ===================================
    throttle      observer                 mutator that reaches its workspace       mutator that reaches outside
    ============  =======================  =======================================  ===================================
    full          runs, events delivered   runs, events delivered                   runs, events delivered
    audit_only    runs, events delivered   runs, events recorded but not delivered  does not run, its dry-run events are
                                                                                    recorded but not delivered
    dry_run       runs, events delivered   does not run, its dry-run events are     does not run, its dry-run events are
                                           delivered                                delivered
    ============  =======================  =======================================  ===================================

    Events are always recorded. Under `audit_only` the workspace is a scratch worktree, whose difference is kept as a
    patch and which is then thrown away.
    """
    if kind == "observer" or throttle == "full":
        return Decision(run=True, deliver=True)
    if throttle == "dry_run":
        return Decision(run=False, deliver=True)
    return Decision(run=reach == "workspace", deliver=False)
