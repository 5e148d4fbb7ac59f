"""Ways to ask a system for what it intends: one file each, found by its folder."""
