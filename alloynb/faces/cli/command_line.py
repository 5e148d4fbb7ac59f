"""The `alloynb` command line: parses, calls one use case, shows its answer."""

from __future__ import annotations

import click

from alloynb import __version__
from alloynb.faces.cli.answering import EXIT_CODES

_EPILOG = f"""\b
First steps:
  alloynb init                 begin to govern this repository
  alloynb intent new           write down one judgement
  alloynb run                  compile, execute, and read what it meant
  alloynb evidence views       what DuckDB can tell you

{EXIT_CODES}"""


@click.group(
    epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="alloynb")
def main() -> None:
    """Keep engineering intent, compile it into artifacts, and learn from runs whether it still holds.

    Every command answers with text, or with `--json` for programs.
    """


def _register() -> None:
    from alloynb.faces.cli import brief, drift, evidence, intent, loop, request, setup

    for module in (setup, intent, brief, request, loop, drift, evidence):
        for command in module.COMMANDS:
            main.add_command(command)


_register()
