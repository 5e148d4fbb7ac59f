"""Reading repositories without running them: committed trees, import graphs, observations (spec 2.5)."""
