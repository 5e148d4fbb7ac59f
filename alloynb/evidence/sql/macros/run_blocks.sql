-- Which blocks of a run observed, which mutated, and which were only simulated, in the order they began.
-- Example: FROM run_blocks('run_01K') WHERE block_kind = 'mutator'
CREATE MACRO run_blocks(run) AS TABLE
SELECT started_at, block, block_kind, status, status = 'simulated' AS simulated, duration_ms, trigger_event_id, summary
FROM block_executions
WHERE run_id = run
ORDER BY started_at;

COMMENT ON MACRO TABLE run_blocks IS 'Blocks of one run: observers, mutators, simulated ones';
