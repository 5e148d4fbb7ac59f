"""Execution: events, task blocks, engine, gates, agents, the `foundry` Jupyter kernel and the runner (spec 4)."""

__version__ = "0.1.0"
