"""How every command answers: people get text, programs get one JSON envelope, both get the exit code (spec 7.2)."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from alloynb.faces.cli.plain_words import visible

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.workspace import Workspace

P = ParamSpec("P")

EXIT_CODES = """\b
Exit codes: 0 fine; 1 findings or a failed gate; 2 usage or bad input;
3 refused for safety or authority; 4 dispatch or environment."""


@dataclass(frozen=True)
class Answer:
    """What a command has to say.

    Attributes:
        data: plain JSON value for programs.
        show: writes the same for people.
        exit_code: 0, or 1 for findings.
    """

    data: Any
    show: Callable[[Console], None]
    exit_code: int = 0


@dataclass
class Settings:
    """What the options that every command shares say; kept in click's context."""

    workspace: Path = field(default_factory=Path.cwd)
    as_json: bool = False
    debug: bool = False


def shared_options(command: Callable[P, Answer]) -> Callable[P, None]:
    """Give a command `--json`, `--debug` and `--workspace`, and turn its answer or error into output and exit code."""

    @click.option(
        "--workspace",
        "-C",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Folder of the governed repository (default: found upwards from here).",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON envelope {success, data, error}.")
    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(command)
    def answering(*args: P.args, **kwargs: P.kwargs) -> None:
        settings = click.get_current_context().ensure_object(Settings)
        workspace = kwargs.pop("workspace", None)
        if isinstance(workspace, Path):
            settings.workspace = workspace
        settings.as_json = bool(kwargs.pop("as_json", False)) or settings.as_json
        settings.debug = bool(kwargs.pop("debug", False)) or settings.debug
        sys.exit(_run(settings, functools.partial(command, *args, **kwargs)))

    return answering


def payload_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--payload`: a JSON object for the entry event."""
    return click.option(
        "--payload",
        default="{}",
        callback=_json_object,
        metavar="JSON",
        help='For the entry event, such as {"prompt": "…"} or {"actions": {"push": true}}.',
    )(command)


def _json_object(_context: click.Context, _parameter: click.Parameter, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise click.BadParameter("a JSON object is needed")
    return value


def current_workspace() -> Workspace:
    """Open the workspace that the shared options name.

    Raises:
        NoWorkspace: nothing there is governed.
    """
    from alloynb.application.workspace import open_workspace

    settings = settings_now()
    return open_workspace(settings.workspace, tell=functools.partial(_tell, settings))


def settings_now() -> Settings:
    """The shared options of the command that is running."""
    return click.get_current_context().ensure_object(Settings)


def progress(text: str) -> None:
    """Tell people what is going on, on stderr, so that stdout stays the answer."""
    _tell(settings_now(), text)


def _tell(settings: Settings, text: str) -> None:
    if not settings.as_json:
        click.echo(visible(text), err=True)


def _run(settings: Settings, command: Callable[[], Answer]) -> int:
    try:
        answer = command()
    except click.ClickException:
        raise
    except KeyboardInterrupt:
        return _fail(settings, "Interrupted", "interrupted", 130, {})
    except Exception as error:
        known = _exit_code_of(error)
        if settings.debug:
            raise
        if known is None:
            hint = "this is a fault of the program; run again with --debug and report it"
            return _fail(settings, type(error).__name__, f"{type(error).__name__}: {error}; {hint}", 4, {})
        return _fail(settings, type(error).__name__, str(error), known, _place_of(error))
    _show(settings, answer)
    return answer.exit_code


def _show(settings: Settings, answer: Answer) -> None:
    if settings.as_json:
        click.echo(
            json.dumps({"success": True, "data": answer.data, "error": None}, ensure_ascii=False, indent=2)
        )
        return
    from alloynb.faces.cli.terminal import Terminal

    answer.show(Terminal(soft_wrap=not sys.stdout.isatty()))


def _fail(settings: Settings, kind: str, message: str, exit_code: int, place: dict[str, Any]) -> int:
    if settings.as_json:
        error = {"type": kind, "message": message, "exit_code": exit_code, **place}
        click.echo(json.dumps({"success": False, "data": None, "error": error}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"alloynb: {visible(message)}", err=True)
    return exit_code


def _exit_code_of(error: Exception) -> int | None:
    """Exit code of an error that is ours to explain, or None."""
    from alloynb.errors import AlloyError
    from runtime_artifacts.errors import ArtifactError

    if isinstance(error, AlloyError | ArtifactError):
        return error.exit_code
    if isinstance(error, OSError):
        return 4
    return None


def _place_of(error: Exception) -> dict[str, Any]:
    place = getattr(error, "place", None)
    file = getattr(error, "file", None) or getattr(place, "file", None)
    line = getattr(error, "line", None) or getattr(place, "line", None)
    found: dict[str, Any] = {"next_step": getattr(error, "next_step", "")}
    if file is not None:
        found["file"] = str(file)
    if line is not None:
        found["line"] = line
    return found
