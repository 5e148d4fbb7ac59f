"""How every command answers: text or one JSON envelope on stdout, progress on stderr, an exit code, no traceback.

| code | meaning                                                                |
| ---- | ---------------------------------------------------------------------- |
| 0    | fine                                                                   |
| 1    | findings, or a failed gate                                             |
| 2    | usage or bad input                                                     |
| 3    | refused for safety or authority                                        |
| 4    | dispatch or environment; a run that came to no answer or was cancelled |
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foundry_kernel.cli.plain_words import plain, plain_json
from foundry_kernel.errors import FoundryError

if TYPE_CHECKING:
    from foundry_kernel.runner.workspace import RunnerWorkspace

INTERRUPTED = 4


@dataclass(frozen=True)
class Answer:
    """What a command has to say.

    Attributes:
        data: for `--json`.
        text: for people.
        exit_code: 0 unless the answer itself is that something does not hold.
        error: facts about why the code is not 0, for `--json`.
    """

    data: Any
    text: str
    exit_code: int = 0
    error: Mapping[str, Any] | None = None


def answering(function: Callable[..., Answer]) -> Callable[..., None]:
    """Turn a function that returns an answer into a command with `--json` and `--debug`."""

    @click.option(
        "--json", "as_json", is_flag=True, help="Print one envelope {success, data, error} on stdout."
    )
    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(function)
    def command(as_json: bool, debug: bool, **arguments: Any) -> None:
        try:
            answer = function(**arguments)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            answer = _of_error("Interrupted", "interrupted", "", INTERRUPTED)
        except Exception as error:  # the last line before the user: everything becomes a message
            if debug:
                raise
            answer = _of_exception(error)
        say(answer, as_json=as_json)

    return command


def say(answer: Answer, *, as_json: bool) -> None:
    """Print an answer, and end the process with its exit code."""
    if as_json:
        envelope = {"success": answer.exit_code == 0, "data": answer.data, "error": answer.error}
        click.echo(plain_json(json.dumps(envelope, ensure_ascii=False, indent=2)))
    elif answer.text:
        click.echo(plain(answer.text), err=answer.error is not None and answer.data is None)
    sys.exit(answer.exit_code)


def workspace_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--workspace`."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.option(
        "--workspace", type=folder, help="Folder with .alloy/; by default found by walking up from here."
    )(function)


def the_workspace(workspace: Path | None) -> RunnerWorkspace:
    """Workspace that was named, or the one that we are in.

    Raises:
        NoWorkspace: there is none.
    """
    from foundry_kernel.runner.workspace import find_workspace, open_workspace

    return open_workspace(workspace) if workspace else find_workspace(Path.cwd())


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align columns for a terminal; empty when there are no rows."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def _of_exception(error: Exception) -> Answer:
    from runtime_artifacts.errors import ArtifactError

    if isinstance(error, FoundryError | ArtifactError):
        return _of_error(type(error).__name__, error.message, error.next_step, error.exit_code, str(error))
    if isinstance(error, ModuleNotFoundError):
        step = "install the extras that a run needs: pip install 'alloy-foundry[demo]'"
        return _of_error("NotInstalled", f"{error.name} is not installed", step, 4)
    if isinstance(error, OSError):
        return _of_error(type(error).__name__, str(error), "", 4)
    return _of_error(type(error).__name__, f"unexpected: {error}", "--debug shows where", 4)


def _of_error(kind: str, message: str, next_step: str, exit_code: int, text: str = "") -> Answer:
    facts = {"type": kind, "message": message, "next_step": next_step, "exit_code": exit_code}
    shown = text or (f"{message}; {next_step}" if next_step else message)
    return Answer(None, f"Error: {shown}", exit_code, facts)
