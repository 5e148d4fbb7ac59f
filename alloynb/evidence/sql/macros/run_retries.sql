-- What retried in a run, and of which of the three kinds: transport, runner, foundry.
-- Example: FROM run_retries('run_01K') WHERE retries > 0
CREATE MACRO run_retries(run) AS TABLE
SELECT 'transport' AS sort, 'delivery of the request, of what the run wrote, or of the result' AS what,
    greatest(runs.transport_retries, coalesce(ends.transport_retries, 0)) AS retries
FROM runs LEFT JOIN request_ends AS ends USING (request_id) WHERE run_id = run
UNION ALL
SELECT 'runner', 'the run was taken up again after its runner died', runner_retries FROM runs WHERE run_id = run
UNION ALL
SELECT 'foundry', 'repair after a failed gate', foundry_retries FROM runs WHERE run_id = run
UNION ALL
SELECT 'foundry', 'gate ' || phase || '/' || gate, max(gate_attempt) - 1
FROM gate_results WHERE run_id = run GROUP BY phase, gate HAVING max(gate_attempt) > 1;

COMMENT ON MACRO TABLE run_retries IS 'Retries of one run, by kind';
