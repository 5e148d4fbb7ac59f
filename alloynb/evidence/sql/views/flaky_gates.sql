-- Gates that gave different outcomes at one revision: the code did not change, the answer did.
-- Reads: gate_results
-- Example: SELECT gate, revision, passed, failed FROM flaky_gates ORDER BY last_seen_at DESC
CREATE VIEW flaky_gates AS
SELECT
    project_id, gate, phase, revision,
    count(*) FILTER (status = 'passed') AS passed,
    count(*) FILTER (status <> 'passed') AS failed,
    list(DISTINCT run_id ORDER BY run_id) AS run_ids,
    max(finished_at) AS last_seen_at
FROM gate_results
WHERE status IN ('passed', 'failed', 'timed_out') AND revision IS NOT NULL AND phase = 'preflight'
GROUP BY project_id, gate, phase, revision
HAVING count(*) FILTER (status = 'passed') > 0 AND count(*) FILTER (status <> 'passed') > 0;

COMMENT ON VIEW flaky_gates IS 'Gates that gave different outcomes on the untouched tree of one revision';
COMMENT ON COLUMN flaky_gates.passed IS 'Times it passed';
COMMENT ON COLUMN flaky_gates.failed IS 'Times it failed or ran out of time';
COMMENT ON COLUMN flaky_gates.run_ids IS 'Runs that saw it';
COMMENT ON COLUMN flaky_gates.last_seen_at IS 'Latest of these results';
