-- Which intent snapshot shaped a run: the records of its brief, with the values that they had then.
-- Example: SELECT record_id, version, title, capability FROM run_intent('run_01K')
CREATE MACRO run_intent(run) AS TABLE
SELECT
    record->>'record_id' AS record_id, TRY_CAST(record->>'version' AS INTEGER) AS version, record->>'digest' AS digest,
    record->>'title' AS title, record->>'status' AS status, record->>'severity' AS severity,
    record->>'capability' AS capability, record->>'threat' AS threat, record->>'expectation' AS expectation,
    record->>'strategy' AS strategy, record->>'tradeoff' AS tradeoff, record->>'role' AS role
FROM (
    SELECT unnest(json_extract(content, '$.relevant_intent.records[*]')) AS record
    FROM artifacts
    WHERE digest = (SELECT any_value(brief_digest) FROM runs WHERE run_id = run)
);

COMMENT ON MACRO TABLE run_intent IS 'Intent records as they were when one run was compiled';
