"""Product and design intent that other systems own: referenced and snapshot, never copied as a model (spec 1, 3.2)."""
