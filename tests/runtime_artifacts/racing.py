"""Processes that do the same thing at the same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from runtime_artifacts.errors import ArtifactError

_barrier: Any = None


def _join(barrier: Any) -> None:
    global _barrier  # noqa: PLW0603 - the only way to hand a barrier to the processes of a pool
    _barrier = barrier


def _at_once(act: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    _barrier.wait(30)
    try:
        return act(*arguments)
    except ArtifactError as error:
        return type(error).__name__


def race(
    act: Callable[..., Any], rounds: list[tuple[tuple[Any, ...], tuple[Any, ...]]]
) -> list[tuple[Any, Any]]:
    """Let two processes act, round by round, each with its own arguments; answers, or names of typed errors."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    with ProcessPoolExecutor(2, mp_context=context, initializer=_join, initargs=(barrier,)) as pool:
        answers = []
        for one, other in rounds:
            both = [pool.submit(_at_once, act, one), pool.submit(_at_once, act, other)]
            answers.append((both[0].result(60), both[1].result(60)))
    return answers


def leftovers(folder: Path) -> list[str]:
    """Files of half-finished writings below a folder."""
    return sorted(str(file) for file in folder.rglob("*.part"))
