"""What speaks for drift, for a refactor or for stale intent, one file each: a module that offers `CLUE` (spec 6.4)."""
