"""The engine: blocks sink on events and emit others, nothing else decides what follows (spec 4.2 to 4.4)."""
