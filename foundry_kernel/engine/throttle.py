"""The throttle: set once at the entry event, carried by every event (spec 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runtime_artifacts.envelope import Throttle

BlockKind = Literal["observer", "mutator"]


@dataclass(frozen=True)
class Decision:
    """What a throttle means for one execution of one block.

    Attributes:
        run: the block's work is done; otherwise its `dry_run_events` stand for it.
        deliver: blocks act on what it emits; otherwise it is only recorded and broadcast.
    """

    run: bool
    deliver: bool


def decide(throttle: Throttle, kind: BlockKind) -> Decision:
    """Decide what happens with a block.

    ============  ==========================  ==============================================
    throttle      observer                    mutator
    ============  ==========================  ==============================================
    full          runs, events delivered      runs, events delivered
    audit_only    runs, events delivered      runs, events recorded but not delivered
    dry_run       runs, events delivered      does not run, its dry-run events are delivered
    ============  ==========================  ==============================================

    Events are always recorded.
    """
    if kind == "observer" or throttle == "full":
        return Decision(run=True, deliver=True)
    return Decision(run=throttle != "dry_run", deliver=throttle == "dry_run")
