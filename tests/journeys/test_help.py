"""Every command tells how it is used, at once: help needs none of the libraries that do the work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import cast

import click
import pytest
from click.testing import CliRunner

from alloynb.faces.cli import main
from foundry_kernel.cli import main as foundry
from tests.fakes.alloy_shop import SCRIPTS

HEAVY = (
    "pydantic",
    "duckdb",
    "rich",
    "papermill",
    "grimp",
    "ruamel",
    "yaml",
    "jinja2",
    "IPython",
    "jupyter_client",
)


def commands(group: click.Group, *before: str) -> Iterator[tuple[str, ...]]:
    """Name every command below a group, and the group itself."""
    yield before
    context = click.Context(group)
    for name in group.list_commands(context):
        found = cast("click.Command", group.get_command(context, name))
        if isinstance(found, click.Group):
            yield from commands(found, *before, name)
        else:
            yield (*before, name)


def is_group(command: tuple[str, ...], program: click.Group = main) -> bool:
    found: click.Command = program
    for name in command:
        found = cast("click.Group", found).commands[name]
    return isinstance(found, click.Group)


@pytest.mark.parametrize("command", list(commands(main)), ids=" ".join)
def test_every_command_says_how_it_is_used(command: tuple[str, ...]) -> None:
    said = CliRunner().invoke(main, [*command, "--help"])
    assert said.exit_code == 0, said.output
    summary = said.stdout.split("\n\n")[1].strip()
    assert summary, "it says what it is for"
    if is_group(command):
        return
    examples = re.findall(rf"(?m)^\s+.*\balloynb {' '.join(command)}\b", said.stdout.partition("Example")[2])
    assert examples, f"no example of `alloynb {' '.join(command)}`"


@pytest.mark.parametrize(
    "command", [each for each in commands(main) if not is_group(each) and each != ("lab",)], ids=" ".join
)
def test_every_command_answers_programs_and_shows_a_traceback_when_asked(command: tuple[str, ...]) -> None:
    said = CliRunner().invoke(main, [*command, "--help"]).stdout
    for option in ("--json", "--debug", "--workspace"):
        assert option in said


def test_the_help_of_all_names_the_exit_codes() -> None:
    said = CliRunner().invoke(main, ["--help"]).stdout
    for code in ("0 fine", "1 findings", "2 usage", "3 refused", "4 dispatch"):
        assert code in said


@pytest.mark.parametrize("program", [main, foundry], ids=["alloynb", "foundry-kernel"])
def test_no_list_of_commands_cuts_a_sentence_short(program: click.Group) -> None:
    for group in [each for each in commands(program) if is_group(each, program)]:
        said = CliRunner().invoke(program, [*group, "--help"], terminal_width=80).stdout
        assert not re.findall(r"(?m)^  \w.*\.\.\.$", said), group


def test_every_command_of_alloynb_stands_below_a_heading() -> None:
    said = CliRunner().invoke(main, ["--help"]).stdout
    assert "Begin:" in said
    assert "More:" not in said


@pytest.mark.parametrize(
    "arguments", [("--help",), ("run", "--help"), ("evidence", "sql", "--help"), ("--version",)]
)
def test_help_imports_no_heavy_library(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(SCRIPTS / "alloynb"), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported, "the list can be read"
    assert imported.isdisjoint(HEAVY), sorted(imported & set(HEAVY))
