-- What changed between two runs: gates and verdicts that differ, first of the earlier run, then of the later one.
-- Example: FROM changed_between_runs('run_01K', 'run_01M')
CREATE MACRO changed_between_runs(earlier, later) AS TABLE
WITH said AS (
    SELECT run_id, 'gate' AS what, phase || '/' || gate AS name, arg_max(status, gate_attempt) AS status
    FROM gate_results
    WHERE run_id IN (earlier, later)
    GROUP BY ALL
    UNION ALL
    SELECT run_id, 'record', record_id, arg_max(status, row(observed_at, recorded_at, seq))
    FROM intent_satisfaction_history
    WHERE run_id IN (earlier, later)
    GROUP BY ALL
)
SELECT
    what, name,
    any_value(status) FILTER (run_id = earlier) AS before,
    any_value(status) FILTER (run_id = later) AS after
FROM said
GROUP BY what, name
HAVING before IS DISTINCT FROM after
ORDER BY what, name;

COMMENT ON MACRO TABLE changed_between_runs IS 'Gates and verdicts that differ between two runs';
