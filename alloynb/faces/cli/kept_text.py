"""What somebody wrote in an editor is not lost when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alloynb.faces.cli.plain_words import visible

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace

_FOLDER = Path("cache", "unsaved")


@contextmanager
def kept_if_refused(workspace: Workspace, name: str, text: str | None, again: str) -> Iterator[None]:
    """Keep a text in `.alloy/cache/unsaved/` when what is done with it fails, and say where and how to go on.

    Args:
        text: what the editor left; None keeps nothing.
        again: command that takes the file, without the file.
    """
    from alloynb.errors import AlloyError
    from runtime_artifacts.write_once import replace_whole

    try:
        yield
    except AlloyError:
        if text is not None:
            file = workspace.alloy_dir / _FOLDER / f"{name}.yaml"
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(file, text.encode())
            click.echo(visible(f"Your text is kept: mend it, then `{again} {file}`"), err=True)
        raise
