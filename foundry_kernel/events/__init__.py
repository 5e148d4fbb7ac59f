"""What happens in a run: events, the catalogue of their payloads, and the journal that keeps them (spec 4.1)."""
