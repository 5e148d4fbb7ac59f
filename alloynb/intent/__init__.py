"""Intent: records and what they are made of, their store, lifecycle, ledger, authority and retrieval (spec 2)."""
