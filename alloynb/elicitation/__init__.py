"""From what a person knows to a draft record: interviews, and a check that a draft says something (spec 2.4)."""
