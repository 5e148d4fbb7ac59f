"""The payloads of the catalogue, one file per family. Each offers `EVENTS`, a tuple of payload classes."""
