"""Package tools, one file per stack: which command lines are called, and what their answers mean (spec 4.6)."""
