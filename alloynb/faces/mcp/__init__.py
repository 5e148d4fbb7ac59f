"""The Model Context Protocol server: what governs a path, for agents that are about to change it (spec 7.5)."""
