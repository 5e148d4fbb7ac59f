"""Columns of a fact, as DuckDB knows them: one list for journals, Parquet and the native table (spec 6.2)."""

from __future__ import annotations

FACT_COLUMNS: dict[str, str] = {
    "fact_id": "VARCHAR",
    "kind": "VARCHAR",
    "seq": "BIGINT",
    "recorded_at": "TIMESTAMPTZ",
    "occurred_at": "TIMESTAMPTZ",
    "project_id": "VARCHAR",
    "run_id": "VARCHAR",
    "request_id": "VARCHAR",
    "brief_id": "VARCHAR",
    "brief_digest": "VARCHAR",
    "attempt": "INTEGER",
    "trace_id": "VARCHAR",
    "span_id": "VARCHAR",
    "parent_span_id": "VARCHAR",
    "correlation_id": "VARCHAR",
    "runner_id": "VARCHAR",
    "event_id": "VARCHAR",
    "event_type": "VARCHAR",
    "caused_by": "VARCHAR",
    "throttle": "VARCHAR",
    "simulated": "BOOLEAN",
    "delivered": "BOOLEAN",
    "block": "VARCHAR",
    "block_kind": "VARCHAR",
    "gate": "VARCHAR",
    "phase": "VARCHAR",
    "status": "VARCHAR",
    "required": "BOOLEAN",
    "mode": "VARCHAR",
    "exit_code": "INTEGER",
    "duration_ms": "DOUBLE",
    "record_id": "VARCHAR",
    "evidence_id": "VARCHAR",
    "finding_id": "VARCHAR",
    "path": "VARCHAR",
    "line": "INTEGER",
    "revision": "VARCHAR",
    "severity": "VARCHAR",
    "failure_class": "VARCHAR",
    "principal": "VARCHAR",
    "summary": "VARCHAR",
    "payload": "JSON",
}
"""Name and DuckDB type of every field of a fact, in the order of the model."""

TIME_COLUMNS = tuple(name for name, kind in FACT_COLUMNS.items() if kind == "TIMESTAMPTZ")
LARGEST_INTEGERS = tuple(
    (name, 2**63 - 1 if kind == "BIGINT" else 2**31 - 1)
    for name, kind in FACT_COLUMNS.items()
    if kind in {"BIGINT", "INTEGER"}
)
"""Name and largest value of every column of integers."""


def column_list(prefix: str = "") -> str:
    """Comma-separated quoted column names, each after `prefix` (such as `f.`)."""
    return ", ".join(f'{prefix}"{name}"' for name in FACT_COLUMNS)


def json_columns() -> str:
    """The `columns` argument of `read_json`: explicit types, so that nothing is guessed from the first lines."""
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in FACT_COLUMNS.items()) + "}"


def quoted(text: str) -> str:
    """SQL text literal."""
    return "'" + text.replace("'", "''") + "'"
