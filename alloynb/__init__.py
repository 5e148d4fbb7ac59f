"""Meaning: intent records, elicitation, archaeology, compilation, evidence and interpretation (spec 1)."""

__version__ = "0.1.0"
