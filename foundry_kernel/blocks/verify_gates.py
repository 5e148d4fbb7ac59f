"""Reads the gates again from the changed tree, looks for what was weakened, and runs them (spec 4.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from pydantic import Field

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.errors import FoundryError, Unsafe
from foundry_kernel.events.payloads.iteration import ExecutionCompleted
from foundry_kernel.events.payloads.validation import (
    GateResolutionCompleted,
    GateVerificationCompleted,
)
from foundry_kernel.gates.phase import run_phase
from foundry_kernel.gates.resolve import GATE_FILE, MAX_GATE_FILE_BYTES, Resolution, resolve
from foundry_kernel.gates.run import GatePlace
from foundry_kernel.gates.weakening import (
    Allowance,
    FolderTree,
    Protected,
    RevisionTree,
    allowed_by,
    find_weakenings,
)
from foundry_kernel.gates.weight import count
from runtime_artifacts.canonical import MAX_DOCUMENT_BYTES
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.kinds import read_as

_OVERLAY = "artifacts/gate_overlay.json"
_MOST_SHOWN = 20
AnyT = TypeVar("AnyT")


class TreeNotAsLeft(Unsafe):
    """The tree is not what the execution left, so nothing that gates say about it would count."""


class EvidenceWeakened(Unsafe):
    """The change makes the evidence weaker, and nobody approved that."""


class VerifySettings(Settings):
    """What a formation may set.

    Attributes:
        slots: how many gates run at once; by default as many as there are processors.
        protected: folders that no change may touch without the scope `intent_rewrite`, besides those that always are.
    """

    slots: int | None = Field(default=None, ge=1, le=64)
    protected: tuple[str, ...] = ()


@block(
    name="verify_gates",
    kind="observer",
    sinks=(ExecutionCompleted,),
    emits=(GateVerificationCompleted,),
    accepts=lambda payload: payload.success,
    settings=VerifySettings,
)
async def verify_gates(context: BlockContext) -> BlockResult:
    """Say what the gates say about the change, as they stand after it."""
    executed = context.payload_as(ExecutionCompleted)
    tree, git = context.work_tree, context.gateways.git
    digest = (await git.tree_state(tree)).digest
    if executed.tree_digest and executed.tree_digest != digest:
        raise TreeNotAsLeft(
            "the work tree is not as the execution left it",
            next_step="look at the run's folder; request a new run",
        )
    changed = await git.changed_files(tree, context.base_revision)
    found, broken = _resolved(context)
    allowance = await _weakened(context, found, changed)
    if allowance.refused:
        raise _refusal(allowance)
    if found is None:
        assert broken is not None
        raise broken
    place = GatePlace(
        tree=tree,
        run_dir=context.run_dir,
        phase="verify",
        throttle=context.event.throttle,
        environment=context.gateways.environment,
        redactor=context.redactor,
        attempt=executed.attempt,
    )
    outcomes = await run_phase(
        found.gates,
        place,
        context.gateways,
        cancel=context.cancel,
        on_started=lambda gate, required, group: context.gate_started(
            gate, "verify", place.attempt, required=required, process_group=group
        ),
        on_finished=context.record_gate,
        slots=context.settings_as(VerifySettings).slots,
    )
    counts = count(outcomes)
    return BlockResult(
        f"{sum(1 for each in outcomes if each.status == 'passed')} of {counts.gates_total} gates passed "
        f"after attempt {executed.attempt}",
        GateVerificationCompleted(
            success=counts.failed_required == 0,
            attempt=executed.attempt,
            outcomes=outcomes,
            gates_total=counts.gates_total,
            failed_required=counts.failed_required,
            failed_advisory=counts.failed_advisory,
            dry_run_sufficient=counts.dry_run_sufficient,
            weakened=tuple(str(each) for each in allowance.allowed),
            suspicious=tuple(str(each) for each in allowance.to_review),
            changed_files=changed,
            tree_digest=digest if executed.tree_digest else "",
            **executed.step,
        ),
    )


def _resolved(context: BlockContext) -> tuple[Resolution | None, FoundryError | None]:
    """The gates as the tree has them now, or why they cannot be understood."""
    files = context.gateways.files
    text = files.read(context.run_dir, _OVERLAY, MAX_DOCUMENT_BYTES)
    overlay = None if text is None else read_as(GATE_OVERLAY, text, context.run_dir / _OVERLAY).content
    try:
        gate_file = files.read(context.work_tree, GATE_FILE, MAX_GATE_FILE_BYTES)
        return resolve(gate_file, overlay, context.work_tree), None
    except FoundryError as error:
        return None, error


async def _weakened(context: BlockContext, found: Resolution | None, changed: tuple[str, ...]) -> Allowance:
    """Compare the tree with what the work started from, in a thread: it reads and compares many files."""
    before = context.latest(GateResolutionCompleted)
    git, base = context.gateways.git, context.base_revision
    tree = context.work_tree
    loop = asyncio.get_running_loop()

    def wait(asking: Coroutine[Any, Any, AnyT]) -> AnyT:
        return asyncio.run_coroutine_threadsafe(asking, loop).result()

    revision = RevisionTree(
        lambda path: wait(git.read_at(tree, base, path)), lambda: wait(git.paths_at(tree, base))
    )
    weakenings = await asyncio.to_thread(
        find_weakenings,
        revision,
        FolderTree(tree),
        before.gates if before else (),
        found.gates if found else None,
        changed,
        protected=Protected.beyond(context.settings_as(VerifySettings).protected),
    )
    return allowed_by(weakenings, context.permission.scopes)


def _refusal(allowance: Allowance) -> EvidenceWeakened:
    shown = [str(each) for each in allowance.refused[:_MOST_SHOWN]]
    more = len(allowance.refused) - len(shown)
    listed = "; ".join(shown) + (f" and {more} more" if more > 0 else "")
    scopes = " and ".join(allowance.missing_scopes)
    return EvidenceWeakened(
        f"the change weakens the evidence: {listed}",
        next_step=f"let the change leave the evidence as strong as it was, or approve {scopes}",
    )


BLOCK = verify_gates
