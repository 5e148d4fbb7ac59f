"""Commands of `alloynb`: one file for each group, offering `COMMANDS`; dropping in a file adds a command."""
