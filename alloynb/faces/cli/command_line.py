"""The `alloynb` command line: parses, calls one use case, shows its answer."""

from __future__ import annotations

import click

from alloynb import __version__
from alloynb.faces.cli.answering import EXIT_CODES
from alloynb.faces.cli.command_group import CommandGroup
from runtime_artifacts.drop_in import collect_drop_ins

_EPILOG = f"""\b
First steps:
  alloynb init                 begin to govern this repository
  alloynb intent new           write down one judgement
  alloynb run                  compile, execute, and read what it meant
  alloynb evidence views       what DuckDB can tell you

{EXIT_CODES}"""

_SECTIONS = {
    "Begin": ("init", "discover", "review", "ask", "doctor", "sample"),
    "Intent": ("intent", "strategy", "expectation", "contradictions", "truisms", "export"),
    "Compile and run": ("run", "brief", "request", "runner", "status", "key", "verify"),
    "What it meant": ("report", "drift", "check", "decide", "waive", "baseline", "feedback", "proposal"),
    "Evidence": ("evidence", "trace"),
    "Notebooks and agents": ("lab", "dashboards", "freeze", "mcp"),
}


@click.group(
    cls=CommandGroup,
    sections=_SECTIONS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="alloynb")
def main() -> None:
    """Keep engineering intent, compile it into artifacts, and learn from runs whether it still holds.

    Every command answers with text, or with `--json` for programs.
    """


def _check_command(offered: object) -> click.Command:
    if not isinstance(offered, click.Command):
        raise TypeError("COMMANDS is a tuple of click commands")
    return offered


for _found in collect_drop_ins(
    "alloynb.faces.cli.commands", "COMMANDS", _check_command, name_of=lambda command: command.name or ""
).values():
    main.add_command(_found.plugin)
