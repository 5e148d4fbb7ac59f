-- Every look at every drift finding, oldest first.
-- Reads: facts
-- Example: SELECT observed_at, status, revision FROM finding_history WHERE finding_id = 'finding_01K' ORDER BY observed_at
CREATE VIEW finding_history AS
SELECT
    finding_id, project_id, record_id, evidence_id, status, severity, path, line, summary, revision, run_id,
    coalesce(occurred_at, recorded_at) AS observed_at, payload, recorded_at, seq
FROM facts
WHERE kind = 'finding' AND finding_id IS NOT NULL;

COMMENT ON VIEW finding_history IS 'Every look at every drift finding';
COMMENT ON COLUMN finding_history.status IS 'new, known, exception, resolved, regressed';
COMMENT ON COLUMN finding_history.observed_at IS 'When it was looked at';
