"""What a session's lists say: blocks, definitions that were taken in, runs by day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foundry_kernel.engine.block import Block
from foundry_kernel.engine.ground import AUDIT_PATCH, UNDELIVERED_PATCH
from foundry_kernel.events.journal import read_run
from foundry_kernel.kernel.glance import Glance, glance_at, runs_near, runs_of
from foundry_kernel.kernel.progress_step import MARKS, duration_text
from foundry_kernel.kernel.session import Session, Taken
from foundry_kernel.kernel.table_view import TableView

_BLOCK_HEAD = ("block", "kind", "sinks on", "emits", "from")
_RUN_HEAD = ("at (UTC)", "run", "project", "event", "throttle", "ended", "took")


def taken_text(taken: Taken, session: Session) -> str:
    """Say what was taken in, and how to try it."""
    lines = []
    for each in taken.defined:
        again = f", replaces that of {each.replaced}" if each.replaced else ""
        if isinstance(each.what, Block):
            emits = ", ".join(each.what.emits) or "nothing"
            about = f"block {each.name} ({each.what.kind}): {', '.join(each.what.sinks)} → {emits}"
            stands = ", stands for the installed one" if each.name in session.installed and not again else ""
            lines.append(f"✓ {about}; {each.cell.label}{again}{stands}")
        else:
            lines.append(f"✓ event {each.name}; {each.cell.label}{again}")
    lines += [f"- {name} is forgotten: its cell no longer defines it" for name in taken.forgotten]
    lines += _how_to_try(taken, session)
    return "\n".join(lines)


def blocks_table(session: Session, word: str = "") -> TableView:
    """List blocks, the session's first.

    Args:
        word: only blocks in whose row it occurs.
    """
    own = {each.name: each for each in session.blocks}
    rows = [_block_row(each.what, each.cell.label) for each in own.values() if isinstance(each.what, Block)]
    rows += [
        _block_row(block, _short_origin(block.origin))
        for name, block in session.installed.items()
        if name not in own
    ]
    shown = [row for row in rows if word.lower() in " ".join(row).lower()]
    types = ", ".join(each.name for each in session.event_types)
    caption = f"{len(own)} of this session, {len(rows) - len(own)} installed{f'; own events: {types}' if types else ''}"
    return TableView(
        f"Blocks with {word!r}: {len(shown)}" if word else f"Blocks: {caption}", _BLOCK_HEAD, shown
    )


def history_tables(session_runs: Sequence[Path], here: Path, *, days: int) -> list[TableView]:
    """List the runs of this session and of the workspace around `here`, one table a day, newest first.

    Args:
        days: as many days as there were runs on, above 0.
    """
    near = runs_near(here)
    found = [each for folder in session_runs if (each := glance_at(folder)) is not None]
    found += runs_of(near) if near is not None else []
    by_day: dict[str, list[Glance]] = {}
    for each in sorted(found, key=lambda run: run.began_at, reverse=True):
        by_day.setdefault(each.began_at[:10], []).append(each)
    return [
        TableView(day, _RUN_HEAD, [_run_row(each) for each in runs]) for day, runs in [*by_day.items()][:days]
    ]


def delivered_lines(folder: Path) -> list[str]:
    """Say what a run left: commits on its branch, patches in its folder."""
    lines = [
        f"commit {str(fact.payload.get('commit'))[:12]} on {fact.payload.get('branch')}"
        for fact in read_run(folder / "journal")
        if fact.kind == "event" and fact.event_type == "project_changes_committed" and not fact.simulated
        if fact.payload.get("commit")
    ]
    patches = [folder / name for name in (AUDIT_PATCH, UNDELIVERED_PATCH)]
    return lines + [f"not delivered: {patch}" for patch in patches if patch.is_file()]


def _run_row(run: Glance) -> tuple[str, ...]:
    took = "" if run.duration_ms is None else duration_text(run.duration_ms)
    ended = f"{MARKS.get(run.status, '■')} {run.status.replace('_', ' ')}"
    return (
        run.began_at[11:19],
        run.run_id,
        run.project,
        run.event,
        run.throttle.replace("_", " "),
        ended,
        took,
    )


def _block_row(block: Block, origin: str) -> tuple[str, ...]:
    return (block.name, block.kind, ", ".join(block.sinks), ", ".join(block.emits) or "-", origin)


def _short_origin(origin: str) -> str:
    """The end of a path that says whose it is: `foundry_kernel/blocks/x.py`."""
    parts = Path(origin).parts
    return "/".join(parts[-3:])


def _how_to_try(taken: Taken, session: Session) -> list[str]:
    for each in taken.defined:
        if isinstance(each.what, Block):
            entry = session.entry_for(each.what)
            if entry is None:
                return [f"No formation emits {' or '.join(each.what.sinks)}; define the block that does."]
            return [f"Try it: %foundry emit {entry} PROJECT"]
    return []
