"""Which rules of several records cannot hold together: decided, never guessed (spec 3.2, 6.4)."""
