"""Progress on stderr: a tree that updates in place on a terminal, one line a step in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from foundry_kernel.cli.plain_words import plain

if TYPE_CHECKING:
    from foundry_kernel.kernel.progress import ProgressTree
    from runtime_artifacts.journal import Fact


@contextmanager
def following(title: str) -> Iterator[Callable[[Fact], None]]:
    """Show every fact that is handed over, on stderr, while the context lasts."""
    from foundry_kernel.kernel.progress import ProgressTree

    tree = ProgressTree(title)
    if sys.stderr.isatty():
        with _in_place(tree) as in_place:
            yield in_place
        return

    def on_fact(fact: Fact) -> None:
        from foundry_kernel.kernel.progress_step import line_of

        step = tree.add(fact)
        if step is not None and step.kind in {"block", "gate"}:
            click.echo(plain(line_of(step)), err=True)

    yield on_fact


@contextmanager
def _in_place(tree: ProgressTree) -> Iterator[Callable[[Fact], None]]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(Text(plain(tree.text())), console=Console(stderr=True), refresh_per_second=8) as live:

        def on_fact(fact: Fact) -> None:
            tree.add(fact)
            live.update(Text(plain(tree.text())))

        yield on_fact
