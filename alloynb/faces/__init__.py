"""What people and programs touch: command line, report, server, widgets. Each calls use cases and decides nothing."""
