"""A group of commands that lists when none of them is named: `alloynb contradictions` is `contradictions list`."""

from __future__ import annotations

import click


class ListingGroup(click.Group):
    """Takes arguments that begin with none of its commands as those of its `list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See whether a command is named."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)
