"""Detectors of weakened evidence, one file each: a module that offers `WEAKENING` (spec 4.5)."""
