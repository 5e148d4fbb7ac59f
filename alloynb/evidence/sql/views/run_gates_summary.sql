-- Gates of each run, counted: the last try of each gate in each phase.
-- Reads: gate_results
-- Example: SELECT run_id, gates, passed, failed_required, duration_ms FROM run_gates_summary WHERE failed_required > 0
CREATE VIEW run_gates_summary AS
WITH last_tries AS (
    SELECT run_id, phase, gate, arg_max(result, gate_attempt) AS last, count(*) AS tries, sum(duration_ms) AS duration_ms
    FROM gate_results AS result
    GROUP BY run_id, phase, gate
)
SELECT
    run_id,
    any_value(last.project_id) AS project_id,
    any_value(last.revision) AS revision,
    count(*) AS gates,
    count(*) FILTER (last.status = 'passed') AS passed,
    count(*) FILTER (last.status NOT IN ('passed', 'skipped')) AS not_passed,
    count(*) FILTER (last.required AND last.status NOT IN ('passed', 'skipped')) AS failed_required,
    coalesce(list(gate ORDER BY gate) FILTER (last.status NOT IN ('passed', 'skipped')), []) AS not_passed_gates,
    sum(tries - 1)::BIGINT AS retries,
    sum(duration_ms) AS duration_ms
FROM last_tries
GROUP BY run_id;

COMMENT ON VIEW run_gates_summary IS 'Gates of each run, counted';
COMMENT ON COLUMN run_gates_summary.gates IS 'Gates, once for each phase';
COMMENT ON COLUMN run_gates_summary.passed IS 'Of those, passed in the last try';
COMMENT ON COLUMN run_gates_summary.not_passed IS 'Of those, neither passed nor skipped';
COMMENT ON COLUMN run_gates_summary.failed_required IS 'Of those, required';
COMMENT ON COLUMN run_gates_summary.not_passed_gates IS 'Names of the gates that did not pass';
COMMENT ON COLUMN run_gates_summary.retries IS 'Tries after the first';
COMMENT ON COLUMN run_gates_summary.duration_ms IS 'Milliseconds of all tries together';
