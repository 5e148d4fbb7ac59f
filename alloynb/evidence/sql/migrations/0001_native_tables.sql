-- Native tables of the published file. Everything in them comes from journals and Parquet, and can be made anew.
CREATE SCHEMA store;

CREATE TABLE store.about (
    schema_version INTEGER NOT NULL,
    root VARCHAR NOT NULL,
    views_digest VARCHAR NOT NULL,
    sealed_folder VARCHAR NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    published_by VARCHAR NOT NULL
);

CREATE TABLE store.journals (
    journal VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    facts BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    torn_bytes BIGINT NOT NULL,
    doubled BIGINT NOT NULL,
    sealed_at TIMESTAMPTZ NOT NULL,
    folded_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE store.refused (
    journal VARCHAR NOT NULL,
    line_number BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    raw VARCHAR NOT NULL,
    sealed_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE store.facts (
    journal VARCHAR NOT NULL,
    fact_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    occurred_at TIMESTAMPTZ,
    project_id VARCHAR,
    run_id VARCHAR,
    request_id VARCHAR,
    brief_id VARCHAR,
    brief_digest VARCHAR,
    attempt INTEGER,
    trace_id VARCHAR,
    span_id VARCHAR,
    parent_span_id VARCHAR,
    correlation_id VARCHAR,
    runner_id VARCHAR,
    event_id VARCHAR,
    event_type VARCHAR,
    caused_by VARCHAR,
    throttle VARCHAR,
    simulated BOOLEAN,
    delivered BOOLEAN,
    block VARCHAR,
    block_kind VARCHAR,
    gate VARCHAR,
    phase VARCHAR,
    status VARCHAR,
    required BOOLEAN,
    mode VARCHAR,
    exit_code INTEGER,
    duration_ms DOUBLE,
    record_id VARCHAR,
    evidence_id VARCHAR,
    finding_id VARCHAR,
    path VARCHAR,
    line INTEGER,
    revision VARCHAR,
    severity VARCHAR,
    failure_class VARCHAR,
    principal VARCHAR,
    summary VARCHAR,
    payload JSON
);
