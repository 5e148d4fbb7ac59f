"""Gates: which ones stand, running them, what they mean, and what they left (spec 4.5)."""
