-- Which mutators of a run really ran, and which were only simulated because of the throttle.
-- Example: SELECT block, ran, simulated, status FROM run_mutators('run_01K')
CREATE MACRO run_mutators(run) AS TABLE
SELECT
    block, status NOT IN ('simulated', 'skipped') AS ran, status = 'simulated' AS simulated, status, started_at, duration_ms,
    summary
FROM block_executions
WHERE run_id = run AND block_kind = 'mutator'
ORDER BY started_at;

COMMENT ON MACRO TABLE run_mutators IS 'Mutators of one run: which ran, which were simulated';
