"""The compiler: from intent records to brief, prompt pack, gate overlay and evidence plan, purely (spec 3)."""
