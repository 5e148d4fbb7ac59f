"""Contradiction detectors, one file each: a module that offers `DETECTOR` (spec 6.4)."""
