-- What retried in a run, and of which of the three kinds: transport, runner, foundry. What runner and queue counted of the
-- request counts too, since the result was written before the last message was sent.
-- Example: FROM run_retries('run_01K') WHERE retries > 0
CREATE MACRO run_retries(run) AS TABLE
WITH own AS (SELECT * FROM runs WHERE run_id = run),
way AS (
    SELECT coalesce(sum(transport_retries), 0) AS transport, count(*) FILTER (step = 'started') - 1 AS runner
    FROM dispatch WHERE request_id = (SELECT any_value(request_id) FROM own)
)
SELECT 'transport' AS sort, 'delivery of the request, of what the run wrote, or of the result' AS what,
    greatest(own.transport_retries, way.transport) AS retries
FROM own, way
UNION ALL
SELECT 'runner', 'the run was taken up again after its runner died', greatest(own.runner_retries, way.runner) FROM own, way
UNION ALL
SELECT 'foundry', 'repair after a failed gate', foundry_retries FROM own
UNION ALL
SELECT 'foundry', 'gate ' || phase || '/' || gate, max(gate_attempt) - 1
FROM gate_results WHERE run_id = run GROUP BY phase, gate HAVING max(gate_attempt) > 1;

COMMENT ON MACRO TABLE run_retries IS 'Retries of one run, by kind';
