-- Runs that would be refused under today's intent: a record of their brief guides no runs any more, says something else
-- now, is gone, or conflicts with another one of the same brief.
-- Reads: artifacts, intent_records, runs
-- Example: SELECT run_id, record_id, reason FROM refused_today ORDER BY started_at DESC, record_id LIMIT 20
CREATE VIEW refused_today AS
WITH pinned AS (
    SELECT
        brief_digest, record->>'record_id' AS record_id, record->>'digest' AS digest,
        TRY_CAST(record->>'version' AS INTEGER) AS version
    FROM (
        SELECT digest AS brief_digest, unnest(json_extract(content, '$.relevant_intent.records[*]')) AS record
        FROM artifacts
        WHERE family = 'alloy.formation_brief'
    )
    WHERE record->>'role' = 'constraint'
),
reasons AS (
    SELECT
        pinned.brief_digest AS brief_digest, pinned.record_id AS record_id,
        CASE
            WHEN today.status = 'gone' THEN 'its file is gone'
            WHEN NOT today.guides_runs THEN 'it is ' || today.status || ' now'
            WHEN today.digest IS DISTINCT FROM pinned.digest
                THEN 'it says something else now (version ' || coalesce(pinned.version::VARCHAR, '?') || ' ran, '
                    || coalesce(today.version::VARCHAR, '?') || ' stands)'
        END AS reason
    FROM pinned
    JOIN intent_records AS today USING (record_id)
    UNION ALL
    SELECT pinned.brief_digest, pinned.record_id, 'it conflicts with ' || other.record_id
    FROM pinned
    JOIN (SELECT record_id, unnest(conflicts) AS target FROM intent_records WHERE guides_runs) AS today USING (record_id)
    JOIN pinned AS other ON other.brief_digest = pinned.brief_digest AND other.record_id = today.target
)
SELECT r.project_id AS project_id, r.run_id AS run_id, r.started_at AS started_at, r.status AS status, r.throttle AS throttle,
       reasons.record_id AS record_id, reasons.reason AS reason, r.brief_id AS brief_id, r.brief_digest AS brief_digest
FROM reasons
JOIN runs AS r ON r.brief_digest = reasons.brief_digest
WHERE reasons.reason IS NOT NULL;

COMMENT ON VIEW refused_today IS 'Runs that would be refused under today''s intent, and why';
COMMENT ON COLUMN refused_today.started_at IS 'When the run began';
COMMENT ON COLUMN refused_today.status IS 'How the run ended';
COMMENT ON COLUMN refused_today.reason IS 'What refuses it, in words';
