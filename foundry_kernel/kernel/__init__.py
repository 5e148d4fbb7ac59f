"""The Jupyter kernel `foundry`: Python with the engine, its magics and its live display (spec 4.10)."""
