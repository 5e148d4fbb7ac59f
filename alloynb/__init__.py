"""Meaning: intent records, elicitation, archaeology, compilation, evidence and interpretation (spec 1)."""
