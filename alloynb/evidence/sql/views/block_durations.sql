-- Where the time of runs goes: executions and milliseconds by block.
-- Reads: block_executions
-- Example: SELECT block, executions, median_ms, total_ms FROM block_durations ORDER BY total_ms DESC
CREATE VIEW block_durations AS
SELECT
    project_id, block, block_kind,
    count(*) AS executions,
    count(*) FILTER (status = 'failed') AS failed,
    median(duration_ms) AS median_ms,
    max(duration_ms) AS longest_ms,
    sum(duration_ms) AS total_ms
FROM block_executions
GROUP BY project_id, block, block_kind;

COMMENT ON VIEW block_durations IS 'Executions and milliseconds by block';
COMMENT ON COLUMN block_durations.executions IS 'Times it was executed or simulated';
COMMENT ON COLUMN block_durations.failed IS 'Of those, failed';
COMMENT ON COLUMN block_durations.median_ms IS 'Median of the milliseconds';
COMMENT ON COLUMN block_durations.longest_ms IS 'Longest, in milliseconds';
COMMENT ON COLUMN block_durations.total_ms IS 'All together, in milliseconds';
