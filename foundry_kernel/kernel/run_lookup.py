"""Finds the tree that somebody means by a run's id, an event's id, a folder, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from foundry_kernel.errors import FoundryError
from foundry_kernel.events.journal import read_run
from foundry_kernel.kernel.glance import glance_at, runs_near
from foundry_kernel.kernel.progress import ProgressTree


class NoSuchRun(FoundryError):
    """No run, or more than one, fits what was said."""


class NoSuchEvent(NoSuchRun):
    """No event, or more than one, begins like this."""


def tree_of(folder: Path) -> ProgressTree:
    """Read the tree of a run; what nobody works on any more and has no end is marked as broken off.

    Raises:
        NoSuchRun: the folder holds no journal.
    """
    seen = glance_at(folder)
    if seen is None:
        raise NoSuchRun(f"{folder} holds no journal of a run")
    tree = ProgressTree(folder.name).add_all(read_run(folder / "journal"))
    return tree if seen.status == "running" else tree.break_off()


def part_of(tree: ProgressTree, event: str) -> ProgressTree:
    """The part of a tree below one event.

    Args:
        event: the event's id or an unambiguous beginning of it.

    Raises:
        NoSuchEvent: none begins like this, or several do.
    """
    found = tree.events_like(event)
    if len(found) > 1:
        listed = ", ".join(f"{each[:16]}…" for each in found[:5])
        raise NoSuchEvent(f"{event} could be {listed}", next_step="say more of the id")
    part = tree.below_event(event)
    if part is None:
        raise NoSuchEvent(f"run {tree.root.name} holds no event {event}")
    return part


def find_tree(said: str, session_runs: Sequence[Path], here: Path) -> ProgressTree:
    """Find a tree among the runs of a session, then among those of the workspace around `here`.

    Args:
        said: the id of a run or its beginning or end, the beginning of an event's id, a folder, or nothing for the
            last run.
        session_runs: folders, oldest first.

    Raises:
        NoSuchRun, NoSuchEvent: nothing fits, or more than one thing does.
    """
    if not said:
        if session_runs:
            return tree_of(session_runs[-1])
        raise NoSuchRun("nothing ran in this session yet", next_step="%foundry emit EVENT PROJECT")
    if "/" in said or said == ".":
        return tree_of(Path(said).resolve())
    near = runs_near(here)
    folders = [*reversed(session_runs), *(sorted(near.glob("run_*"), reverse=True) if near else ())]
    if said.startswith("evt_"):
        return _by_event(said, folders)
    fitting = [
        each for each in folders if each.name.startswith((said, f"run_{said}")) or each.name.endswith(said)
    ]
    if len(fitting) == 1:
        return tree_of(fitting[0])
    if fitting:
        raise NoSuchRun(f"{said} could be {', '.join(each.name for each in fitting[:5])}")
    raise NoSuchRun(f"no run {said!r}", next_step="%foundry history lists what there is")


def _by_event(event: str, folders: Iterable[Path]) -> ProgressTree:
    for each in folders:
        if glance_at(each) is None:
            continue
        tree = tree_of(each)
        if tree.events_like(event):
            return part_of(tree, event)
    raise NoSuchEvent(f"no run holds an event {event}", next_step="%foundry history lists the runs")
