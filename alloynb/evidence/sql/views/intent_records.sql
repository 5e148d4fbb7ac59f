-- Intent records as they stand now: status, what they say, and since when.
-- Reads: facts
-- Example: SELECT record_id, status, severity, title FROM intent_records WHERE status IN ('accepted', 'active') ORDER BY record_id
CREATE VIEW intent_records AS
SELECT
    project_id, record_id, last.status AS status, last.status IN ('accepted', 'active') AS guides_runs,
    last.severity AS severity, last.title AS title,
    last.payload->>'capability' AS capability, last.payload->>'threat' AS threat,
    last.payload->>'expectation' AS expectation, last.payload->>'strategy' AS strategy,
    last.payload->>'tradeoff' AS tradeoff, last.owner AS owner, TRY_CAST(last.payload->>'version' AS INTEGER) AS version,
    last.payload->>'digest' AS digest, coalesce(TRY_CAST(last.payload->'conflicts' AS VARCHAR[]), []) AS conflicts,
    last.payload->'scope' AS scope, first_seen_at, changed_at
FROM (
    SELECT
        project_id, record_id,
        min(coalesce(occurred_at, recorded_at)) AS first_seen_at,
        max(coalesce(occurred_at, recorded_at)) AS changed_at,
        arg_max(
            struct_pack(status := status, severity := severity, title := summary, owner := principal, payload := payload),
            row(recorded_at, journal, seq)
        ) AS last
    FROM facts
    WHERE kind = 'record' AND record_id IS NOT NULL
    GROUP BY project_id, record_id
);

COMMENT ON VIEW intent_records IS 'Intent records as they stand now';
COMMENT ON COLUMN intent_records.status IS 'Status of its lifecycle; gone when its file is';
COMMENT ON COLUMN intent_records.guides_runs IS 'Accepted or active';
COMMENT ON COLUMN intent_records.title IS 'Title';
COMMENT ON COLUMN intent_records.capability IS 'What must survive';
COMMENT ON COLUMN intent_records.threat IS 'What erodes it';
COMMENT ON COLUMN intent_records.expectation IS 'What makes the threat matter';
COMMENT ON COLUMN intent_records.strategy IS 'What is preferred';
COMMENT ON COLUMN intent_records.tradeoff IS 'The price that is accepted';
COMMENT ON COLUMN intent_records.owner IS 'Who looks after it';
COMMENT ON COLUMN intent_records.version IS 'Counts accepted edits';
COMMENT ON COLUMN intent_records.digest IS 'Digest of what it means; a brief pins it';
COMMENT ON COLUMN intent_records.conflicts IS 'Records that it is said to conflict with, unless that was settled';
COMMENT ON COLUMN intent_records.scope IS 'Paths, modules and the like that it governs';
COMMENT ON COLUMN intent_records.first_seen_at IS 'When it was first taken in';
COMMENT ON COLUMN intent_records.changed_at IS 'When its latest change was taken in';
