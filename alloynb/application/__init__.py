"""Use cases: one function each, a frozen command in, a frozen answer out. The only thing that faces call."""
