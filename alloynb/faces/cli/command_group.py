"""Groups of commands, and the page that each of them shows for `--help`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

REST = "More"


class CommandGroup(click.Group):
    """Tells the first sentence of each command whole, and lists commands below headings when it was given some."""

    def __init__(
        self, *given: Any, sections: Mapping[str, Sequence[str]] | None = None, **options: Any
    ) -> None:
        """Make one.

        Args:
            sections: names of commands by heading, in the order of reading; what none names stands below "More".
        """
        super().__init__(*given, **options)
        self.sections = sections or {}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        told = {
            name: command.get_short_help_str(limit=1000)
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        }
        width = max(map(len, told), default=0)
        for heading, names in self._below_headings(told):
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), told[name]) for name in names])

    def _below_headings(self, told: Mapping[str, str]) -> Iterable[tuple[str, list[str]]]:
        placed: set[str] = set()
        for heading, names in self.sections.items():
            yield heading, [name for name in names if name in told]
            placed.update(names)
        if rest := [name for name in told if name not in placed]:
            yield REST if placed else "Commands", rest


class ListingGroup(CommandGroup):
    """Lists when none of its commands is named: `alloynb contradictions` is `contradictions list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See whether a command is named."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)
