"""The `alloynb` command line: one module for each group of commands."""

from alloynb.faces.cli.command_line import main

__all__ = ["main"]
