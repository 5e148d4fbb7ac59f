-- How long drift stands before it is resolved, by project and record: medians and what is still open.
-- Reads: findings
-- Example: SELECT record_id, found, resolved, open, median_to_resolve FROM drift_resolution ORDER BY open DESC, found DESC
CREATE VIEW drift_resolution AS
SELECT
    project_id, record_id,
    count(*) AS found,
    count(*) FILTER (status = 'resolved') AS resolved,
    count(*) FILTER (status IN ('new', 'known', 'regressed')) AS open,
    median(time_to_resolve) AS median_to_resolve,
    max(time_to_resolve) AS longest_to_resolve,
    min(first_seen_at) FILTER (status IN ('new', 'known', 'regressed')) AS open_since
FROM findings
GROUP BY project_id, record_id;

COMMENT ON VIEW drift_resolution IS 'How long drift stands before it is resolved, by record';
COMMENT ON COLUMN drift_resolution.found IS 'Findings there ever were';
COMMENT ON COLUMN drift_resolution.resolved IS 'Of those, resolved now';
COMMENT ON COLUMN drift_resolution.open IS 'Of those, standing and not excepted';
COMMENT ON COLUMN drift_resolution.median_to_resolve IS 'Median time from found to resolved';
COMMENT ON COLUMN drift_resolution.longest_to_resolve IS 'Longest time from found to resolved';
COMMENT ON COLUMN drift_resolution.open_since IS 'When the oldest open one was found';
