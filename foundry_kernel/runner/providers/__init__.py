"""Places that hold artifacts by digest: a directory, an HTTP server, an object store (spec 5.2, mode 3).

Each is laid out like a shelf: `<kind>/<64 hex digits>.json`. Nothing that a provider says is trusted: every artifact is
verified by the digest that asked for it, the brief by the digest that the event names, the others by those that the
brief names.
"""
